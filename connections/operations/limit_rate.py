"""Limits on what one person or address may start in a minute, counted in the shared cache."""

import time

from django.conf import settings
from django.core.cache import cache

from connections.errors import TooManyStarts

WINDOW_SECONDS = 60


def limit_rate(action: str, who: str) -> None:
    """Count one more start of the action. :raises TooManyStarts: the minute's limit is reached."""
    limit: int = settings.RATE_LIMITS[action]
    key = f"rate:{action}:{who}:{int(time.time()) // WINDOW_SECONDS}"
    cache.add(key, 0, 2 * WINDOW_SECONDS)
    if cache.incr(key) > limit:
        raise TooManyStarts(limit=limit)
