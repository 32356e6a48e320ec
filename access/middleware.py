"""How long a session lives: half an hour without activity, twelve hours in all. And whose each one is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from access.actor import address_of
from access.models import PersonSession, User
from kernel.clock import now

GetResponse = Callable[[HttpRequest], HttpResponse]

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
TOUCH_SECONDS = 60
"""The session's row is written at most so often."""

LONGEST_BROWSER = 200


@receiver(user_logged_in)
def start_clock(request: HttpRequest, **_kwargs: Any) -> None:
    """Both clocks of the session start with the sign-in."""
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = now().timestamp()


@receiver(user_logged_in)
def note_session(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """From now on the person, and an administrator, can see and end it."""
    if request.session.session_key is None:
        request.session.save()  # only a saved session has a key
    PersonSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "started_at": now(),
            "seen_at": now(),
            "address": address_of(request) if "REMOTE_ADDR" in request.META else "",
            "browser": request.headers.get("User-Agent", "")[:LONGEST_BROWSER],
        },
    )


@receiver(user_logged_out)
def forget_session(request: HttpRequest, **_kwargs: Any) -> None:
    PersonSession.objects.filter(session_key=request.session.session_key).delete()


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
        PersonSession.objects.filter(session_key=request.session.session_key).update(
            seen_at=now(), address=address_of(request)
        )


def _end(request: HttpRequest, reason: str) -> None:
    forget_session(request)
    request.session.flush()
    request.user = AnonymousUser()
    messages.info(request, reason)


def _words(seconds: int) -> str:
    minutes = timedelta(seconds=seconds) // timedelta(minutes=1)
    return f"{minutes} minutes" if minutes % 60 else f"{minutes // 60} hours"
