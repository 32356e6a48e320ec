"""A connection's Cards: every card against every requirement, and what mends the rest."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access import policy
from access.actor import actor_of
from connections.details import grid_rows
from connections.models import Connection
from connections.page_head import page_head
from connections.queries import visible_connection
from connections.readiness import Coverage, Requirement


@login_required
@require_safe
def cards(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """The readiness grid, with *Test this card* for who may use the connection."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    head = page_head(actor, connection, current="connection_cards")
    every = len(head.coverage.every)
    context = {
        "head": head,
        "columns": list(_columns(connection, head.coverage)),
        "actions": grid_rows(head.coverage.actions, head.findings),
        "events": grid_rows(head.coverage.events, head.findings),
        "shared": [each for each in head.findings if len(each.cards) == every],
        "others": [each for each in head.findings if len(each.cards) < every],
        "outlooks": {each.outlook for each in head.coverage.every},
        "may_test": policy.may(actor, "connection.use", connection) and policy.may(actor, "card.run", connection),
    }
    return render(request, "connections/connection_cards.html", context)


def _columns(connection: Connection, covered: Coverage) -> Iterator[tuple[Requirement, str, datetime | None]]:
    """Each requirement, and the age of what is known of it: a word and a time. Of several facts, the oldest one's."""
    consented_at = connection.grants.values_list("created_at", flat=True).first()
    yield Requirement.CONNECTION, "since", connection.status_since
    yield Requirement.ACCOUNT, "consent", consented_at
    yield Requirement.SCOPES, "consent", consented_at
    for requirement in (Requirement.ROLE, Requirement.TOKEN_CREATOR, Requirement.DELEGATION):
        cells = [cell for each in covered.every for cell in each.cells if cell.requirement is requirement]
        yield requirement, "checked", min((cell.learned_at for cell in cells if cell.learned_at), default=None)
