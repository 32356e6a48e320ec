"""A connection's Cards: every card against every requirement, and what mends the rest."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access import policy
from access.actor import actor_of
from connections.details import grid_rows
from connections.page_head import page_head
from connections.queries import visible_connection
from connections.readiness import Requirement


@login_required
@require_safe
def cards(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """The readiness grid, with *Test this card* for who may use the connection."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    head = page_head(actor, connection, current="connection_cards")
    context = {
        "head": head,
        "requirements": list(Requirement),
        "actions": grid_rows(head.coverage.actions, head.findings),
        "events": grid_rows(head.coverage.events, head.findings),
        "may_test": policy.may(actor, "connection.use", connection) and policy.may(actor, "card.run", connection),
        "consented_at": connection.grants.values_list("created_at", flat=True).first(),
    }
    return render(request, "connections/connection_cards.html", context)
