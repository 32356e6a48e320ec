"""Share a connection: with nobody, with chosen people, or with everyone."""

from collections.abc import Collection
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from access import policy
from access.actor import actor_of
from access.models import User
from access.reauthentication import require_fresh
from connections.models import Connection, Sharing
from connections.operations.share_connection import share_connection
from connections.queries import people_to_share_with, visible_connection
from kernel.errors import EditStale, InputRejected

ABOUT = {
    Sharing.PRIVATE: "Only its owner uses it.",
    Sharing.PEOPLE: "The owner and the people chosen below use it, each as far as their roles go.",
    Sharing.EVERYONE: "Everybody here uses it, each as far as their roles go.",
}


@login_required
@require_http_methods(["GET", "POST"])
def share(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Ask who, then share it so."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    policy.require(actor, "connection.share", connection)
    detour = require_fresh(request)
    if detour:
        return detour
    if request.method != "POST":
        chosen = connection.shared_with.values_list("email", flat=True)
        return _page(request, connection, connection.sharing, set(chosen))
    sharing, people = request.POST.get("sharing", ""), request.POST.getlist("person")
    version = request.POST.get("version", "")
    try:
        shared = share_connection(
            actor,
            connection_id,
            version=int(version) if version.isascii() and version.isdecimal() else 0,
            sharing=sharing,
            people=people,
        )
    except (EditStale, InputRejected) as error:
        return _page(request, visible_connection(actor, connection_id), sharing, set(people), error)
    messages.info(request, f"{shared.nickname} is shared with {_with_whom(shared)}.")
    return redirect("connection_settings", connection_id)


def _with_whom(connection: Connection) -> str:
    if connection.sharing == Sharing.PEOPLE:
        return ", ".join(sorted(map(str, connection.shared_with.all())))
    return "everyone" if connection.sharing == Sharing.EVERYONE else "nobody"


def _page(
    request: HttpRequest,
    connection: Connection,
    sharing: str,
    chosen: Collection[str],
    error: EditStale | InputRejected | None = None,
) -> HttpResponse:
    people: list[tuple[User, bool]] = [(each, each.email in chosen) for each in people_to_share_with(connection)]
    context = {
        "connection": connection,
        "choices": [(each, ABOUT[each], each == sharing) for each in Sharing],
        "people": people,
        "problems": [text for texts in error.fields.values() for text in texts]
        if isinstance(error, InputRejected)
        else [],
        "stale": error if isinstance(error, EditStale) else None,
    }
    return render(request, "connections/share.html", context, status=error.status if error else 200)
