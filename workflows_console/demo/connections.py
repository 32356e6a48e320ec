"""The demo's connections: who makes them, at which account, and what then happens to some of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from access.actor import Actor, Via
from access.models import AuditEntry, User
from connections.models import Connection, Outcome, ScopeMode, Status
from connections.operations.begin_consent import begin_consent
from connections.operations.check_service_account import check_service_account
from connections.operations.finish_consent import CallbackAnswer, binding_cookie, finish_consent
from connections.operations.get_access_token import get_access_token
from connections.operations.pause_connection import pause_connection
from connections.operations.request_authorization import request_authorization
from connections.operations.set_default_service_account import set_default_service_account
from flows.operations.run_card import run_card
from kernel.errors import ConsoleError, ReauthorizationNeeded, from_stored
from workflows_console.demo.consent import Visitor
from workflows_console.demo.sandbox import limit_next_grant, newest_message, remove_access

SEVEN_DAYS = 7 * 24 * 60 * 60


class Afterwards(StrEnum):
    """What happens to a connection once it is there."""

    NOTHING = "nothing"
    READ = "read"
    END = "end"
    PAUSE = "pause"


@dataclass(frozen=True, kw_only=True)
class DemoConnection:
    """``owner`` is a demo person's address; ``withhold`` are short scopes left unticked at Google.

    ``has_service_account`` gives it the sandbox's service account as its default one, and asks Google about its roles.
    """

    nickname: str
    owner: str
    account: str
    description: str = ""
    scopes: tuple[str, ...] = ()
    withhold: tuple[str, ...] = ()
    grant_seconds: int = 0
    has_service_account: bool = False
    afterwards: Afterwards = Afterwards.NOTHING


ADA, CLEO = "ada@console.example", "cleo@console.example"
PROJECT = "acme-automation"
SERVICE_ACCOUNT = "mailer@acme-automation.iam.gserviceaccount.com"

PLAN = (
    DemoConnection(
        nickname="Support inbox",
        owner=ADA,
        account="ada@acme.example",
        description="Mail to support@.",
        has_service_account=True,
        afterwards=Afterwards.READ,
    ),
    DemoConnection(
        nickname="IT service desk",
        owner=ADA,
        account="ada@acme.example",
        description="Reads and answers, without touching Google Cloud.",
        scopes=("gmail.readonly", "gmail.compose"),
        afterwards=Afterwards.READ,
    ),
    DemoConnection(
        nickname="Facilities requests",
        owner=ADA,
        account="dora@acme.example",
        description="Repairs, keys, rooms.",
        afterwards=Afterwards.READ,
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
        afterwards=Afterwards.PAUSE,
    ),
    DemoConnection(
        nickname="Security alerts",
        owner=ADA,
        account="cleo@acme.example",
        scopes=("gmail.send",),
        description="Sends alerts, reads nothing.",
    ),
    DemoConnection(
        nickname="Payroll notices",
        owner=CLEO,
        account="ben@acme.example",
        description="Monthly payslip mails.",
        afterwards=Afterwards.END,
    ),
    # Ben isn't Service Account Token Creator: every card that acts through the service account says so.
    DemoConnection(
        nickname="Joiner mailboxes",
        owner=CLEO,
        account="ben@acme.example",
        description="Delegates and aliases of people who join.",
        has_service_account=True,
    ),
    # The account has no Gmail license: reading tells, and the connection is blocked.
    DemoConnection(
        nickname="Press office",
        owner=CLEO,
        account="fay@acme.example",
        description="Answers to journalists.",
        afterwards=Afterwards.READ,
    ),
    DemoConnection(
        nickname="Travel desk",
        owner=CLEO,
        account="gus@other.example",
        scopes=("gmail.readonly", "gmail.compose"),
        grant_seconds=SEVEN_DAYS,
    ),
    DemoConnection(nickname="Hanna Weiss", owner=CLEO, account="hanna@gmail.com"),
    DemoConnection(nickname="Ivo’s mailbox", owner=CLEO, account="ivo@googlemail.com", scopes=("gmail.readonly",)),
    DemoConnection(
        nickname="Jo’s own address", owner=ADA, account="jo@private.test", scopes=("gmail.readonly", "gmail.send")
    ),
)


def to_do() -> Iterator[tuple[DemoConnection, Connection | None]]:
    """What an earlier start hasn't finished, with the connection where it is there already.

    The audit trail remembers what was made, so that a connection that people renamed or deleted isn't made again.
    """
    made = dict(
        AuditEntry.objects.filter(event="connection.created", via=Via.COMMAND).values_list("object_name", "object_id")
    )
    there = {str(connection.pk): connection for connection in Connection.objects.filter(pk__in=made.values())}
    for demo in PLAN:
        connection = there.get(made.get(demo.nickname, ""))
        if demo.nickname not in made or (connection and _is_unfinished(demo, connection)):
            yield demo, connection


def _is_unfinished(demo: DemoConnection, connection: Connection) -> bool:
    """An earlier start was stopped after the consent, before what happens afterwards."""
    if connection.deleted_at:
        return False
    is_bare = demo.has_service_account and not _was(connection, "service_account_changed")
    return is_bare or _is_untouched(demo, connection)


def _is_untouched(demo: DemoConnection, connection: Connection) -> bool:
    return (
        demo.afterwards is not Afterwards.NOTHING
        and connection.status == Status.ACTIVE
        and connection.last_used_at is None
        and connection.grants.count() == 1
        and not _was(connection, "paused")
    )


def _was(connection: Connection, verb: str) -> bool:
    return AuditEntry.objects.filter(event=f"connection.{verb}", object_id=str(connection.pk)).exists()


def make(demo: DemoConnection, connection: Connection | None) -> None:
    """Bring one demo connection where it shall be. :raises ConsoleError: consent failed."""
    actor = Actor(user=User.objects.get(email=demo.owner), via=Via.COMMAND)
    if demo.grant_seconds:
        limit_next_grant(demo.account, demo.grant_seconds)
    connection = connection or _connect(actor, demo)
    if demo.afterwards is Afterwards.END:
        _end_grant(connection)
    elif demo.afterwards is Afterwards.PAUSE:
        pause_connection(actor, connection.pk)
    elif demo.afterwards is Afterwards.READ:
        _read(actor, demo, connection)
    if demo.has_service_account:
        _choose_service_account(actor, connection)


def _read(actor: Actor, demo: DemoConnection, connection: Connection) -> None:
    inputs = {"message_id": newest_message(demo.account) or "19e1acd465710c93"}
    run_card(actor, card_key="gmail.read_email", connection_id=connection.pk, options={}, inputs=inputs)


def _choose_service_account(actor: Actor, connection: Connection) -> None:
    connection.refresh_from_db()
    chosen = {"project": PROJECT, "service_account": SERVICE_ACCOUNT}
    set_default_service_account(actor, connection.pk, **chosen, version=connection.version)
    check_service_account(actor, connection.pk)


def _connect(actor: Actor, demo: DemoConnection) -> Connection:
    """Make one connection as a person would, consent at Google included."""
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


def _end_grant(connection: Connection) -> None:
    """The person removes the access at Google, and the next refresh learns it."""
    token = get_access_token(connection)
    remove_access(connection.account_email)
    try:
        get_access_token(connection, stale=token)
    except ReauthorizationNeeded:
        return
