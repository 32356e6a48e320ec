"""New Connection: General and Permissions, checked as one types, kept whatever goes wrong."""

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
from connections.extensions import Connector, get_connector
from connections.forms import Entries, GeneralForm, empty_entries, kept_entries, typed_entries
from connections.models import ConsentAttempt, Outcome, Policy, ScopeMode
from connections.operations.attempts import attempt_of
from connections.operations.request_authorization import request_authorization
from connections.pages.return_place import asked_return, return_path
from connections.pages.scope_form import changed, focus_of, is_htmx
from connections.queries import unanswered_attempt
from connections.scope_choice import Ceiling
from connections.scope_offer import offer_of
from kernel.errors import InputRejected, NotFound

TEMPLATE = "connections/new_connection.html"


@login_required
@require_http_methods(["GET", "POST"])
def new_connection(request: HttpRequest, connector: str) -> HttpResponse:
    """Show the form, check it while it is filled in (htmx), or ask for the authorization."""
    actor = actor_of(request)
    policy.require(actor, "connection.create")
    try:
        chosen = get_connector(connector)
    except KeyError:
        raise NotFound(kind="connector") from None
    if request.method != "POST":
        return _blank_or_kept(request, actor, chosen)
    entries = typed_entries(request.POST)
    after = changed(request, entries, chosen)
    if after:
        template = "connections/new_connection/changed.html" if is_htmx(request) else TEMPLATE
        context = _context(request, actor, chosen, after) | {"focus_on": focus_of(request)}
        return render(request, template, context)
    if is_htmx(request):
        return render(request, "connections/new_connection/checked.html", _context(request, actor, chosen, entries))
    return _create(request, actor, chosen, entries)


def _blank_or_kept(request: HttpRequest, actor: Actor, connector: Connector) -> HttpResponse:
    earlier = _earlier(actor, request.GET.get("attempt", ""))
    unanswered = None if earlier else unanswered_attempt(actor, connector.key)
    entries = kept_entries(earlier, connector) if earlier else empty_entries(connector)
    ceiling = Ceiling.current()
    if not all(ceiling.allows(scope) for scope in connector.default_scopes):
        entries = replace(entries, scope_mode=ScopeMode.CUSTOM)
    return render(request, TEMPLATE, _context(request, actor, connector, entries) | {"unanswered": unanswered})


def _earlier(actor: Actor, attempt_id: str) -> ConsentAttempt | None:
    """The actor's own authorization of that id. :raises NotFound: there is none."""
    if not attempt_id:
        return None
    try:
        return attempt_of(actor, UUID(attempt_id))
    except ValueError:
        raise NotFound(kind="authorization") from None


def _create(request: HttpRequest, actor: Actor, connector: Connector, entries: Entries) -> HttpResponse:
    earlier = _earlier(actor, entries.attempt)
    try:
        attempt = request_authorization(
            actor,
            connector=connector.key,
            nickname=entries.nickname,
            description=entries.description,
            scope_mode=entries.scope_mode,
            scopes=entries.scopes,
            return_to=asked_return(request, earlier),
        )
    except InputRejected as error:
        return render(request, TEMPLATE, _context(request, actor, connector, entries, error), status=error.status)
    return redirect("authorization", attempt.pk)


def _context(
    request: HttpRequest, actor: Actor, connector: Connector, entries: Entries, error: InputRejected | None = None
) -> dict[str, Any]:
    problems = dict(error.fields) if error else {}
    offer = offer_of(connector, entries, ceiling=Ceiling.current())
    earlier = _earlier(actor, entries.attempt)
    return {
        "connector": connector,
        "entries": entries,
        "form_url": reverse("new_connection", args=[connector.key]),
        "return_path": return_path(asked_return(request, earlier)),
        "offers_default": True,
        "form": GeneralForm(entries, problems),
        "offer": offer,
        "is_custom": entries.scope_mode == ScopeMode.CUSTOM,
        "scope_problems": [*problems.get("scope_mode", ()), *problems.get("scopes", ())],
        "problem_count": sum(len(texts) for texts in problems.values()),
        "another_for": earlier.connection if earlier and earlier.outcome == Outcome.SUCCEEDED else None,
        "rules": Policy.current(),
    }
