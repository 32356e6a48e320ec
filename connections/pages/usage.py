"""A connection's Usage: what uses it, and which runs wait there."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.actor import Actor, actor_of
from connections.impact import impact_of
from connections.page_head import page_head
from connections.queries import visible_connection
from kernel.errors import NotFound


@login_required
@require_safe
def usage(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Every known use, whoever owns it: whoever changes the connection changes those too."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    impact = impact_of(actor, connection)
    replaced = request.GET.get("replaced", "")
    context = {
        "head": page_head(actor, connection, current="connection_usage"),
        "impact": impact,
        "has_flows": any(use.kind == "flow" for use in impact.uses),
        "replaced": int(replaced) if replaced.isdecimal() else None,
        "replaced_with": _nickname(actor, request.GET.get("with", "")),
    }
    return render(request, "connections/connection_usage.html", context)


def _nickname(actor: Actor, connection_id: str) -> str:
    try:
        return visible_connection(actor, UUID(connection_id)).nickname
    except (ValueError, NotFound):
        return "the other connection"
