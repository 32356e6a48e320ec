"""Test: the button on a connection's page, and *Check now* on its Cards. What came of it stands on its Overview."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from access.actor import actor_of
from connections.operations.check_connection import check_connection


@login_required
@require_POST
def check(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    result = check_connection(actor_of(request), connection_id)
    met = next(iter(result.errors), None)
    messages.info(request, f"Tested: {met.title}." if met else f"Tested: {result.connection.nickname} works.")
    if request.POST.get("tab") == "cards":
        return redirect("connection_cards", connection_id)
    return redirect(f"{reverse('connection', args=[connection_id])}#last-test")
