"""Delete a connection: what that touches, the typed confirmation, and the receipt."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from access import policy
from access.actor import actor_of
from access.reauthentication import require_fresh
from connections.errors import ConnectionInUse
from connections.extensions import get_connector, short_scope
from connections.impact import impact_of
from connections.operations.delete_connection import delete_connection
from connections.queries import deleted_connection, visible_connection


@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Say what it touches and ask; then delete it."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    policy.require(actor, "connection.delete", connection)
    detour = require_fresh(request)
    if detour:
        return detour
    typed, in_use = request.POST.get("confirmation", ""), None
    if request.method == "POST":
        try:
            delete_connection(actor, connection_id, confirmation=typed)
        except ConnectionInUse as error:
            in_use = error
        else:
            return redirect("deleted_connection", connection_id)
    context = {
        "connection": connection,
        "connector": get_connector(connection.connector),
        "impact": impact_of(actor, connection),
        "typed": typed,
        "in_use": in_use,
    }
    return render(request, "connections/delete.html", context, status=in_use.status if in_use else 200)


@login_required
@require_safe
def deleted(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """The receipt: what was destroyed, what happened at Google, and what is kept."""
    connection = deleted_connection(actor_of(request), connection_id)
    context = {
        "connection": connection,
        "connector": get_connector(connection.connector),
        "revocation": connection.revocations.first(),
        "granted": [short_scope(scope) for scope in connection.granted_scopes],
    }
    return render(request, "connections/deleted.html", context)
