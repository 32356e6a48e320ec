"""Times in words. All of them are in UTC; the title of each ``<time>`` and the foot of each page say so."""

from datetime import UTC, datetime, timedelta

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
A_WEEK = 7


def full_time(value: datetime) -> str:
    """``Wed 25 Nov 2026, 08:12:05 UTC``."""
    return f"{value.astimezone(UTC):%a %-d %b %Y, %H:%M:%S} UTC"


def relative_time(value: datetime, moment: datetime) -> str:
    """How long ago it was at that moment, then the day: *just now*, *12 min ago*, *today 08:12*, *20 Nov*."""
    past = moment - value
    if timedelta() <= past < MINUTE:
        return "just now"
    if timedelta() <= past < HOUR:
        return f"{past // MINUTE} min ago"
    return day_time(value, moment)


def day_time(value: datetime, moment: datetime) -> str:
    """The day as a person says it at that moment: *today 08:12*, *yesterday 17:40*, *Fri 27 Nov*, *20 Nov 2025*."""
    value, moment = value.astimezone(UTC), moment.astimezone(UTC)
    days = (value.date() - moment.date()).days
    near = {0: "today", -1: "yesterday", 1: "tomorrow"}
    if days in near:
        return f"{near[days]} {value:%H:%M}"
    if 0 < days <= A_WEEK:
        return f"{value:%a %-d %b}"
    return f"{value:%-d %b}" if value.year == moment.year else f"{value:%-d %b %Y}"
