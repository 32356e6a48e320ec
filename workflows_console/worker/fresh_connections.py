"""Database connections of the engine's threads, looked after as Django does around a request."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections


@contextmanager
def fresh_connections() -> Iterator[None]:
    """What is broken or old is closed before and after."""
    _close_stale()
    try:
        yield
    finally:
        _close_stale()


def _close_stale() -> None:
    """A connection inside a transaction belongs to whoever called, and stays."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
