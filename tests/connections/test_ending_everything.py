"""``connections pause|resume|delete`` and ``revoke_all``: from the server, for when it has to be."""

import io
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from access.actor import Actor, Via
from access.models import AuditEntry
from connections.models import Connection, Credential, Revocation, RevocationState, Status
from connections.operations.get_access_token import get_access_token
from connections.operations.request_reauthorization import request_reauthorization
from connections.operations.revoke_all import revoke_all
from connections.operations.revoke_outbox import send_due_revocations
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from kernel.errors import NotPermitted, ReauthorizationNeeded
from tests.connections.uses import Flows, registered_flows
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.staged_google import requests_to, stage
from vault.models import DataKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Browser:
    return Browser(UserFactory(administrator=True))


@pytest.fixture
def flows() -> Iterator[Flows]:
    with registered_flows() as registered:
        yield registered


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_command_pauses_and_resumes() -> None:
    connection = ConnectionFactory(nickname="Support inbox")
    assert run("connections", "pause", "support inbox") == "Support inbox is paused.\n"
    assert run("connections", "resume", str(connection.pk)) == "Support inbox is active.\n"
    assert set(AuditEntry.objects.values_list("actor_name", flat=True)) == {"Command on the server"}


def test_a_command_deletes_and_says_what_became_of_the_grant(
    google: RunningSandbox, ada: Browser, flows: Flows
) -> None:
    connection = ada.connect("Support inbox")
    flows.add(connection, "Answer customers")
    with pytest.raises(CommandError, match="used in 1 place: Answer customers"):
        run("connections", "delete", "Support inbox")
    out = run("connections", "delete", "Support inbox", "--confirm", "Support inbox")
    assert "The grant of ada@acme.example: Revoked at Google." in out
    with pytest.raises(CommandError, match="no connection"):
        run("connections", "show", "Support inbox")


def test_revoke_all_ends_each_grant_once_and_every_connection_needs_reauthorization(
    google: RunningSandbox, ada: Browser
) -> None:
    connections = [ada.connect("First"), ada.connect("Sibling"), ada.connect("Other", account="dora@acme.example")]
    out = run("revoke_all", "--yes")
    assert "2 of 2 grants" in out
    assert "Ended 2 grants of 3 connections: 2 revoked at Google" in out
    assert len(requests_to(google, "/revoke")) == 2
    assert not Credential.objects.exists()
    assert not DataKey.objects.exists()
    for connection in connections:
        connection.refresh_from_db()
        assert connection.status == Status.NEEDS_REAUTHORIZATION
        with pytest.raises(ReauthorizationNeeded, match="ended every grant"):
            get_access_token(connection)
    assert AuditEntry.objects.filter(event="connection.grant_ended").count() == 3
    assert "Ended 0 grants" in run("revoke_all", "--yes")


def test_with_google_down_nothing_readable_stays_and_the_rest_waits(google: RunningSandbox, ada: Browser) -> None:
    for account in ("ada@acme.example", "dora@acme.example", "cleo@acme.example"):
        ada.connect(account.partition("@")[0], account=account)
    stage(google, "503_before", path="/revoke")
    assert "3 wait for Google" in run("revoke_all", "--yes")
    assert len(requests_to(google, "/revoke")) == 1  # not asked again and again
    assert not Credential.objects.exists()
    assert Revocation.objects.filter(state=RevocationState.WAITING).count() == 3


def test_a_grant_given_anew_while_the_old_one_waits_for_google_is_not_revoked(
    google: RunningSandbox, ada: Browser
) -> None:
    connection = ada.connect()
    stage(google, "503_before", path="/revoke", count=1)
    run("revoke_all", "--yes")
    attempt = request_reauthorization(ada.actor, connection.pk, scope_mode="inherit")
    ada.come_back(ada.consent(attempt))
    with time_machine.travel(now() + timedelta(minutes=5), tick=False):
        assert send_due_revocations() == 1
    assert Revocation.objects.get().state == RevocationState.KEPT
    assert len(requests_to(google, "/revoke")) == 1
    Credential.objects.update(access_expires_at=now() - timedelta(seconds=1))
    assert get_access_token(Connection.objects.get()).reveal()


@pytest.mark.parametrize("typed", ["", "yes\n", "revoke\n"])
def test_revoke_all_asks_first(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = ConnectionFactory()
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("revoke_all")
    assert Connection.objects.get(pk=connection.pk).status == Status.ACTIVE


def test_what_was_typed_confirms_it(google: RunningSandbox, ada: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.connect()
    monkeypatch.setattr("sys.stdin", io.StringIO("revoke all\n"))
    assert "1 revoked" in run("revoke_all")


def test_only_who_may_delete_every_connection_may_end_every_grant() -> None:
    with pytest.raises(NotPermitted):
        revoke_all(Actor(user=UserFactory(flow_builder=True), via=Via.API), lambda _done, _total: None)
