"""A connection's Usage: what uses it, and which runs wait there."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.actor import actor_of
from connections.impact import impact_of
from connections.page_head import page_head
from connections.queries import visible_connection


@login_required
@require_safe
def usage(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Every known use, whoever owns it: whoever changes the connection changes those too."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    context = {
        "head": page_head(actor, connection, current="connection_usage"),
        "impact": impact_of(actor, connection),
    }
    return render(request, "connections/connection_usage.html", context)
