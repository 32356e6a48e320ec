"""Deleting a connection: its runs under way count as uses, and what passed through the ended ones goes with it."""

import pytest

from access.actor import Actor
from access.models import AuditEntry
from connections.errors import ConnectionInUse
from connections.extensions import uses_of
from connections.models import Connection
from connections.operations.delete_connection import delete_connection
from flows.engine.sealed_values import INPUTS, open_values
from flows.models import Run, RunState
from flows.operations.run_card import run_card
from google_sandbox.server import RunningSandbox
from kernel.errors import VaultFailure
from tests.factories import ConnectionFactory
from tests.flows.fake_mail import FakeMail, arguments, lost, step_of
from vault.models import DataKey

pytestmark = pytest.mark.django_db


def test_what_passed_through_ended_runs_goes_and_the_runs_stay(
    google: RunningSandbox, mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    run = run_card(actor, **arguments(connection))
    other = ConnectionFactory(owner=actor.person)
    kept = run_card(actor, **arguments(other))
    copy = step_of(connection)
    delete_connection(actor, connection.pk)
    run.refresh_from_db()
    assert (run.state, run.data_removed_at is not None) == (RunState.COMPLETED, True)
    assert bytes(step_of(connection).sealed_inputs) == b""
    with pytest.raises(VaultFailure):
        open_values(copy, INPUTS)
    assert list(DataKey.objects.filter(purpose="run").values_list("owner_uuid", flat=True)) == [kept.pk]
    entry = AuditEntry.objects.get(event="connection.deleted")
    assert entry.difference["runs emptied"] == 1
    removed = AuditEntry.objects.get(event="run.data_removed")
    assert removed.difference == {"runs": 1, "of connection": connection.nickname}


def test_a_run_that_waits_counts_as_a_use_and_is_left_to_its_owner(
    google: RunningSandbox, mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    mail.before["dispatch"] = [lost()]
    run = run_card(actor, **arguments(connection))
    assert run.state == RunState.WAITING
    (use,) = uses_of(connection.pk)
    assert (use.kind, use.waiting_runs) == ("card run", 1)
    with pytest.raises(ConnectionInUse):
        delete_connection(actor, connection.pk)
    delete_connection(actor, connection.pk, confirmation=connection.nickname)
    assert Run.objects.get(pk=run.pk).data_removed_at is None


def test_ended_runs_are_no_use(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run_card(actor, **arguments(connection))
    assert uses_of(connection.pk) == ()
