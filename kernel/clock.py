"""The one place that tells the time, always in UTC and timezone-aware."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)
