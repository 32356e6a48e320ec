"""A connection's Overview: its state, the facts, and who else holds the same account."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from access.actor import actor_of
from connections.details import scope_rows
from connections.last_test import last_test
from connections.page_head import page_head
from connections.queries import deleted_connection, same_account, visible_connection
from kernel.errors import NotFound


@login_required
@require_safe
def overview(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """What it is and how it is; of a deleted one, to which the audit trail still leads, the receipt."""
    actor = actor_of(request)
    try:
        connection = visible_connection(actor, connection_id)
    except NotFound:
        return redirect("deleted_connection", deleted_connection(actor, connection_id).pk)
    head = page_head(actor, connection, current="connection")
    context = {
        "head": head,
        "scopes": scope_rows(connection, head.connector),
        "same_account": same_account(actor, connection),
        "tested": last_test(connection),
    }
    return render(request, "connections/connection_overview.html", context)
