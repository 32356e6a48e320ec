"""How long a session lives: half an hour without activity, twelve hours in all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from kernel.clock import now

GetResponse = Callable[[HttpRequest], HttpResponse]

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
TOUCH_SECONDS = 60
"""The session's row is written at most so often."""


@receiver(user_logged_in)
def start_clock(request: HttpRequest, **_kwargs: Any) -> None:
    """Both clocks of the session start with the sign-in."""
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = now().timestamp()


def session_lifetime(get_response: GetResponse) -> GetResponse:
    """End sessions that are too old or were left alone, and note that this one is in use."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            _end_or_touch(request)
        return get_response(request)

    return middleware


def _end_or_touch(request: HttpRequest) -> None:
    moment = now().timestamp()
    # A session without clocks wasn't begun by a sign-in of this console.
    age = moment - request.session.get(SIGNED_IN_AT, 0)
    idle = moment - request.session.get(SEEN_AT, 0)
    if age >= settings.SESSION_COOKIE_AGE:
        _end(request, f"You were signed out: a session lasts {_words(settings.SESSION_COOKIE_AGE)}.")
    elif idle >= settings.SESSION_IDLE_SECONDS:
        _end(request, f"You were signed out after {_words(settings.SESSION_IDLE_SECONDS)} without activity.")
    elif idle >= TOUCH_SECONDS:
        request.session[SEEN_AT] = moment


def _end(request: HttpRequest, reason: str) -> None:
    request.session.flush()
    request.user = AnonymousUser()
    messages.info(request, reason)


def _words(seconds: int) -> str:
    minutes = timedelta(seconds=seconds) // timedelta(minutes=1)
    return f"{minutes} minutes" if minutes % 60 else f"{minutes // 60} hours"
