"""The console's own page of an authorization: it leaves for Google, and later says how it went."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from access.actor import Actor, actor_of
from connections.details import scope_rows
from connections.errors import ConsentExpired, NewGrantGone, StateMismatch
from connections.extensions import get_connector, short_scope
from connections.models import ConsentAttempt, Outcome, Purpose
from connections.operations.attempts import attempt_of
from connections.operations.begin_consent import begin_consent
from connections.operations.finish_consent import binding_cookie
from connections.pages.return_place import return_path
from connections.pages.switch import compare
from connections.proof import proof_steps
from connections.queries import authorization_result, visible_connection
from connections.rights import rights_of
from kernel.clock import now
from kernel.errors import from_stored


@login_required
@require_http_methods(["GET", "POST"])
def authorization(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    """Leave for Google when it wasn't opened yet (or again, by POST); otherwise say where it stands."""
    actor = actor_of(request)
    attempt = attempt_of(actor, attempt_id)
    is_open = attempt.outcome == Outcome.PENDING and attempt.used_at is None and attempt.expires_at > now()
    if is_open and (attempt.started_at is None or request.method == "POST"):
        return _leave(request, actor, attempt)
    if attempt.outcome == Outcome.STAGED and attempt.connection and attempt.expires_at > now():
        return compare(request, visible_connection(actor, attempt.connection.pk), attempt)
    context = {
        "attempt": attempt,
        "connector": get_connector(attempt.connector),
        "form_url": f"{_form_url(attempt)}?attempt={attempt.pk}",
        "is_reauthorization": attempt.purpose == Purpose.REAUTHORIZE,
        "return_url": return_path(attempt.return_to),
    }
    if attempt.outcome == Outcome.SUCCEEDED and attempt.connection:
        return render(request, "connections/authorization_succeeded.html", context | _success(actor, attempt))
    if is_open:
        return render(request, "connections/authorization_pending.html", context)
    late = NewGrantGone() if attempt.proof else ConsentExpired()
    error = from_stored(attempt.failure) if attempt.failure else late
    asked = [short_scope(scope) for scope in attempt.scopes]
    return render(request, "connections/authorization_failed.html", context | {"error": error, "asked": asked})


def _form_url(attempt: ConsentAttempt) -> str:
    if attempt.purpose == Purpose.REAUTHORIZE and attempt.connection and not attempt.connection.deleted_at:
        return reverse("reauthorize_connection", args=[attempt.connection.pk])
    return reverse("new_connection", args=[attempt.connector])


def _leave(request: HttpRequest, actor: Actor, attempt: ConsentAttempt) -> HttpResponse:
    departure = begin_consent(actor, attempt.pk)
    response = render(
        request,
        "connections/authorization_leave.html",
        {"attempt": attempt, "connector": get_connector(attempt.connector), "google_url": departure.google_url},
    )
    response.set_cookie(
        binding_cookie(attempt),
        departure.browser_secret,
        max_age=settings.CONSENT_MINUTES * 60,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _success(actor: Actor, attempt: ConsentAttempt) -> dict[str, Any]:
    assert attempt.connection is not None  # noqa: S101  (the caller looked)
    result = authorization_result(actor, attempt.connection)
    scopes = scope_rows(attempt.connection, result["connector"])
    return {
        **result,
        "scopes": scopes,
        "rights": rights_of(actor, attempt.connection),
    } | _difference(attempt)


def _difference(attempt: ConsentAttempt) -> dict[str, Any]:
    """What a reauthorization has changed."""
    if attempt.proof is None:
        return {}
    added, removed = ([short_scope(scope) for scope in attempt.proof[name]] for name in ("added", "removed"))
    return {"steps": list(proof_steps(attempt)), "added": added, "removed": removed}


@require_GET
def consent_mismatch(request: HttpRequest) -> HttpResponse:
    """The one neutral page for every answer that fails a binding."""
    return render(request, "connections/consent_mismatch.html", {"error": StateMismatch()}, status=400)
