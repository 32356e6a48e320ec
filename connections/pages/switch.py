"""The last step of a reauthorization that would take scopes away: use the new grant, or keep the old one."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from access.actor import actor_of
from connections.comparison import comparison_of
from connections.extensions import get_connector, uses_of
from connections.models import Connection, ConsentAttempt, Outcome
from connections.operations.attempts import attempt_of
from connections.operations.discard_staged import discard_staged
from connections.operations.swap_credential import live_credential_id, swap_credential
from connections.proof import proof_steps
from connections.queries import visible_connection
from kernel.errors import EditStale


@login_required
@require_POST
def use_new_grant(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Switch, if the person has compared with what is in use now, and says so where something stops."""
    actor = actor_of(request)
    attempt = attempt_of(actor, attempt_id)
    connection = visible_connection(actor, attempt.connection.pk) if attempt.connection else None
    is_open = connection is not None and attempt.outcome == Outcome.STAGED
    if connection and is_open and "switch_anyway" not in request.POST and _needs_a_word(connection, attempt):
        return compare(request, connection, attempt, problem="Tick this before you use the new authorization.")
    try:
        swap_credential(actor, attempt_id, instead_of=_uuid(request.POST.get("instead_of", "")))
    except EditStale:
        if connection is None:
            raise
        text = "Somebody reauthorized this connection meanwhile. Compare again."
        return compare(request, connection, attempt, notice=text)
    return redirect("authorization", attempt_id)


@login_required
@require_POST
def keep_old_grant(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Shred the new one."""
    discard_staged(actor_of(request), attempt_id)
    return redirect("authorization", attempt_id)


def compare(
    request: HttpRequest, connection: Connection, attempt: ConsentAttempt, *, problem: str = "", notice: str = ""
) -> HttpResponse:
    """The staged grant beside the one in use."""
    context: dict[str, Any] = {
        "attempt": attempt,
        "connection": connection,
        "connector": get_connector(connection.connector),
        "comparison": comparison_of(connection, attempt),
        "steps": list(proof_steps(attempt)),
        "uses": uses_of(connection.pk),
        "instead_of": live_credential_id(connection) or "",
        "needs_a_word": _needs_a_word(connection, attempt),
        "problem": problem,
        "stale": notice,
    }
    status = 409 if notice else 422 if problem else 200
    return render(request, "connections/reauthorize_compare.html", context, status=status)


def _needs_a_word(connection: Connection, attempt: ConsentAttempt) -> bool:
    """Whether something that uses the connection may stop."""
    return bool(attempt.proof and comparison_of(connection, attempt).change.cards_lost and uses_of(connection.pk))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
