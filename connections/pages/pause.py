"""Pause and resume a connection, and come back to where one was."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from access.actor import actor_of
from connections.operations.pause_connection import pause_connection
from connections.operations.resume_connection import resume_connection


@login_required
@require_POST
def pause(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    paused = pause_connection(actor_of(request), connection_id)
    messages.info(request, f"{paused.nickname} is paused. Nothing uses it until somebody resumes it.")
    return _back(request, connection_id)


@login_required
@require_POST
def resume(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    resumed = resume_connection(actor_of(request), connection_id)
    messages.info(request, f"{resumed.nickname} is resumed. Its status is {resumed.get_status_display().lower()}.")
    return _back(request, connection_id)


def _back(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """The place on this console that the form names, else the connection's Settings."""
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("connection_settings", connection_id)
