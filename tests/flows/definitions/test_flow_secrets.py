"""Secret values of a flow: where they are kept, and that they go with it and nowhere else."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from access.actor import Actor
from access.models import AuditEntry
from connections.models import Connection
from flows.definition import Definition
from flows.draft import replace_card
from flows.engine.flow_secrets import open_secret
from flows.models import Flow, FlowSecret, FlowVersion, PlacedConnection, Run, RunState
from flows.operations.create_flow import create_flow
from flows.operations.delete_flow import delete_flow
from flows.operations.duplicate_flow import duplicate_flow
from flows.operations.save_flow import save_flow
from flows.operations.start_flow_run import start_flow_run
from flows.operations.switch_flow import switch_flow
from flows.operations.undo_edit import undo_edit
from kernel.errors import VaultFailure
from tests.flow_runs import build_flow, card, queued_runs
from tests.flows.definitions.cards import compose
from tests.flows.definitions.changing import PASSWORD, alias, change, draft, password_of, placed, somebody
from vault.models import DataKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def flow(actor: Actor) -> Flow:
    return create_flow(actor, name="Offboarding", definition=Definition(cards=(compose("c1"),)))


@pytest.mark.parametrize("given", [{"new_secret": PASSWORD}, PASSWORD], ids=["as the builder sends it", "as a text"])
def test_a_secret_is_sealed_and_stands_nowhere_in_clear(
    actor: Actor, flow: Flow, connection: Connection, given: Any
) -> None:
    change(actor, flow, Definition(cards=(alias("c1", connection, given),)))
    save_flow(actor, flow.pk, edit=2)
    (kept,) = FlowSecret.objects.all()
    assert password_of(flow, "c1") == {"secret": str(kept.pk)}
    assert open_secret(flow.pk, kept.pk) == PASSWORD
    version = FlowVersion.objects.get()
    said = [flow.draft, version.definition, *(entry.difference for entry in AuditEntry.objects.all())]
    assert PASSWORD not in str(said)
    assert PASSWORD.encode() not in bytes(kept.sealed)


def test_a_secret_is_kept_while_others_change_and_comes_back_with_undo(
    actor: Actor, flow: Flow, connection: Connection
) -> None:
    change(actor, flow, Definition(cards=(alias("c1", connection, {"new_secret": PASSWORD}),)))
    before = password_of(flow, "c1")
    placed_card = draft(flow).find("c1")
    assert placed_card is not None
    change(actor, flow, replace_card(draft(flow), replace(placed_card, note="For mail")))
    assert password_of(flow, "c1") == before
    anew = replace(placed_card, inputs={**placed_card.inputs, "password": {"new_secret": "another"}})
    change(actor, flow, replace_card(draft(flow), anew))
    assert password_of(flow, "c1") != before
    undo_edit(actor, flow.pk, edit=flow.edit)
    assert open_secret(flow.pk, UUID(password_of(flow, "c1")["secret"])) == PASSWORD


def test_a_secret_lies_in_a_block_too(actor: Actor, flow: Flow, connection: Connection) -> None:
    inner = alias("c2", connection, {"new_secret": PASSWORD})
    branch = card("c1", "function.if_else", blocks={"then": (inner,), "else": ()})
    change(actor, flow, Definition(cards=(branch,)))
    assert password_of(flow, "c2").keys() == {"secret"}


@pytest.mark.parametrize("given", [{"secret": ["x"]}, {"secret": None}, {"new_secret": 7}, {"other": "x"}, ["x"], ""])
def test_what_is_no_secret_has_to_be_entered_again(
    actor: Actor, flow: Flow, connection: Connection, given: Any
) -> None:
    change(actor, flow, Definition(cards=(alias("c1", connection, given),)))
    assert not password_of(flow, "c1")
    assert not FlowSecret.objects.exists()


def test_another_flows_secret_is_nobodys(actor: Actor, flow: Flow, connection: Connection) -> None:
    change(actor, flow, Definition(cards=(alias("c1", connection, PASSWORD),)))
    theirs = create_flow(actor, name="Other", definition=draft(flow))
    assert password_of(theirs, "c1") is None
    (kept,) = FlowSecret.objects.all()
    assert open_secret(theirs.pk, kept.pk) == ""


# ------------------------------------------------------------------ copied and deleted


def test_a_copy_is_the_copiers_off_not_saved_and_without_secrets(actor: Actor, connection: Connection) -> None:
    flow = build_flow(actor, alias("c1", connection, PASSWORD), name="x" * 100)
    switch_flow(actor, flow.pk, on=True)
    administrator = somebody(administrator=True)
    copy = duplicate_flow(administrator, flow.pk)
    assert copy.name == f"Copy of {'x' * 92}"
    assert (copy.owner, copy.is_on, copy.published) == (administrator.user, False, None)
    assert password_of(copy, "c1") is None
    assert password_of(flow, "c1").keys() == {"secret"}
    assert placed(copy) == [("c1", False)]
    assert not copy.edits.exists()


def test_with_a_flow_go_its_secrets_and_the_runs_under_way_are_canceled(actor: Actor, connection: Connection) -> None:
    flow = build_flow(actor, alias("c1", connection, PASSWORD))
    (kept,) = FlowSecret.objects.all()
    sealed = bytes(kept.sealed)
    assert DataKey.objects.filter(purpose="flow").count() == 1
    with queued_runs():
        run = start_flow_run(actor, flow.pk, fields={})
        assert delete_flow(actor, flow.pk) == 1
    run.refresh_from_db()
    assert (run.state, run.flow, Run.objects.count()) == (RunState.CANCELED, None, 1)
    assert not Flow.objects.exists()
    assert not PlacedConnection.objects.exists()
    assert not DataKey.objects.filter(purpose="flow").exists()
    assert_unreadable(flow, kept.pk, sealed)
    entry = AuditEntry.objects.get(event="flow.deleted")
    assert entry.difference == {"version": 1, "runs canceled": 1}


def assert_unreadable(flow: Flow, secret_id: UUID, sealed: bytes) -> None:
    """Even for whoever kept a copy of the row."""
    again = Flow.objects.create(pk=flow.pk, name="Again", owner=flow.owner, draft={})
    FlowSecret.objects.create(pk=secret_id, flow=again, sealed=sealed)
    with pytest.raises(VaultFailure):
        open_secret(again.pk, secret_id)
