"""Durations and counts of runs, as pages say them."""

from datetime import timedelta


def lasted_words(duration: timedelta | None) -> str:
    """``under 0.1 s``, ``0.4 s``, ``12 s``, ``2 min 5 s``, ``3 h 4 min``, ``2 days``; empty for None."""
    if duration is None:
        return ""
    seconds = duration.total_seconds()
    if seconds < 0.1:  # noqa: PLR2004  (what the words say)
        return "under 0.1 s"
    if seconds < 10:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, more = divmod(minutes, 60)
    if hours >= 48:  # noqa: PLR2004
        return f"{hours // 24} days"
    if hours:
        return f"{hours} h {more} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
