"""Reauthorizing: the new grant is staged, proven and switched to; whatever goes wrong, the one in use stays."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine

from access.actor import Actor, Via
from access.models import AuditEntry, User
from connections.errors import GrantEnded, NewGrantGone
from connections.models import Connection, ConsentAttempt, Credential, CredentialState, Grant, Policy
from connections.operations import get_access_token as refreshing
from connections.operations.discard_staged import discard_staged
from connections.operations.expire_attempts import expire_attempts
from connections.operations.get_access_token import get_access_token
from connections.operations.pause_connection import pause_connection
from connections.operations.report_failure import report_failure
from connections.operations.request_reauthorization import request_reauthorization
from connections.operations.swap_credential import live_credential_id, swap_credential
from connections.scope_errors import UnknownScope
from flows.models import RunState
from flows.operations.run_card import run_card
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from kernel.errors import ConsoleError, EditStale, InputRejected, NotFound, NotPermitted
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import gmail_calls, requests_to, stage

pytestmark = pytest.mark.django_db
PREFIX = "https://www.googleapis.com/auth/"
READONLY, COMPOSE, SEND = (f"{PREFIX}gmail.{name}" for name in ("readonly", "compose", "send"))


@pytest.fixture
def ada(google: RunningSandbox) -> Browser:
    return Browser(UserFactory(administrator=True))


def reauthorize(
    browser: Browser,
    connection: Connection,
    account: str = "ada@acme.example",
    withhold: tuple[str, ...] = (),
    **choice: Any,
) -> ConsentAttempt:
    """The whole way to Google and back."""
    attempt = request_reauthorization(browser.actor, connection.pk, **choice)
    browser.come_back(browser.consent(attempt, account, withhold))
    attempt.refresh_from_db()
    connection.refresh_from_db()
    return attempt


def runs(owner: User, connection: Connection, google: RunningSandbox) -> str:
    """The state of a card run with it now."""
    del google
    run = run_card(
        Actor(user=owner, via=Via.PAGE),
        card_key="gmail.send_email",
        connection_id=connection.pk,
        options={"body_is_html": "no"},
        inputs={"to": ["ben@acme.example"], "subject": "Still here", "body": "."},
    )
    return str(run.state)


def states(connection: Connection) -> list[str]:
    return sorted(connection.credentials.values_list("state", flat=True))


def live_id(connection: Connection) -> UUID | None:
    return live_credential_id(connection)


# ------------------------------------------------------------------ the same, more, less


def test_without_changes_the_same_scopes_are_asked_for_and_switched_to_at_once(
    google: RunningSandbox, ada: Browser
) -> None:
    connection = ada.connect(scopes=(READONLY, COMPOSE))
    before = connection.requested_scopes, connection.granted_scopes, live_id(connection)
    attempt = reauthorize(ada, connection)
    assert attempt.outcome == "succeeded"
    assert (connection.requested_scopes, connection.granted_scopes) == before[:2]
    assert connection.scope_mode == "custom"
    assert live_id(connection) != before[2]
    newest = connection.grants.first()
    assert newest is not None
    assert (newest.added, newest.removed, newest.by) == ([], [], ada.user)
    assert runs(ada.user, connection, google) == RunState.COMPLETED


def test_google_is_asked_with_chooser_and_the_accounts_own_address(ada: Browser) -> None:
    connection = ada.connect()
    url = ada.leave(request_reauthorization(ada.actor, connection.pk))
    assert "prompt=consent+select_account" in url
    assert "login_hint=ada%40acme.example" in url


def test_an_added_scope_serves_a_card_that_lacked_it(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(scopes=(READONLY,))
    assert runs(ada.user, connection, google) == RunState.FAILED
    reauthorize(ada, connection, scope_mode="custom", scopes=(READONLY, COMPOSE))
    newest = connection.grants.first()
    assert newest is not None
    assert newest.added == [COMPOSE]
    assert runs(ada.user, connection, google) == RunState.COMPLETED
    entry = AuditEntry.objects.filter(event="connection.reauthorized").get()
    assert entry.difference["added"] == ["gmail.compose"]


def test_a_scope_that_would_be_lost_waits_for_the_person(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(scopes=(READONLY, COMPOSE))
    attempt = reauthorize(ada, connection, withhold=(COMPOSE,))
    assert attempt.outcome == "staged"
    assert states(connection) == ["live", "staged"]
    assert COMPOSE in connection.granted_scopes
    assert runs(ada.user, connection, google) == RunState.COMPLETED
    swap_credential(ada.actor, attempt.pk, instead_of=live_id(connection))
    connection.refresh_from_db()
    assert connection.status == "limited"
    assert states(connection) == ["live", "retired"]
    assert connection.grants.first().removed == [COMPOSE]  # type: ignore[union-attr]
    assert runs(ada.user, connection, google) == RunState.FAILED
    assert requests_to(google, "/revoke") == []


def test_keeping_the_old_one_shreds_the_new_and_changes_nothing(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(scopes=(READONLY, COMPOSE))
    attempt = reauthorize(ada, connection, withhold=(COMPOSE,))
    discard_staged(ada.actor, attempt.pk)
    attempt.refresh_from_db()
    assert attempt.failure is not None
    assert attempt.failure["code"] == "consent.declined"
    assert states(connection) == ["live"]
    assert Grant.objects.count() == 1
    assert runs(ada.user, connection, google) == RunState.COMPLETED
    assert requests_to(google, "/revoke") == []


def test_one_that_nobody_compares_is_shredded_after_ten_minutes(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(scopes=(READONLY, COMPOSE))
    attempt = reauthorize(ada, connection, withhold=(COMPOSE,))
    with time_machine.travel(now() + timedelta(minutes=10, seconds=1)):
        with pytest.raises(NewGrantGone) as gone:
            swap_credential(ada.actor, attempt.pk, instead_of=live_id(connection))
        assert gone.value.code == "consent.comparison_over"
        assert expire_attempts() == 1
    attempt.refresh_from_db()
    assert (attempt.outcome, states(connection)) == ("expired", ["live"])
    assert requests_to(google, "/revoke") == []


def test_what_was_compared_with_another_credential_is_not_used(ada: Browser) -> None:
    connection = ada.connect(scopes=(READONLY, COMPOSE))
    attempt = reauthorize(ada, connection, withhold=(COMPOSE,))
    compared_with = live_id(connection)
    reauthorize(ada, connection)
    with pytest.raises(EditStale):
        swap_credential(ada.actor, attempt.pk, instead_of=compared_with)
    connection.refresh_from_db()
    assert COMPOSE in connection.granted_scopes


# ------------------------------------------------------------------ what goes wrong


def test_another_account_is_refused_and_the_connection_works_on(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(scopes=(READONLY, COMPOSE))
    attempt = reauthorize(ada, connection, "cleo@acme.example")
    assert attempt.failure is not None
    assert attempt.failure["code"] == "account.wrong"
    assert attempt.failure["data"]["expected"] == "ada@acme.example"
    assert attempt.failure["data"]["given"] == "cleo@acme.example"
    assert states(connection) == ["live"]
    assert runs(ada.user, connection, google) == RunState.COMPLETED
    # Nothing here uses Cleo's grant, so it isn't left behind at Google.
    assert len(requests_to(google, "/revoke")) == 1


def test_cancel_at_google_changes_nothing(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(scopes=(READONLY, COMPOSE))
    stage(google, "cancel", count=1)
    attempt = reauthorize(ada, connection)
    assert attempt.failure is not None
    assert attempt.failure["code"] == "consent.denied"
    assert states(connection) == ["live"]
    assert runs(ada.user, connection, google) == RunState.COMPLETED


def test_after_everything_that_can_be_tried_it_and_its_sibling_run_on_unrevoked(
    google: RunningSandbox, ada: Browser
) -> None:
    connection = ada.connect("First", scopes=(READONLY, COMPOSE))
    sibling = ada.connect("Second", scopes=(READONLY, COMPOSE))
    ada.connect("Cleo's", "cleo@acme.example")
    reauthorize(ada, connection, "cleo@acme.example")
    discard_staged(ada.actor, reauthorize(ada, connection, withhold=(COMPOSE,)).pk)
    for _time in range(3):
        assert reauthorize(ada, connection).outcome == "succeeded"
    Credential.objects.filter(state=CredentialState.LIVE).update(access_expires_at=now())
    assert runs(ada.user, connection, google) == RunState.COMPLETED
    assert runs(ada.user, sibling, google) == RunState.COMPLETED
    assert requests_to(google, "/revoke") == []


@pytest.mark.parametrize("trouble", ["503_before", "close_after"])
def test_while_nothing_can_be_proven_nothing_is_switched(trouble: str, google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    before = live_id(connection)
    stage(google, trouble, count=1, path="/gmail/v1/users/me/profile")
    attempt = reauthorize(ada, connection)
    assert attempt.failure is not None
    assert attempt.failure["code"] == "google.unavailable"
    assert (states(connection), live_id(connection)) == (["live"], before)


def test_a_block_at_google_is_told_after_the_switch(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    stage(google, "gmail:api_not_enabled")
    attempt = reauthorize(ada, connection)
    assert attempt.outcome == "succeeded"
    assert connection.status == "blocked"


# ------------------------------------------------------------------ around it


def test_a_connection_whose_grant_ended_is_active_again(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(scopes=(READONLY, COMPOSE))
    stage(google, "refresh:invalid_grant", count=1)
    Credential.objects.update(access_expires_at=now())
    with pytest.raises(ConsoleError):
        get_access_token(connection)
    connection.refresh_from_db()
    assert connection.status == "needs_reauthorization"
    reauthorize(ada, connection)
    assert (connection.status, connection.failure) == ("active", None)
    assert runs(ada.user, connection, google) == RunState.COMPLETED


def test_paused_stays_paused(ada: Browser) -> None:
    connection = ada.connect()
    pause_connection(ada.actor, connection.pk)
    assert reauthorize(ada, connection).outcome == "succeeded"
    assert connection.status == "paused"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_refresh_under_way_with_the_old_credential_brings_nothing_of_it_back(
    moment: str, google: RunningSandbox, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch happens between Google's answer and its being stored, or before Google is asked."""
    connection = ada.connect()
    Credential.objects.update(access_expires_at=now())
    real: Callable[..., Any] = refreshing.refresh  # type: ignore[attr-defined]  # where it is used

    def raced(*args: Any) -> Any:
        monkeypatch.setattr(refreshing, "refresh", real)
        answer = real(*args) if moment == "after" else None
        assert reauthorize(ada, connection).outcome == "succeeded"
        return answer or real(*args)

    monkeypatch.setattr(refreshing, "refresh", raced)
    get_access_token(connection)
    retired = Credential.objects.get(connection=connection, state=CredentialState.RETIRED)
    assert (bytes(retired.sealed_refresh_token), retired.sealed_access_token) == (b"", None)
    assert get_access_token(connection).expires_at > now()
    assert states(connection) == ["live", "retired"]


def test_a_failure_of_the_old_credential_is_no_news_after_the_switch(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    old = live_id(connection)
    reauthorize(ada, connection)
    report_failure(connection.pk, GrantEnded(nickname="x", email="y", reason="z"), credential_id=old)
    connection.refresh_from_db()
    assert connection.status == "active"


# ------------------------------------------------------------------ who, and what may be asked for


def test_an_operator_may_when_it_is_shared(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(scopes=(READONLY,))
    olga = Browser(UserFactory(operator=True))
    with pytest.raises(NotFound):
        request_reauthorization(olga.actor, connection.pk)
    connection.sharing = "everyone"
    connection.save()
    assert reauthorize(olga, connection).outcome == "succeeded"
    assert connection.grants.first().by == olga.user  # type: ignore[union-attr]


def test_an_auditor_may_not(ada: Browser) -> None:
    connection = ada.connect()
    with pytest.raises(NotPermitted):
        request_reauthorization(Actor(user=UserFactory(auditor=True), via=Via.PAGE), connection.pk)


def test_a_share_taken_away_meanwhile_ends_it_at_the_callback(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    Connection.objects.update(sharing="everyone")
    olga = Browser(UserFactory(operator=True))
    attempt = request_reauthorization(olga.actor, connection.pk)
    answer = olga.consent(attempt)
    exchanges = len(requests_to(google, "/token"))
    Connection.objects.update(sharing="private")
    assert olga.come_back(answer).headers["Location"].endswith("/mismatch/")
    assert len(requests_to(google, "/token")) == exchanges


def test_a_deleted_one_is_not_found(ada: Browser) -> None:
    connection = ada.connect()
    Connection.objects.update(deleted_at=now())
    with pytest.raises(NotFound):
        request_reauthorization(ada.actor, connection.pk)


def test_an_unknown_scope_is_refused_before_anybody_leaves(ada: Browser) -> None:
    connection = ada.connect()
    with pytest.raises(UnknownScope):
        request_reauthorization(ada.actor, connection.pk, scope_mode="custom", scopes=("gmail.raedonly",))


def test_what_the_policy_forbids_by_now_cannot_be_inherited(ada: Browser) -> None:
    connection = ada.connect()
    Policy.objects.update_or_create(pk=1, defaults={"scope_ceiling": ["gmail.readonly"]})
    with pytest.raises(InputRejected) as refused:
        request_reauthorization(ada.actor, connection.pk)
    assert refused.value.code == "scope.above_ceiling"


def test_the_probe_reads_the_profile_and_nothing_else(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    google.sandbox.journal.clear()
    reauthorize(ada, connection)
    assert [each["path"] for each in gmail_calls(google)] == ["/gmail/v1/users/me/profile"]
