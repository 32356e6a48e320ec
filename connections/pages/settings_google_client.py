"""Settings, Google client: what stands in Google's console, and whether Google accepts it."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from access import policy
from access.actor import actor_of
from connections.errors import GoogleUnavailable, TooManyStarts
from connections.extensions import IDENTITY_SCOPES, connectors
from connections.operations.check_google_client import check_google_client
from connections.scope_catalog import lookup
from kernel.clock import now


@login_required
@require_http_methods(["GET", "POST"])
def settings_google_client(request: HttpRequest) -> HttpResponse:
    """The client's facts; a POST asks Google, and shows the answer until the page is left."""
    actor = actor_of(request)
    policy.require(actor, "policy.manage")
    scopes = dict.fromkeys([*IDENTITY_SCOPES, *(scope for each in connectors() for scope in each.default_scopes)])
    context: dict[str, Any] = {
        "client_id": settings.GOOGLE_CLIENT_ID,
        "redirect_uri": settings.GOOGLE_REDIRECT_URI,
        "scopes": [lookup(scope) or {"short": scope, "scope": scope} for scope in scopes],
        "token_url": settings.GOOGLE_ADDRESSES.google_token_url,
    }
    if request.method == "POST":
        context["checked_at"] = now()
        try:
            context["verdict"] = check_google_client(actor)
        except (GoogleUnavailable, TooManyStarts) as error:
            context["error"] = error
    return render(request, "settings/google_client.html", context)
