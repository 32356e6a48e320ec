"""What can happen to a grant at Google, one person's connection that meets it, and the time in which it does."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import time_machine

from connections.errors import (
    ClientRejected,
    ConnectionBlocked,
    GmailNotEnabled,
    GoogleUnavailable,
    GrantEnded,
    RateLimited,
)
from connections.google.errors import AccountGone, AppNotTrusted, GrantRanOut, SessionEnded
from connections.models import Connection
from connections.operations.get_access_token import get_access_token
from connections.operations.request_reauthorization import request_reauthorization
from connections.readiness import require_ready, state_of
from flows.catalog import get_card
from flows.models import Run, RunState
from flows.operations.run_card import run_card
from gmail_connector.errors import ApiNotEnabled
from google_sandbox.control import state as world
from google_sandbox.server import RunningSandbox
from kernel.errors import ConsoleError, from_stored
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import change_account, crowd_out, remove_access, requests_to, stage

ADA = "ada@acme.example"
CARD = "gmail.read_email"
READONLY = "https://www.googleapis.com/auth/gmail.readonly"
STEP = timedelta(minutes=10)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS_TO_LEARN = 12  # an access token lasts an hour
LONGEST_PAUSE_STEPS = 2


@dataclass
class Desk:
    """One person with one connection, Google, and the time."""

    google: RunningSandbox
    time: time_machine.Traveller
    person: Browser = field(default_factory=lambda: Browser(UserFactory(administrator=True)))
    connection: Connection = field(init=False)
    message: str = field(init=False)

    def connect(self) -> None:
        self.connection = self.person.connect(account=ADA)
        self.message = world.messages(self.google.sandbox, ADA, 1)[0]["id"]

    def run(self) -> Run:
        return run_card(
            self.person.actor,
            card_key=CARD,
            connection_id=self.connection.pk,
            options={},
            inputs={"message_id": self.message},
        )

    def begin(self) -> None:
        """What every card does first, without the rows of a run."""
        connection = Connection.objects.get(pk=self.connection.pk)
        with contextlib.suppress(ConsoleError):
            require_ready(state_of(connection), get_card(CARD))
            get_access_token(connection)

    def learn(self) -> ConsoleError | None:
        """Run until a card fails; what it met. None when it never did."""
        for _step in range(STEPS_TO_LEARN):
            run = self.run()
            if run.state != RunState.COMPLETED:
                return from_stored(run.cause or {})
            self.time.shift(STEP)
        return None

    def day(self, step: timedelta = STEP) -> int:
        """The day after: how often the token endpoint was asked in it."""
        self.google.sandbox.journal.clear()
        for moment in range(DAY // step):
            self.time.shift(step)
            if moment % 6 == 0 or step == HOUR:
                self.run()
            else:
                self.begin()
        return self.asked()

    def asked(self) -> int:
        """Requests to the token endpoint since the journal was cleared."""
        return sum(entry["path"] == "/token" for entry in requests_to(self.google, "/token"))

    def shown(self) -> tuple[str, ConsoleError | None]:
        self.connection.refresh_from_db()
        cause = self.connection.status_cause
        return self.connection.status, from_stored(cause) if cause else None

    def reauthorize(self) -> None:
        """The whole way to Google and back, in a browser that signed in just now."""
        browser = Browser(self.person.user)
        attempt = request_reauthorization(browser.actor, self.connection.pk)
        browser.come_back(browser.consent(attempt, ADA))

    def recovers(self, steps: int = LONGEST_PAUSE_STEPS) -> bool:
        """Whether a card runs again, at the latest after the longest pause."""
        for _step in range(steps):
            self.time.shift(STEP)
            if self.run().state == RunState.COMPLETED:
                return True
        return False


Act = Callable[[Desk], None]


def nothing(_desk: Desk) -> None:
    pass


def staged(name: str, **fields: Any) -> Act:
    return lambda desk: stage(desk.google, name, **fields)


def changed(**changes: Any) -> Act:
    return lambda desk: change_account(desk.google, ADA, **changes)


def passed(**time: float) -> Act:
    return lambda desk: desk.time.shift(timedelta(**time))


def all_of(*acts: Act) -> Act:
    def act(desk: Desk) -> None:
        for each in acts:
            each(desk)

    return act


def switched_off(desk: Desk) -> None:
    desk.google.sandbox.scenarios.clear()


def removed(desk: Desk) -> None:
    remove_access(desk.google, ADA)


@dataclass(frozen=True, kw_only=True)
class Cause:
    """``before`` happens before the consent, ``then`` after it; ``mend`` is what whoever can mend it does at Google."""

    name: str
    then: Act = nothing
    before: Act = nothing
    error: type[ConsoleError]
    mend: Act = nothing
    step: timedelta = STEP


DEAD = (
    Cause(name="access removed at Google", then=removed, error=GrantEnded),
    Cause(name="access removed, noticed 13 hours later", then=all_of(removed, passed(hours=13)), error=GrantEnded),
    Cause(name="unused for six months", then=passed(days=184), error=GrantEnded),
    Cause(name="password changed", then=changed(password="ada-sandbox"), error=GrantEnded),
    Cause(name="101st refresh token", then=lambda desk: crowd_out(desk.google, ADA), error=GrantEnded),
    Cause(
        name="access for 7 days ended",
        before=staged("time_limited", value=604_799, count=1),
        then=passed(days=7),
        error=GrantRanOut,
    ),
    Cause(
        name="access for 180 days ended",
        before=staged("time_limited", value=15_551_999, count=1),
        then=passed(days=180),
        error=GrantRanOut,
    ),
    Cause(
        name="app in testing, its week ended",
        before=staged("testing_client", value=[ADA]),
        then=passed(days=7),
        error=GrantRanOut,
    ),
    Cause(name="session control, invalid_rapt", then=staged("refresh:invalid_rapt", count=1), error=SessionEnded),
    Cause(
        name="session control, rapt_required",
        then=staged("refresh:rapt_required"),
        error=SessionEnded,
        mend=switched_off,
    ),
    Cause(
        name="session control after 16 hours",
        before=staged("session_control"),
        then=passed(hours=16),
        error=SessionEnded,
    ),
)


BLOCKED = (
    Cause(name="account suspended", then=changed(suspended=True), error=AccountGone, mend=changed(suspended=False)),
    Cause(name="account deleted", then=changed(deleted=True), error=AccountGone, mend=changed(deleted=False)),
    Cause(name="account restricted", then=staged("refresh:account_restricted"), error=AccountGone, mend=switched_off),
    Cause(
        name="app blocked by an administrator",
        then=staged("refresh:admin_policy_enforced"),
        error=AppNotTrusted,
        mend=switched_off,
    ),
    Cause(
        name="Gmail license taken away",
        then=changed(has_gmail=False),
        error=GmailNotEnabled,
        mend=changed(has_gmail=True),
    ),
    Cause(
        name="Gmail API off in the project",
        then=staged("gmail:api_not_enabled"),
        error=ApiNotEnabled,
        mend=switched_off,
    ),
    Cause(
        name="Gmail apps off in the domain",
        then=staged("gmail:domain_policy"),
        error=ConnectionBlocked,
        mend=switched_off,
    ),
)

OPERATORS = (
    Cause(name="client secret wrong", then=staged("refresh:invalid_client"), error=ClientRejected),
    Cause(name="client deleted", then=staged("refresh:deleted_client"), error=ClientRejected),
)

PASSING = (
    *(
        Cause(name=f"token endpoint: {trouble}", then=staged(name, **more), error=GoogleUnavailable)
        for trouble, name, more in (
            ("500", "token_endpoint:500", {}),
            ("503", "token_endpoint:503", {}),
            ("429", "token_endpoint:429", {}),
            ("403 page", "token_endpoint:html_403", {}),
            ("garbage", "token_endpoint:garbage", {}),
            ("10 MB", "token_endpoint:oversized", {}),
            ("connection closed", "close_after", {"path": "/token"}),
            ("half an answer", "half_answer", {"path": "/token"}),
            ("no answer in time", "hang_after", {"path": "/token"}),
        )
    ),
    *(
        Cause(name=f"Gmail: {trouble}", then=staged(name, **more), error=error, step=HOUR)
        for trouble, name, more, error in (
            ("500", "500_before", {"path": "*/gmail/*"}, GoogleUnavailable),
            ("503", "503_before", {"path": "*/gmail/*"}, GoogleUnavailable),
            ("connection closed", "close_after", {"path": "*/gmail/*"}, GoogleUnavailable),
            ("burst", "429", {"path": "*/gmail/*"}, RateLimited),
            ("limit of the mailbox", "gmail:user_rate", {}, RateLimited),
            ("limit per minute", "gmail:quota", {}, RateLimited),
            ("limit per minute as 429", "gmail:quota_429", {}, RateLimited),
            ("limit per day", "gmail:daily_limit", {}, RateLimited),
            ("too many at once", "gmail:concurrent", {}, RateLimited),
        )
    ),
)
