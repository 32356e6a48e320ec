"""Proof, minutes old, that it is still the person who signed in: asked for before whatever is dangerous."""

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from access.actor import actor_of
from access.errors import NotFresh
from access.middleware import SIGNED_IN_AT
from kernel.clock import now


def require_fresh(request: HttpRequest) -> HttpResponse | None:
    """The way to the page that asks for the password again; None when it was given a few minutes ago.

    Signing in counts as well. What was posted waits in the session, and is done once the person has confirmed.
    """
    if is_fresh(request):
        return None
    detour: HttpResponse = suspend_request(request, reverse("account_reauthenticate"))
    if getattr(request, "htmx", False):  # an answer into a part of the page can't lead anywhere else
        return HttpResponseClientRedirect(detour.headers["Location"])
    return detour


def require_fresh_session(request: HttpRequest) -> None:
    """As :func:`require_fresh`, at the API: a key needs no password, a session does. :raises NotFresh:"""
    if actor_of(request).key is None and not is_fresh(request):
        raise NotFresh


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session's person proved who they are within ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds."""
    proofs = [record["at"] for record in get_authentication_records(request, request.user)]
    last = max(proofs, default=request.session.get(SIGNED_IN_AT, 0))
    return bool(now().timestamp() - last < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)
