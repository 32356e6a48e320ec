"""Hand a connection to another owner."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from access import policy
from access.actor import actor_of
from access.reauthentication import require_fresh
from connections.models import Connection
from connections.operations.change_owner import change_owner
from connections.queries import possible_owners, visible_connection
from kernel.errors import EditStale, InputRejected


@login_required
@require_http_methods(["GET", "POST"])
def owner(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Ask to whom, then hand it on. Who can't see it afterwards comes back to the list."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    policy.require(actor, "connection.share", connection)
    detour = require_fresh(request)
    if detour:
        return detour
    if request.method != "POST":
        return _page(request, connection, connection.owner.email)
    chosen, version = request.POST.get("owner", ""), request.POST.get("version", "")
    try:
        changed = change_owner(
            actor,
            connection_id,
            version=int(version) if version.isascii() and version.isdecimal() else 0,
            owner=chosen,
        )
    except (EditStale, InputRejected) as error:
        return _page(request, visible_connection(actor, connection_id), chosen, error)
    messages.info(request, f"{changed.nickname} belongs to {changed.owner}.")
    if not policy.may(actor, "connection.view", changed):
        return redirect("connections")
    return redirect(
        "connection_settings" if policy.may(actor, "connection.edit", changed) else "connection", changed.pk
    )


def _page(
    request: HttpRequest, connection: Connection, chosen: str, error: EditStale | InputRejected | None = None
) -> HttpResponse:
    context = {
        "connection": connection,
        "people": possible_owners(connection),
        "chosen": chosen,
        "problems": error.fields.get("owner", []) if isinstance(error, InputRejected) else [],
        "stale": error if isinstance(error, EditStale) else None,
    }
    return render(request, "connections/owner.html", context, status=error.status if error else 200)
