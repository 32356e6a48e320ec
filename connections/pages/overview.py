"""A connection's Overview: its state, the facts, and who else holds the same account."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.actor import actor_of
from connections.details import scope_rows
from connections.page_head import page_head
from connections.queries import same_account, visible_connection


@login_required
@require_safe
def overview(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """What it is and how it is."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    head = page_head(actor, connection, current="connection")
    context = {
        "head": head,
        "scopes": scope_rows(connection, head.connector),
        "same_account": same_account(actor, connection),
    }
    return render(request, "connections/connection_overview.html", context)
