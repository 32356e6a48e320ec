"""A connection's Permissions: each scope needed, requested and granted, and how it came to that."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.actor import actor_of
from connections.details import history_of, scope_rows
from connections.page_head import page_head
from connections.queries import visible_connection


@login_required
@require_safe
def permissions(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """The scopes, and every finished authorization with what it added and took."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    head = page_head(actor, connection, current="connection_permissions")
    rows = scope_rows(connection, head.connector)
    context = {
        "head": head,
        "scopes": rows,
        "missing": [row for row in rows if row.is_missing],
        "history": history_of(connection),
    }
    return render(request, "connections/connection_permissions.html", context)
