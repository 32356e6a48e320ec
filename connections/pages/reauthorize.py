"""Reauthorize: which account, which scopes, what that changes; then the browser leaves for Google."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from access import policy
from access.actor import Actor, actor_of
from connections.comparison import change_of
from connections.details import scope_rows
from connections.extensions import IDENTITY_SCOPES, get_connector, short_scope, uses_of
from connections.forms import Entries, typed_entries
from connections.models import Connection, ConsentAttempt, ScopeMode
from connections.operations.attempts import attempt_of
from connections.operations.request_reauthorization import INHERIT, request_reauthorization
from connections.pages.return_place import asked_return, return_path
from connections.pages.scope_form import changed, focus_of, is_htmx
from connections.queries import visible_connection
from connections.scope_catalog import lookup
from connections.scope_choice import Ceiling
from connections.scope_offer import offer_of
from kernel.errors import InputRejected, NotFound

TEMPLATE = "connections/reauthorize.html"


@login_required
@require_http_methods(["GET", "POST"])
def reauthorize(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Show the form, check it while it is filled in (htmx), or ask for the authorization."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    policy.require(actor, "connection.reauthorize", connection)
    connector = get_connector(connection.connector)
    if request.method != "POST":
        entries = _first_entries(actor, connection, request)
        return _page(request, actor, connection, entries)
    if request.POST.get("again"):
        return _ask(request, actor, connection, _kept(connection, _earlier(actor, connection, request.POST["again"])))
    entries = typed_entries(request.POST)
    after = changed(request, entries, connector)
    if after:
        template = "connections/reauthorize/changed.html" if is_htmx(request) else TEMPLATE
        context = _context(connection, after) | _return(request, actor, connection, after)
        return render(request, template, context | {"focus_on": focus_of(request)})
    if is_htmx(request):
        return render(request, "connections/reauthorize/checked.html", _context(connection, entries))
    return _ask(request, actor, connection, entries)


def _first_entries(actor: Actor, connection: Connection, request: HttpRequest) -> Entries:
    """Those of an earlier attempt, with one scope more where a finding asks for it, else the list requested last."""
    attempt_id, scope = request.GET.get("attempt", ""), request.GET.get("add", "")
    if attempt_id:
        return _kept(connection, _earlier(actor, connection, attempt_id))
    entries = _entries_of(connection, connection.requested_scopes, INHERIT)
    ceiling = Ceiling.current()
    if not all(ceiling.allows(each) for each in connection.requested_scopes):
        entries = replace(entries, scope_mode=ScopeMode.CUSTOM)
    known = lookup(scope)
    return entries.adding(known.scope, get_connector(connection.connector)) if known else entries


def _earlier(actor: Actor, connection: Connection, attempt_id: str) -> ConsentAttempt:
    """The actor's own attempt for this connection. :raises NotFound: there is none."""
    try:
        attempt = attempt_of(actor, UUID(attempt_id))
    except ValueError:
        raise NotFound(kind="authorization") from None
    if attempt.connection_id != connection.pk:
        raise NotFound(kind="authorization")
    return attempt


def _kept(connection: Connection, attempt: ConsentAttempt) -> Entries:
    entries = _entries_of(connection, attempt.scopes, attempt.form.get("choice", INHERIT))
    return replace(entries, attempt=str(attempt.pk))


def _entries_of(connection: Connection, scopes: list[str], mode: str) -> Entries:
    offered = {each.scope for each in get_connector(connection.connector).scope_texts}
    asked = [scope for scope in scopes if scope not in IDENTITY_SCOPES]
    return Entries(
        scope_mode=mode,
        chosen=tuple(scope for scope in asked if scope in offered),
        manual="\n".join(short_scope(scope) for scope in asked if scope not in offered),
    )


def _ask(request: HttpRequest, actor: Actor, connection: Connection, entries: Entries) -> HttpResponse:
    earlier = _earlier(actor, connection, entries.attempt) if entries.attempt else None
    try:
        attempt = request_reauthorization(
            actor,
            connection.pk,
            scope_mode=entries.scope_mode,
            scopes=entries.scopes,
            return_to=asked_return(request, earlier),
        )
    except InputRejected as error:
        return _page(request, actor, connection, entries, error)
    return redirect("authorization", attempt.pk)


def _page(
    request: HttpRequest, actor: Actor, connection: Connection, entries: Entries, error: InputRejected | None = None
) -> HttpResponse:
    context = _context(connection, entries, error) | _return(request, actor, connection, entries)
    return render(request, TEMPLATE, context, status=error.status if error else 200)


def _return(request: HttpRequest, actor: Actor, connection: Connection, entries: Entries) -> dict[str, str]:
    earlier = _earlier(actor, connection, entries.attempt) if entries.attempt else None
    return {"return_path": return_path(asked_return(request, earlier))}


def _context(connection: Connection, entries: Entries, error: InputRejected | None = None) -> dict[str, Any]:
    connector = get_connector(connection.connector)
    ceiling = Ceiling.current()
    offer = offer_of(connector, entries, ceiling=ceiling, inherited=connection.requested_scopes)
    asked = offer.asked if entries.scope_mode == INHERIT else (*IDENTITY_SCOPES, *offer.asked)
    problems = dict(error.fields) if error else {}
    return {
        "connection": connection,
        "connector": connector,
        "form_url": reverse("reauthorize_connection", args=[connection.pk]),
        "entries": entries,
        "offer": offer,
        "is_custom": entries.scope_mode == ScopeMode.CUSTOM,
        "inherited": [row for row in scope_rows(connection, connector) if row.is_requested],
        "is_inherit_allowed": all(ceiling.allows(scope) for scope in connection.requested_scopes),
        "offers_default": {*IDENTITY_SCOPES, *connector.default_scopes} != {*connection.requested_scopes},
        "change": change_of(connector, connection.granted_scopes, asked),
        "not_granted": [
            short_scope(each) for each in connection.requested_scopes if each not in connection.granted_scopes
        ],
        "scope_problems": [text for texts in problems.values() for text in texts],
        "uses": uses_of(connection.pk),
    }
