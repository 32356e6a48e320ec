"""A connection's Service account: the default one, what it lacks, and what to paste into Google's consoles."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from access.actor import Actor, actor_of
from connections.details import merged_findings
from connections.extensions import Connector, short_scope
from connections.models import Connection
from connections.operations.check_service_account import check_service_account
from connections.operations.learn_role import client_id_fact
from connections.operations.list_cloud import Listed, list_projects, list_service_accounts
from connections.operations.set_default_service_account import set_default_service_account
from connections.page_head import PageHead, page_head
from connections.queries import visible_connection
from connections.readiness import (
    PERMISSIONS,
    SIGN_JWT,
    Answer,
    Known,
    RoleFacts,
    delegated_scopes,
    require_cloud,
    state_of,
)
from connections.role_errors import SERVICE_ACCOUNT_USER, TOKEN_CREATOR
from kernel.errors import ConsoleError, EditStale, InputRejected

FROM_GOOGLE, TYPED = "google", "typed"
"""How the default is chosen: from Google's lists, or by entering its address."""
LOOKS = {
    Answer.MET: ("ok", "ok", "Yes"),
    Answer.MISSING: ("bad", "bad", "No"),
    Answer.UNKNOWN: ("warn", "unknown", "Could not check"),
}
NOT_CHECKED = ("idle", "todo", "Not checked yet")


@dataclass(frozen=True, kw_only=True)
class Learned:
    """One requirement as the page shows it. ``waits_for`` is what has to be there before it can be asked."""

    title: str
    tone: str
    icon: str
    answer: str
    learned_at: datetime | None
    finding: ConsoleError | None
    waits_for: str = ""


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What Google lists; ``projects`` is None where it isn't asked, ``accounts`` where there is none to ask of."""

    project: str
    projects: Listed | None = None
    accounts: Listed | None = None


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What stands in the form."""

    project: str
    account: str


@login_required
@require_http_methods(["GET", "POST"])
def service_account(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """The tab; a POST saves the default. What was typed stays, whatever stands in the way."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    if request.method != "POST":
        saved = Entered(project=connection.default_project, account=connection.default_service_account)
        return _tab(request, actor, connection, saved)
    entered = Entered(project=request.POST.get("project", ""), account=request.POST.get("service_account", ""))
    given = request.POST.get("version", "")
    try:
        edited = set_default_service_account(
            actor,
            connection_id,
            project=entered.project,
            service_account=entered.account,
            version=int(given) if given.isascii() and given.isdecimal() else 0,
        )
    except (EditStale, InputRejected) as error:
        return _tab(request, actor, visible_connection(actor, connection_id), entered, error)
    chosen = edited.default_service_account
    messages.info(request, f"{chosen} is the default. Check it now." if chosen else "There is no default any more.")
    return redirect("connection_service_account", connection_id)


@login_required
@require_POST
def check_role(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """*Check now*. What came of it stands on the tab."""
    learned = check_service_account(actor_of(request), connection_id)
    met = next(iter(learned.refusals), None)
    messages.info(request, f"Checked: {met.title}." if met else f"Checked: {learned.service_account}.")
    return redirect("connection_service_account", connection_id)


def _tab(
    request: HttpRequest,
    actor: Actor,
    connection: Connection,
    entered: Entered,
    error: EditStale | InputRejected | None = None,
) -> HttpResponse:
    head = page_head(actor, connection, current="connection_service_account")
    stopped = _stopped_by(connection)
    facts = state_of(connection).role
    learned = tuple(_learned(facts, head.connector)) if facts else ()
    findings = merged_findings(each.finding for each in learned if each.finding)
    problems = error.fields if isinstance(error, InputRejected) else {}
    context = {
        "head": head,
        "stopped": stopped,
        "account": entered.account,
        "learned": learned,
        "findings": findings,
        "says_cause": head.cause is not None and head.cause.code not in {each.code for each in findings},
        "cards": [card.title for card in head.connector.cards if card.needs.role],
        "errors": problems,
        "problems": [text for texts in problems.values() for text in texts],
        "stale": error if isinstance(error, EditStale) else None,
    }
    context |= _choice(request, head, entered, is_open=not stopped and not error)
    context |= _to_paste(connection, head.connector)
    return render(
        request, "connections/connection_service_account.html", context, status=error.status if error else 200
    )


def _choice(request: HttpRequest, head: PageHead, entered: Entered, *, is_open: bool) -> dict[str, Any]:
    """What the form offers. Where no default is saved the page asks Google by itself, once it is there."""
    way = request.GET.get("from", "") if is_open and head.rights.edit else TYPED
    project = request.GET.get("project", entered.project)
    offered = _offered(head.connection, project) if way == FROM_GOOGLE else Offered(project=project)
    return {
        "offered": offered,
        "waits": not way and not entered.account,
        "may_list": is_open,
    }


def _offered(connection: Connection, project: str) -> Offered:
    """The projects, and the service accounts of the one chosen, else of the first."""
    projects = list_projects(connection)
    chosen = project or next((each.value for each in projects.items), "")
    accounts = list_service_accounts(connection, chosen) if chosen and not projects.finding else None
    return Offered(project=chosen, projects=projects, accounts=accounts)


def _to_paste(connection: Connection, connector: Connector) -> dict[str, Any]:
    """The values that Google's consoles ask for, each with its name there."""
    account = connection.default_service_account
    fact = connection.facts.filter(name=client_id_fact(account)).first() if account else None
    return {
        "client_id": fact.value if fact else "",
        "scopes": ",".join(delegated_scopes(connector)),
        "user_role": SERVICE_ACCOUNT_USER,
        "creator_role": TOKEN_CREATOR,
    }


def _stopped_by(connection: Connection) -> ConsoleError | None:
    """What keeps this connection from acting through any service account."""
    try:
        require_cloud(state_of(connection))
    except ConsoleError as error:
        return error
    return None


def _learned(facts: RoleFacts, connector: Connector) -> Iterator[Learned]:
    for requirement, permission in PERMISSIONS.items():
        yield _row(requirement.value, facts.permissions.get(permission))
    signs = facts.permissions.get(SIGN_JWT)
    waits_for = TOKEN_CREATOR if signs and signs.answer is not Answer.MET else ""
    for scope in delegated_scopes(connector):
        yield _row(f"Domain-wide delegation of {short_scope(scope)}", facts.delegation.get(scope), waits_for)


def _row(title: str, known: Known | None, waits_for: str = "") -> Learned:
    tone, icon, answer = LOOKS[known.answer] if known else NOT_CHECKED
    return Learned(
        title=title,
        tone=tone,
        icon=icon,
        answer=answer,
        learned_at=known.learned_at if known else None,
        finding=known.finding if known else None,
        waits_for=waits_for,
    )
