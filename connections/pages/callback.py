"""Where Google sends the browser back. It renders nothing: always a redirect to a clean address."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from access.actor import actor_of
from connections.errors import StateMismatch, TooManyStarts
from connections.extensions import takes_connections
from connections.models import ConsentAttempt, Outcome, Status
from connections.operations.finish_consent import CallbackAnswer, binding_cookie, finish_consent
from connections.operations.limit_rate import limit_rate
from connections.pages.return_place import return_path


class SeeOther(HttpResponseRedirect):
    """303: the next request is a GET without this one's query (RFC 9700 4.12)."""

    status_code = 303


@never_cache
@require_GET
def google_callback(request: HttpRequest) -> HttpResponse:
    """Hand Google's answer to the operation, and go on to a page that shows nothing of it."""
    actor = actor_of(request)
    answer = CallbackAnswer(parameters=dict(request.GET.lists()), cookies=request.COOKIES)
    try:
        limit_rate("callback", actor.address)
        attempt = finish_consent(actor, answer)
    except (StateMismatch, TooManyStarts):
        response: HttpResponse = SeeOther(reverse("consent_mismatch"))
    else:
        response = SeeOther(_next_page(request, attempt))
        response.delete_cookie(binding_cookie(attempt), samesite="Lax")
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _next_page(request: HttpRequest, attempt: ConsentAttempt) -> str:
    """The authorization's page, or at once the place that the connection was made for where nothing needs saying."""
    place, connection = attempt.return_to, attempt.connection
    is_whole = attempt.outcome == Outcome.SUCCEEDED and connection is not None and connection.status == Status.ACTIVE
    path = return_path(place) if place and takes_connections(place["route"]) else ""
    if not is_whole or not path or connection is None:
        return reverse("authorization", args=[attempt.pk])
    messages.info(request, f"{connection.nickname} is connected as {connection.account_email}, and chosen here.")
    return path
