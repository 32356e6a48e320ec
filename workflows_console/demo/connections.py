"""The demo's connections: who makes them, at which account, and what then happens to some of them."""

from dataclasses import dataclass

from access.actor import Actor
from connections.models import Connection, Outcome, ScopeMode
from connections.operations.begin_consent import begin_consent
from connections.operations.finish_consent import CallbackAnswer, binding_cookie, finish_consent
from connections.operations.request_authorization import request_authorization
from kernel.errors import ConsoleError, from_stored
from workflows_console.demo.consent import Visitor


@dataclass(frozen=True, kw_only=True)
class DemoConnection:
    """``owner`` is a demo person's address; ``withhold`` are short scopes left unticked at Google."""

    nickname: str
    owner: str
    account: str
    description: str = ""
    scopes: tuple[str, ...] = ()
    withhold: tuple[str, ...] = ()


ADA, CLEO = "ada@console.example", "cleo@console.example"

PAYROLL = DemoConnection(
    nickname="Payroll notices",
    owner=CLEO,
    account="ben@acme.example",
    description="Monthly payslip mails.",
)
PRESS = DemoConnection(
    nickname="Press office", owner=CLEO, account="fay@acme.example", description="Answers to journalists."
)
TRAVEL = DemoConnection(
    nickname="Travel desk", owner=CLEO, account="gus@other.example", scopes=("gmail.readonly", "gmail.compose")
)

PLAN = (
    DemoConnection(nickname="Support inbox", owner=ADA, account="ada@acme.example", description="Mail to support@."),
    DemoConnection(
        nickname="IT service desk",
        owner=ADA,
        account="ada@acme.example",
        description="Reads and answers, without touching Google Cloud.",
        scopes=("gmail.readonly", "gmail.compose"),
    ),
    DemoConnection(
        nickname="Facilities requests", owner=ADA, account="dora@acme.example", description="Repairs, keys, rooms."
    ),
    DemoConnection(
        nickname="Leaver handover",
        owner=ADA,
        account="cleo@acme.example",
        description="Mailboxes of people who leave.",
        withhold=("gmail.settings.sharing", "gmail.readonly"),
    ),
    DemoConnection(
        nickname="Supplier invoices",
        owner=CLEO,
        account="dora@acme.example",
        description="Reads invoices only.",
        scopes=("gmail.readonly",),
    ),
    DemoConnection(
        nickname="Security alerts",
        owner=ADA,
        account="cleo@acme.example",
        scopes=("gmail.send",),
        description="Sends alerts, reads nothing.",
    ),
    PAYROLL,
    PRESS,
    TRAVEL,
    DemoConnection(nickname="Hanna Weiss", owner=CLEO, account="hanna@gmail.com"),
    DemoConnection(nickname="Ivo’s mailbox", owner=CLEO, account="ivo@googlemail.com", scopes=("gmail.readonly",)),
    DemoConnection(
        nickname="Jo’s own address", owner=ADA, account="jo@private.test", scopes=("gmail.readonly", "gmail.send")
    ),
)


def connect(actor: Actor, demo: DemoConnection) -> Connection:
    """Make one connection as a person would, consent at Google included. :raises ConsoleError: it failed."""
    attempt = request_authorization(
        actor,
        connector="gmail",
        nickname=demo.nickname,
        description=demo.description,
        scope_mode=ScopeMode.CUSTOM if demo.scopes else ScopeMode.DEFAULT,
        scopes=demo.scopes,
    )
    departure = begin_consent(actor, attempt.pk)
    withhold = [scope for scope in attempt.scopes if scope.rsplit("/", 1)[-1] in demo.withhold]
    answer = CallbackAnswer(
        parameters=Visitor().consent(departure.google_url, demo.account, withhold=withhold),
        cookies={binding_cookie(attempt): departure.browser_secret},
    )
    finished = finish_consent(actor, answer)
    if finished.outcome != Outcome.SUCCEEDED or finished.connection is None:
        raise from_stored(finished.failure) if finished.failure else ConsoleError()
    return finished.connection
