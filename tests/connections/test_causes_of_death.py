"""Every way in which a grant dies or Google refuses it, staged: what the console says of it, and what it still asks.

Every ten simulated minutes a card begins, and each hour one runs whole. What counts is the day after the console has
learned of the cause: the requests to the token endpoint in it are in the table that is printed at the end of the run,
a line for each cause.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from access.actor import Actor
from access.models import AuditEntry
from connections.errors import GmailNotEnabled, GoogleUnavailable
from connections.google.errors import ClientReplaced, SessionEnded
from connections.google.tokens import Refreshed, refresh
from connections.models import Status
from connections.operations.check_connection import check_connection
from connections.operations.clear_failure import clear_failure
from connections.operations.get_access_token import get_access_token
from connections.operations.keep_alive import keep_alive
from connections.operations.report_failure import report_failure
from connections.scope_errors import ScopeMissing
from flows.models import RunState
from gmail_connector.errors import ApiNotEnabled
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from kernel.errors import ConsoleError, Fixer, TryLater, to_stored
from tests.connections.causes import (
    BLOCKED,
    DAY,
    DEAD,
    HOUR,
    OPERATORS,
    PASSING,
    READONLY,
    STEP,
    Cause,
    Desk,
    removed,
    staged,
)
from tests.staged_google import stage

pytestmark = pytest.mark.django_db


def name_of(cause: Cause) -> str:
    return cause.name


@pytest.fixture
def desk(google: RunningSandbox) -> Iterator[Desk]:
    with time_machine.travel(now(), tick=True) as time:
        yield Desk(google=google, time=time)


def line(kind: str, cause: Cause, error: ConsoleError, status: str, *, asked: int, mended: str) -> str:
    """A row of the table."""
    helps = "yes" if error.reauthorizing_helps else "no"
    cells = (kind, cause.name, Status(status).label, error.cause, error.remedy, str(error.fixer), helps, str(asked))
    return f"| {' | '.join((*cells, mended))} |"


def staged_cause(desk: Desk, cause: Cause) -> ConsoleError:
    """The cause has come about and a card has met it."""
    cause.before(desk)
    desk.connect()
    assert desk.shown() == (Status.ACTIVE, None)
    cause.then(desk)
    met = desk.learn()
    assert type(met) is cause.error, met
    return met


def changes_of(desk: Desk) -> list[list[str]]:
    entries = AuditEntry.objects.filter(event="connection.status_changed", object_id=str(desk.connection.pk))
    return [entry.difference["status"] for entry in entries.order_by("sequence")]


@pytest.mark.parametrize("cause", DEAD, ids=name_of)
def test_a_grant_that_is_dead_is_never_tried_again(desk: Desk, cause: Cause, figure: Callable[[str], None]) -> None:
    met = staged_cause(desk, cause)
    status, said = desk.shown()
    assert (status, type(said)) == (Status.NEEDS_REAUTHORIZATION, cause.error)
    assert (met.fixer, met.reauthorizing_helps) == (Fixer.CONNECTION_MANAGER, True)
    asked = desk.day()
    assert (asked, desk.shown()[0]) == (0, Status.NEEDS_REAUTHORIZATION)
    assert changes_of(desk) == [[Status.ACTIVE, Status.NEEDS_REAUTHORIZATION]]
    cause.mend(desk)
    desk.reauthorize()
    assert (desk.shown(), desk.run().state) == ((Status.ACTIVE, None), RunState.COMPLETED)
    figure(line("dead", cause, met, status, asked=asked, mended="reauthorizing"))


@pytest.mark.parametrize("cause", BLOCKED, ids=name_of)
def test_what_somebody_else_holds_back_is_not_tried_again_until_it_is_mended(
    desk: Desk, cause: Cause, figure: Callable[[str], None]
) -> None:
    met = staged_cause(desk, cause)
    status, said = desk.shown()
    assert (status, type(said)) == (Status.BLOCKED, cause.error)
    assert met.fixer in {Fixer.WORKSPACE_ADMINISTRATOR, Fixer.CLOUD_PROJECT_ADMINISTRATOR}
    assert not met.reauthorizing_helps
    asked = desk.day()
    assert not check_connection(Actor.console(), desk.connection.pk).is_fine
    assert (asked, desk.shown()[0]) == (0, Status.BLOCKED)
    cause.mend(desk)
    assert check_connection(Actor.console(), desk.connection.pk).is_fine
    assert (desk.shown(), desk.run().state) == ((Status.ACTIVE, None), RunState.COMPLETED)
    assert changes_of(desk) == [[Status.ACTIVE, Status.BLOCKED], [Status.BLOCKED, Status.ACTIVE]]
    figure(line("held back", cause, met, status, asked=asked, mended="testing it"))


def test_session_control_comes_back_after_reauthorizing(desk: Desk) -> None:
    [cause] = (each for each in DEAD if each.name == "session control after 16 hours")
    staged_cause(desk, cause)
    desk.reauthorize()
    assert desk.run().state == RunState.COMPLETED
    desk.time.shift(timedelta(hours=16))
    assert isinstance(desk.learn(), SessionEnded)
    assert desk.shown()[0] == Status.NEEDS_REAUTHORIZATION


@pytest.mark.parametrize("cause", BLOCKED, ids=name_of)
def test_what_was_mended_is_noticed_within_a_day_though_nobody_tests_it(desk: Desk, cause: Cause) -> None:
    staged_cause(desk, cause)
    desk.google.sandbox.journal.clear()
    for hour in range(25):
        keep_alive()
        assert desk.asked() <= hour // 24
        desk.time.shift(HOUR)
    cause.mend(desk)
    for _hour in range(25):
        keep_alive()
        desk.time.shift(HOUR)
    assert (desk.shown(), desk.run().state) == ((Status.ACTIVE, None), RunState.COMPLETED)


@pytest.mark.parametrize("trouble", ["token_endpoint:500", "500_before"])
def test_a_test_that_learns_nothing_mends_nothing(desk: Desk, trouble: str) -> None:
    [cause] = (each for each in BLOCKED if each.name == "Gmail license taken away")
    staged_cause(desk, cause)
    cause.mend(desk)
    stage(desk.google, trouble)
    assert not check_connection(Actor.console(), desk.connection.pk).is_fine
    assert desk.shown()[0] == Status.BLOCKED


def test_a_failure_reported_meanwhile_is_not_cleared(desk: Desk) -> None:
    desk.connect()
    earlier = GmailNotEnabled(reason="The account has no license.", advice="Ask.")
    report_failure(desk.connection.pk, ApiNotEnabled(reason="The API is off.", advice="Ask."))
    for disproved in (None, to_stored(earlier)):
        clear_failure(desk.person.actor, desk.connection.pk, disproved=disproved)
        assert desk.shown()[0] == Status.BLOCKED
    clear_failure(desk.person.actor, desk.connection.pk, disproved=desk.connection.failure)
    assert desk.shown() == (Status.ACTIVE, None)
    last = AuditEntry.objects.filter(event="connection.status_changed").latest("sequence")
    assert (last.actor_user_id, last.difference["status"]) == (desk.person.user.pk, ["blocked", "active"])


def test_what_google_says_of_a_credential_that_was_replaced_is_no_news(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody reauthorizes while the old grant's refresh is under way: its end is not the connection's."""
    desk.connect()
    removed(desk)
    desk.time.shift(HOUR)

    def refresh_meanwhile(*arguments: Any) -> Refreshed:
        desk.reauthorize()
        return refresh(*arguments)

    monkeypatch.setattr("connections.operations.get_access_token.refresh", refresh_meanwhile)
    with pytest.raises(GoogleUnavailable, match="authorized anew meanwhile"):
        get_access_token(desk.connection)
    monkeypatch.undo()
    assert (desk.shown(), desk.run().state) == ((Status.ACTIVE, None), RunState.COMPLETED)


def test_scopes_that_shrink_limit_the_connection(desk: Desk, figure: Callable[[str], None]) -> None:
    cause = Cause(
        name="scopes shrink on refresh",
        then=staged("refresh:scopes_shrink", value=[READONLY], count=1),
        error=ScopeMissing,
    )
    met = staged_cause(desk, cause)
    status, _said = desk.shown()
    assert (status, met.fixer, met.reauthorizing_helps) == (Status.LIMITED, Fixer.CONNECTION_MANAGER, True)
    asked = desk.day()
    assert asked == 0
    desk.reauthorize()
    assert (desk.shown(), desk.run().state) == ((Status.ACTIVE, None), RunState.COMPLETED)
    figure(line("limited", cause, met, status, asked=asked, mended="reauthorizing"))


@pytest.mark.parametrize("cause", OPERATORS, ids=name_of)
def test_our_own_client_refused_is_nobodys_connection(desk: Desk, cause: Cause, figure: Callable[[str], None]) -> None:
    met = staged_cause(desk, cause)
    assert (met.fixer, met.reauthorizing_helps) == (Fixer.OPERATOR, False)
    asked = desk.day()
    assert asked <= DAY // STEP
    assert (desk.shown(), changes_of(desk)) == ((Status.ACTIVE, None), [])
    desk.google.sandbox.scenarios.clear()
    assert desk.run().state == RunState.COMPLETED
    figure(line("operator's", cause, met, Status.ACTIVE, asked=asked, mended="the next use"))


def test_a_client_that_was_replaced_can_be_set_back(
    desk: Desk, figure: Callable[[str], None], settings: Settings
) -> None:
    def replaced(_desk: Desk) -> None:
        settings.GOOGLE_CLIENT_ID = "another-client"

    cause = Cause(name="client of the console replaced", then=replaced, error=ClientReplaced)
    ours = settings.GOOGLE_CLIENT_ID
    met = staged_cause(desk, cause)
    assert (met.fixer, met.reauthorizing_helps) == (Fixer.OPERATOR, True)
    assert ours in met.cause
    asked = desk.day()
    assert (desk.shown(), changes_of(desk)) == ((Status.ACTIVE, None), [])
    settings.GOOGLE_CLIENT_ID = ours
    assert desk.run().state == RunState.COMPLETED
    figure(line("operator's", cause, met, Status.ACTIVE, asked=asked, mended="the next use, or reauthorizing"))


@pytest.mark.parametrize("cause", PASSING, ids=name_of)
def test_a_passing_failure_never_changes_a_status(
    desk: Desk, cause: Cause, figure: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    if "in time" in cause.name:
        monkeypatch.setattr("kernel.http.READ_SECONDS", 0.05)
    met = staged_cause(desk, cause)
    assert isinstance(met, TryLater)
    assert (met.fixer, met.reauthorizing_helps) == (Fixer.NOBODY, False)
    asked = desk.day(cause.step)
    assert (desk.shown(), changes_of(desk)) == ((Status.ACTIVE, None), [])
    assert desk.connection.failure is None
    assert asked <= DAY // cause.step
    desk.google.sandbox.scenarios.clear()
    monkeypatch.undo()
    assert desk.recovers()
    figure(line("passing", cause, met, Status.ACTIVE, asked=asked, mended="itself"))


def test_a_flood_of_uses_while_google_is_down_asks_it_rarely(desk: Desk, figure: Callable[[str], None]) -> None:
    """Every minute for a day. Pauses double up to 15 minutes, of which jitter leaves half at least."""
    desk.connect()
    desk.time.shift(timedelta(hours=1))
    stage(desk.google, "token_endpoint:500")
    desk.google.sandbox.journal.clear()
    uses = DAY // timedelta(minutes=1)
    for _use in range(uses):
        desk.time.shift(timedelta(minutes=1))
        with pytest.raises(GoogleUnavailable):
            get_access_token(desk.connection)
    asked = desk.asked()
    assert asked <= 12 + 24 * 60 / 7.5
    assert desk.shown() == (Status.ACTIVE, None)
    figure(f"| flood | {uses:,} uses in a day, token endpoint down | {asked} requests |")
