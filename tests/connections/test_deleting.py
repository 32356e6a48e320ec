"""Deleting: nothing of it opens afterwards, siblings live on, and Google is told once it may and can be."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests
import time_machine
from django.conf import settings
from django.db import connections as databases

from access.actor import Actor, Via
from access.models import AuditEntry
from connections.errors import ConnectionDeleted, ConnectionInUse
from connections.google import tokens as google_tokens
from connections.google.consent import Tokens, exchange
from connections.google.tokens import Refreshed
from connections.models import (
    Connection,
    ConsentAttempt,
    Credential,
    CredentialState,
    Fact,
    Outcome,
    Purpose,
    Revocation,
    RevocationState,
)
from connections.operations import finish_consent as finish_module
from connections.operations import get_access_token as token_module
from connections.operations import stage_credential as stage_module
from connections.operations.credentials import open_access_token, open_refresh_token
from connections.operations.delete_connection import delete_connection
from connections.operations.get_access_token import get_access_token
from connections.operations.prove_grant import prove_grant
from connections.operations.request_reauthorization import request_reauthorization
from connections.operations.revoke_outbox import send_due_revocations
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from kernel.errors import ConsoleError, NotFound, NotPermitted, VaultFailure
from tests.connections.uses import Flows, registered_flows
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.staged_google import requests_to, stage
from vault.models import DataKey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada() -> Browser:
    return Browser(UserFactory(administrator=True))


@pytest.fixture
def flows() -> Iterator[Flows]:
    with registered_flows() as registered:
        yield registered


def revocations(google: RunningSandbox) -> int:
    return len(requests_to(google, "/revoke"))


def works(connection: Connection) -> bool:
    """Whether Google still takes the connection's refresh token."""
    Credential.objects.filter(connection=connection).update(access_expires_at=now() - timedelta(seconds=1))
    return get_access_token(Connection.objects.get(pk=connection.pk)).reveal().startswith("ya29.")


def events(connection: Connection) -> list[str]:
    entries = AuditEntry.objects.filter(object_id=str(connection.pk)).order_by("sequence")
    return [each.event for each in entries if each.event != "connection.created"]


# ------------------------------------------------------------------ nothing opens


def test_nothing_of_a_deleted_connection_opens(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    copy = Credential.objects.get(connection=connection)
    row = DataKey.objects.get(owner_uuid=connection.pk)
    assert open_refresh_token(connection, copy).startswith("1//")
    delete_connection(ada.actor, connection.pk)
    assert not DataKey.objects.filter(owner_uuid=connection.pk).exists()
    assert not Credential.objects.filter(connection=connection).exists()
    for open_token in (open_refresh_token, open_access_token):
        with pytest.raises(VaultFailure):
            open_token(connection, copy)
    # Nor once the row is put back, as from a backup of that table
    copy.save(force_insert=True)
    for open_token in (open_refresh_token, open_access_token):
        with pytest.raises(VaultFailure):
            open_token(connection, copy)
    assert row.uuid not in DataKey.objects.values_list("uuid", flat=True)


def test_what_is_left_says_what_it_was_and_holds_no_secret(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect("Support inbox")
    Fact.objects.create(connection=connection, name="gmail_enabled", value=True, source="probe")
    revocation = delete_connection(ada.actor, connection.pk)
    connection.refresh_from_db()
    assert connection.deleted_by == ada.user
    assert (connection.nickname, connection.account_email) == ("Support inbox", "ada@acme.example")
    assert connection.grants.count() == 1
    assert not connection.facts.exists()
    assert revocation.sealed_token is None
    ada.connect("Support inbox")  # the nickname is free again


def test_the_gone_connection_is_not_there_for_anything(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    delete_connection(ada.actor, connection.pk)
    with pytest.raises(ConnectionDeleted):
        get_access_token(connection)
    with pytest.raises(NotFound):
        delete_connection(ada.actor, connection.pk)
    assert revocations(google) == 1


def test_authorizations_under_way_for_it_end(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    attempt = ada.ask("Another")
    ConsentAttempt.objects.filter(pk=attempt.pk).update(connection=connection, purpose=Purpose.REAUTHORIZE)
    ada.leave(attempt)
    assert DataKey.objects.filter(owner_uuid=attempt.pk).exists()
    delete_connection(ada.actor, connection.pk)
    attempt.refresh_from_db()
    assert attempt.outcome == Outcome.FAILED
    assert attempt.failure is not None
    assert attempt.failure["code"] == "connection.deleted"
    assert attempt.sealed_verifier is None
    assert not DataKey.objects.filter(owner_uuid=attempt.pk).exists()


def test_a_broken_vault_does_not_keep_a_connection_from_being_deleted(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    Credential.objects.filter(connection=connection).update(sealed_refresh_token=b"broken")
    revocation = delete_connection(ada.actor, connection.pk)
    assert revocation.state == RevocationState.NO_TOKEN
    assert revocations(google) == 0
    assert Connection.objects.get(pk=connection.pk).deleted_at


# ------------------------------------------------------------------ in use


def test_one_in_use_asks_for_its_nickname(google: RunningSandbox, ada: Browser, flows: Flows) -> None:
    connection = ada.connect("Support inbox")
    flows.add(connection, "Answer customers", waiting_runs=2)
    for confirmation in ("", "Support", "yes"):
        with pytest.raises(ConnectionInUse) as in_use:
            delete_connection(ada.actor, connection.pk, confirmation=confirmation)
    assert in_use.value.code == "connection.in_use"
    assert in_use.value.cause == "Support inbox is used in 1 place: Answer customers."
    assert in_use.value.members == {"places": ["Answer customers"], "waiting_runs": 2}
    assert works(connection)
    delete_connection(ada.actor, connection.pk, confirmation="support  INBOX")
    assert revocations(google) == 1


@pytest.mark.parametrize("role", ["flow_builder", "operator", "auditor"])
def test_only_who_may_deletes(role: str, google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    Connection.objects.filter(pk=connection.pk).update(sharing="everyone")
    with pytest.raises(NotPermitted):
        delete_connection(Actor(user=UserFactory(**{role: True}), via=Via.PAGE), connection.pk)
    private = ConnectionFactory(owner=ada.user)
    with pytest.raises(NotFound):
        delete_connection(Actor(user=UserFactory(flow_builder=True), via=Via.PAGE), private.pk)
    assert works(connection)


# ------------------------------------------------------------------ siblings and the grant at Google


def test_a_sibling_works_on_and_the_last_one_takes_the_grant_along(google: RunningSandbox, ada: Browser) -> None:
    first, sibling = ada.connect("First"), ada.connect("Sibling")
    kept = delete_connection(ada.actor, first.pk)
    assert (kept.state, kept.siblings, kept.sealed_token) == (RevocationState.KEPT, 1, None)
    assert revocations(google) == 0
    assert works(sibling)
    assert delete_connection(ada.actor, sibling.pk).state == RevocationState.REVOKED
    assert revocations(google) == 1
    assert events(first) == ["connection.deleted"]
    assert events(sibling)[-2:] == ["connection.deleted", "connection.grant_revoked"]
    assert not DataKey.objects.filter(purpose="revocation").exists()


def test_neither_another_account_nor_a_deleted_connection_is_a_sibling(google: RunningSandbox, ada: Browser) -> None:
    connection, other = ada.connect("One"), ada.connect("Other", account="dora@acme.example")
    assert delete_connection(ada.actor, connection.pk).state == RevocationState.REVOKED
    assert works(other)
    again = ada.connect("One")
    assert delete_connection(ada.actor, again.pk).state == RevocationState.REVOKED


# ------------------------------------------------------------------ Google down


def test_google_down_the_token_waits_sealed_and_is_sent_later(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    stage(google, "503_before", path="/revoke", count=1)
    stage(google, "close_after", path="/revoke", count=1)
    waiting = delete_connection(ada.actor, connection.pk)
    assert (waiting.state, waiting.tries) == (RevocationState.WAITING, 1)
    assert DataKey.objects.get(owner_uuid=waiting.pk).purpose == "revocation"
    assert not DataKey.objects.filter(owner_uuid=connection.pk).exists()
    assert b"1//" not in bytes(waiting.sealed_token or b"")
    assert send_due_revocations() == 0  # not yet due
    assert revocations(google) == 1
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        assert send_due_revocations() == 0
        assert revocations(google) == 2
    with time_machine.travel(now() + timedelta(minutes=10), tick=False):
        assert send_due_revocations() == 1
        assert send_due_revocations() == 0
    waiting.refresh_from_db()
    assert (waiting.state, waiting.sealed_token, waiting.tries) == (RevocationState.REVOKED, None, 3)
    assert revocations(google) == 3
    assert not DataKey.objects.filter(owner_uuid=waiting.pk).exists()
    assert events(connection)[-1] == "connection.grant_revoked"


def test_after_a_day_it_is_given_up_and_shredded(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    stage(google, "503_before", path="/revoke")
    waiting = delete_connection(ada.actor, connection.pk)
    start, pauses, last = now(), [], now()
    for minute in range(1, 24 * 60 + 2):
        before = revocations(google)
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            send_due_revocations()
            if revocations(google) > before:
                pauses.append(now() - last)
                last = now()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.sealed_token) == (RevocationState.GIVEN_UP, None)
    assert not DataKey.objects.filter(owner_uuid=waiting.pk).exists()
    assert events(connection)[-1] == "connection.revocation_given_up"
    assert pauses == sorted(pauses)
    assert len(pauses) < 40
    assert max(pauses) <= timedelta(hours=1, minutes=1)


def test_an_account_connected_again_meanwhile_is_not_revoked(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    stage(google, "503_before", path="/revoke", count=1)
    waiting = delete_connection(ada.actor, connection.pk)
    again = ada.connect("Again")
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        assert send_due_revocations() == 1
    waiting.refresh_from_db()
    assert (waiting.state, waiting.siblings) == (RevocationState.KEPT, 1)
    assert works(again)
    assert revocations(google) == 1


def test_while_an_answer_from_google_is_worked_on_nothing_is_revoked(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    attempt = ada.ask("Coming")
    ada.leave(attempt)
    ConsentAttempt.objects.filter(pk=attempt.pk).update(used_at=now())
    assert delete_connection(ada.actor, connection.pk).state == RevocationState.WAITING
    assert revocations(google) == 0
    ConsentAttempt.objects.filter(pk=attempt.pk).update(outcome=Outcome.FAILED)
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        assert send_due_revocations() == 1
    assert revocations(google) == 1


def test_a_token_that_google_no_longer_knows_counts_as_revoked(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    delete_connection(ada.actor, ada.connect("Twice").pk)  # a sibling: nothing is revoked
    stage(google, "close_after", path="/revoke", count=1)  # carried out, its answer lost
    assert delete_connection(ada.actor, connection.pk).state == RevocationState.WAITING
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        assert send_due_revocations() == 1
    assert Revocation.objects.get(connection=connection).state == RevocationState.REVOKED


# ------------------------------------------------------------------ races


def test_a_refresh_under_way_stores_nothing_once_the_connection_is_deleted(
    google: RunningSandbox, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = ada.connect()
    Credential.objects.filter(connection=connection).update(access_expires_at=now() - timedelta(seconds=1))
    real = google_tokens.refresh
    answers: list[Refreshed] = []

    def deleted_meanwhile(*arguments: Any, **options: Any) -> Refreshed:
        answers.append(real(*arguments, **options))
        delete_connection(ada.actor, connection.pk)
        return answers[0]

    monkeypatch.setattr(token_module, "refresh", deleted_meanwhile)
    with pytest.raises(ConnectionDeleted):
        get_access_token(connection)
    assert not Credential.objects.filter(connection=connection).exists()
    assert not DataKey.objects.filter(owner_uuid=connection.pk).exists()
    assert tokeninfo(google, answers[0].access_token) == 400


def test_a_refresh_that_begins_when_it_is_deleted_says_so(
    google: RunningSandbox, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = ada.connect()
    Credential.objects.filter(connection=connection).update(access_expires_at=now() - timedelta(seconds=1))
    real = token_module._take_lease

    def deleted_meanwhile(*arguments: Any) -> bool:
        taken = real(*arguments)
        delete_connection(ada.actor, connection.pk)
        return taken

    monkeypatch.setattr(token_module, "_take_lease", deleted_meanwhile)
    with pytest.raises(ConnectionDeleted):
        get_access_token(connection)
    assert "vault.open_failed" not in events(connection)
    assert not DataKey.objects.filter(owner_uuid=connection.pk).exists()


def tokeninfo(google: RunningSandbox, token: str) -> int:
    return requests.get(f"{google.origin}/tokeninfo", params={"access_token": token}, timeout=10).status_code


@pytest.mark.parametrize("moment", ["before the exchange", "after the exchange", "while the new grant is proven"])
def test_a_callback_under_way_leaves_no_live_token_once_the_connection_is_deleted(
    moment: str, google: RunningSandbox, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = ada.connect()
    attempt = request_reauthorization(ada.actor, connection.pk, scope_mode="inherit")
    answer = ada.consent(attempt)
    given: list[Tokens] = []

    def delete() -> None:
        delete_connection(ada.actor, connection.pk)

    def exchanged(**options: Any) -> Tokens:
        if moment == "before the exchange":
            delete()
        given.append(exchange(**options))
        if moment == "after the exchange":
            delete()
        return given[0]

    def proven(*arguments: Any) -> Any:
        if moment == "while the new grant is proven":
            delete()
        return prove_grant(*arguments)

    monkeypatch.setattr(finish_module, "exchange", exchanged)
    monkeypatch.setattr(stage_module, "prove_grant", proven)
    ada.come_back(answer)
    attempt.refresh_from_db()
    assert attempt.outcome == Outcome.FAILED
    assert attempt.failure is not None
    assert attempt.failure["code"] == "connection.deleted"
    assert not Credential.objects.filter(connection=connection).exists()
    assert not DataKey.objects.exists()
    assert len(given) == (0 if moment == "before the exchange" else 1)  # the code died with the grant
    for tokens in given:
        assert tokeninfo(google, tokens.access_token) == 400
        assert refresh_answer(google, tokens.refresh_token) == 400


def test_a_callback_that_comes_after_the_deletion_asks_google_nothing(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    attempt = request_reauthorization(ada.actor, connection.pk, scope_mode="inherit")
    answer = ada.consent(attempt)
    delete_connection(ada.actor, connection.pk)
    before = len(requests_to(google, "/token"))
    ada.come_back(answer)
    assert len(requests_to(google, "/token")) == before
    assert not DataKey.objects.exists()


def test_a_connection_made_while_the_last_sibling_is_deleted_keeps_its_grant(
    google: RunningSandbox, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new one has its tokens, and isn't saved yet: revoking now would end what the person just allowed."""
    connection = ada.connect("First")

    def exchanged(**options: Any) -> Tokens:
        tokens = exchange(**options)
        delete_connection(ada.actor, connection.pk)
        return tokens

    monkeypatch.setattr(finish_module, "exchange", exchanged)
    made = ada.connect("Second")
    assert revocations(google) == 0
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        assert send_due_revocations() == 1
    assert Revocation.objects.get(connection=connection).state == RevocationState.KEPT
    assert works(made)


def refresh_answer(google: RunningSandbox, token: str) -> int:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token,
        "client_id": settings.GOOGLE_CLIENT_ID,
        "client_secret": settings.GOOGLE_CLIENT_SECRET,
    }
    return requests.post(f"{google.origin}/token", data=form, timeout=10).status_code


def test_of_two_siblings_deleted_at_once_one_takes_the_grant_along(google: RunningSandbox, ada: Browser) -> None:
    pair = [ada.connect("First"), ada.connect("Second")]

    def delete(connection: Connection) -> str:
        try:
            return str(delete_connection(ada.actor, connection.pk).state)
        finally:
            databases.close_all()

    with ThreadPoolExecutor(2) as pool:
        states = sorted(pool.map(delete, pair))
    assert states == ["kept", "revoked"]
    assert revocations(google) == 1


def test_one_pressed_twice_at_once_is_deleted_once(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()

    def delete(_try: int) -> str:
        try:
            return str(delete_connection(ada.actor, connection.pk).state)
        except ConsoleError as error:
            return error.code
        finally:
            databases.close_all()

    with ThreadPoolExecutor(4) as pool:
        states = sorted(pool.map(delete, range(4)))
    assert states == ["access.not_found"] * 3 + ["revoked"]
    assert revocations(google) == 1
    assert Credential.objects.filter(state=CredentialState.LIVE).count() == 0
