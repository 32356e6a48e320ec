"""A connection's Settings: its name and description, and the ways to what changes it further."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from access.actor import Actor, actor_of
from connections.forms import Entries, GeneralForm
from connections.models import Connection
from connections.operations.edit_connection import edit_connection
from connections.page_head import page_head
from connections.queries import visible_connection
from kernel.errors import EditStale, InputRejected, NotPermitted


@login_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """The tab, for who may change anything of the connection. What was typed stays, whatever stands in the way."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    if request.method != "POST":
        return _tab(request, actor, connection, _saved(connection))
    entries = Entries(nickname=request.POST.get("nickname", ""), description=request.POST.get("description", ""))
    try:
        edited = edit_connection(
            actor,
            connection_id,
            version=_version(request),
            nickname=entries.nickname,
            description=entries.description,
        )
    except (EditStale, InputRejected) as error:
        return _tab(request, actor, visible_connection(actor, connection_id), entries, error)
    messages.info(request, f"{edited.nickname} is saved.")
    return redirect("connection_settings", connection_id)


def _version(request: HttpRequest) -> int:
    """The version that the form was made of; none ever has 0."""
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdecimal() else 0


def _saved(connection: Connection) -> Entries:
    return Entries(nickname=connection.nickname, description=connection.description)


def _tab(
    request: HttpRequest,
    actor: Actor,
    connection: Connection,
    entries: Entries,
    error: EditStale | InputRejected | None = None,
) -> HttpResponse:
    head = page_head(actor, connection, current="connection_settings")
    if not head.rights:
        raise NotPermitted(permission="connection.edit")
    problems = error.fields if isinstance(error, InputRejected) else {}
    context = {
        "head": head,
        "form": GeneralForm(entries, problems),
        "problems": [text for texts in problems.values() for text in texts],
        "stale": error if isinstance(error, EditStale) else None,
        "shared_with": sorted(map(str, connection.shared_with.all())),
    }
    return render(request, "connections/connection_settings.html", context, status=error.status if error else 200)
