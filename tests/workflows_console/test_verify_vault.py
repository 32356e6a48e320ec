"""Verification of the vault opens every column that is sealed, whichever package seals it."""

import json
from base64 import b64decode, b64encode
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import BinaryField, Model

from access.actor import Actor, Via
from access.mfa import seed_context
from connections.models import Credential, CredentialState
from connections.operations.revoke_outbox import put_in_outbox
from flows.engine.flow_secrets import seal_secret
from flows.operations.make_hook import make_hook, make_signing_secret
from flows.operations.run_card import run_card
from google_sandbox.server import RunningSandbox
from kernel.errors import NotPermitted
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.flow_runs import build_flow
from tests.flows.fake_mail import FakeMail, arguments, fake_cards
from vault.models import DataKey
from vault.operations.seal import seal
from workflows_console.operations.verify_vault import SOURCES, verify_vault

COLUMNS = {
    (model, field.name)
    for model in apps.get_models()
    for field in model._meta.local_concrete_fields
    if isinstance(field, BinaryField) and field.name.startswith("sealed") and model is not DataKey
}


@pytest.fixture
def everything_sealed(google: RunningSandbox) -> None:
    """At least one row with a value in each sealed column, and a seed of two-factor sign-in."""
    person = UserFactory(administrator=True)
    browser = Browser(person)
    browser.connect()
    browser.leave(browser.ask("Not answered yet"))
    connection = ConnectionFactory(owner=person)
    with fake_cards(FakeMail()):
        run_card(Actor(user=person, via=Via.API), **arguments(connection))
    put_in_outbox(connection)
    flow = build_flow(browser.actor)
    seal_secret(flow.pk, "a card's password")
    make_hook(browser.actor, flow.pk)
    make_signing_secret(browser.actor, flow.pk)
    sealed = seal(purpose="mfa", owner=person.pk, context=seed_context(person), plaintext=b"SEED")
    Authenticator.objects.create(user=person, type="totp", data={"secret": b64encode(sealed).decode()})


def found() -> set[tuple[str, str, str]]:
    """Table, column and row of all that the sources give; a column is called like the field it is bound to."""
    values = [value.place for source in SOURCES for value in source()]
    return {(place.table, _column(place.field), place.row) for place in values}


def _column(field: str) -> str:
    return field if field.startswith("sealed") else f"sealed_{field}"


@pytest.mark.django_db
@pytest.mark.usefixtures("everything_sealed")
class TestEverySource:
    def test_every_sealed_column_of_every_model_has_one(self) -> None:
        columns = {(model._meta.db_table, name) for model, name in COLUMNS}
        assert columns
        assert {(table, column) for table, column, _row in found()} == columns | {("mfa_authenticator", "sealed_seed")}

    def test_everything_opens(self) -> None:
        verified = verify_vault(Actor.command())
        assert verified.failed == ()
        assert verified.opened.keys() == {table for table, _column, _row in found()} | {"vault_datakey"}

    @pytest.mark.parametrize(("model", "name"), sorted(COLUMNS, key=str))
    def test_a_changed_value_is_found_and_no_other(self, model: type[Model], name: str) -> None:
        # Not just any: of an authorization that was answered the verifier needs no key any more.
        pk = next(row for table, column, row in found() if (table, column) == (model._meta.db_table, name))
        rows = model._default_manager.filter(pk=pk)
        rows.update(**{name: changed(bytes(rows.values_list(name, flat=True)[0]))})
        [place] = verify_vault(Actor.command()).failed
        assert (place.table, place.row) == (model._meta.db_table, pk)
        assert _column(place.field) == name

    def test_a_changed_seed_is_found_and_the_command_fails(self) -> None:
        row = Authenticator.objects.get()
        row.data["secret"] = b64encode(changed(b64decode(row.data["secret"]))).decode()
        row.save()
        out = StringIO()
        with pytest.raises(CommandError, match="1 sealed values"):
            call_command("verify_vault", "--json", stdout=out, stderr=StringIO())
        assert [place["table"] for place in json.loads(out.getvalue())["failed"]] == ["mfa_authenticator"]

    def test_a_retired_credential_that_was_emptied_is_passed_over(self) -> None:
        before = verify_vault(Actor.command()).opened
        Credential.objects.create(
            connection=ConnectionFactory(), state=CredentialState.RETIRED, sealed_refresh_token=b""
        )
        after = verify_vault(Actor.command())
        assert after.failed == ()
        # The live one's two tokens, and nothing of the retired one
        assert after.opened["connections_credential"] == before["connections_credential"] + 2


@pytest.mark.django_db
def test_only_who_may_set_the_policy_verifies() -> None:
    with pytest.raises(NotPermitted):
        verify_vault(Actor(user=UserFactory(operator=True), via=Via.PAGE))


def changed(sealed: bytes) -> bytes:
    return sealed[:-1] + bytes([sealed[-1] ^ 1])
