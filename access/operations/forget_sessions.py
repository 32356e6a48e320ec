"""Remove what ended sessions and links leave behind."""

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session

from access.models import OneTimeLink, PersonSession
from kernel.clock import now


def forget_sessions() -> int:
    """How many rows went. Called by the worker."""
    moment = now()
    oldest = moment - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    sessions, _each = Session.objects.filter(expire_date__lte=moment).delete()
    noted, _each = PersonSession.objects.filter(started_at__lte=oldest).delete()
    links, _each = OneTimeLink.objects.filter(expires_at__lte=moment).delete()
    return sessions + noted + links
