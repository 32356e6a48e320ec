"""A connection's Service account: the default one, what it lacks, and what to paste into Google's consoles."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from access import policy
from access.actor import Actor, actor_of
from connections.extensions import Connector, short_scope
from connections.models import Connection
from connections.operations.check_service_account import check_service_account
from connections.operations.learn_role import client_id_fact
from connections.operations.list_cloud import list_projects, list_service_accounts
from connections.operations.set_default_service_account import set_default_service_account
from connections.page_head import page_head
from connections.queries import visible_connection
from connections.readiness import PERMISSIONS, Answer, Known, RoleFacts, delegated_scopes, require_cloud, state_of
from kernel.errors import ConsoleError, EditStale, InputRejected

LOOKS = {
    Answer.MET: ("ok", "ok", "Yes"),
    Answer.MISSING: ("bad", "bad", "No"),
    Answer.UNKNOWN: ("warn", "unknown", "Could not check"),
}
NOT_CHECKED = ("idle", "unknown", "Not checked yet")


@dataclass(frozen=True, kw_only=True)
class Learned:
    """One requirement as the page shows it."""

    title: str
    tone: str
    icon: str
    answer: str
    learned_at: datetime | None
    finding: ConsoleError | None


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
    client_id = connection.facts.filter(name=client_id_fact(connection.default_service_account)).first()
    problems = error.fields if isinstance(error, InputRejected) else {}
    stopped = _stopped_by(connection)
    is_listing = request.GET.get("from") == "google" and not stopped and head.rights.edit
    project = request.GET.get("project", entered.project) if is_listing else entered.project
    facts = state_of(connection).role
    learned = tuple(_learned(facts, head.connector)) if facts else ()
    context = {
        "head": head,
        "stopped": stopped,
        "project": project,
        "account": entered.account,
        "projects": list_projects(connection) if is_listing else None,
        "accounts": list_service_accounts(connection, project) if is_listing and project else None,
        "learned": learned,
        "findings": {each.finding.cause: each.finding for each in learned if each.finding}.values(),
        "may_check": policy.may(actor, "connection.check", connection),
        "client_id": client_id.value if client_id else "",
        "scopes": ",".join(delegated_scopes(head.connector)),
        "cards": [card.title for card in head.connector.cards if card.needs.role],
        "errors": problems,
        "problems": [text for texts in problems.values() for text in texts],
        "stale": error if isinstance(error, EditStale) else None,
    }
    return render(
        request, "connections/connection_service_account.html", context, status=error.status if error else 200
    )


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
    for scope in delegated_scopes(connector):
        yield _row(f"Domain-wide delegation of {short_scope(scope)}", facts.delegation.get(scope))


def _row(title: str, known: Known | None) -> Learned:
    tone, icon, answer = LOOKS[known.answer] if known else NOT_CHECKED
    return Learned(
        title=title,
        tone=tone,
        icon=icon,
        answer=answer,
        learned_at=known.learned_at if known else None,
        finding=known.finding if known else None,
    )
