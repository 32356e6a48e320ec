"""A schedule: every so many minutes or hours, daily, weekly, monthly, by the clock on the wall of a time zone.

Each local time counts once. Where the clock is turned back the second of two equal times doesn't count; where it is
turned forward a time that is left out counts as much later as the clock jumps.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from kernel.errors import InputRejected

_AT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
FARTHEST_DAYS = 63
LONGEST_JUMP = timedelta(hours=2)
"""By which a clock is turned, at Troll; elsewhere it is an hour or half of one."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST = {"minute": 59, "hour": 23}


class Every(StrEnum):
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """``count`` goes with minutes and hours, ``at`` with all but minutes (of an hour its minute counts).

    ``weekdays`` are 0 for Monday to 6, ``day`` is 1 to 31; a shorter month's last day stands for what it lacks.
    """

    every: Every
    count: int = 1
    at: time = time(9)
    weekdays: tuple[int, ...] = ()
    day: int = 1

    def next_after(self, moment: datetime, time_zone: str) -> datetime:
        """The next moment later than that one, in UTC."""
        zone = ZoneInfo(time_zone)
        later: list[datetime] = []
        last: datetime | None = None
        for local in self._from(moment.astimezone(zone).replace(tzinfo=None) - LONGEST_JUMP):
            if last and local > last:
                break
            instant = _instant(local, zone)
            if instant > moment:
                later.append(instant)
                # One that is left out by the clock may come after one that follows it.
                last = last or local + LONGEST_JUMP
        return min(later)

    def _from(self, first: datetime) -> Iterator[datetime]:
        """Local times from that one on, as far as every schedule has one."""
        for days in range(FARTHEST_DAYS):
            yield from (each for each in self._on(first.date() + timedelta(days=days)) if each >= first)

    def _on(self, day: date) -> Iterator[datetime]:
        """The local times of one day."""
        match self.every:
            case Every.MINUTE:
                times = [time(hour, minute) for hour in range(24) for minute in range(0, 60, self.count)]
            case Every.HOUR:
                times = [time(hour, self.at.minute) for hour in range(0, 24, self.count)]
            case _:
                times = [self.at] if self._is_due(day) else []
        yield from (datetime.combine(day, each) for each in times)

    def _is_due(self, day: date) -> bool:
        if self.every is Every.WEEK:
            return day.weekday() in self.weekdays
        if self.every is Every.MONTH:
            is_last = (day + timedelta(days=1)).day == 1
            return day.day == self.day or (is_last and day.day < self.day)
        return True


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def local_key(moment: datetime, time_zone: str) -> str:
    """The local time without its offset: what counts once."""
    return f"{moment.astimezone(ZoneInfo(time_zone)):%Y-%m-%dT%H:%M}"


def read_schedule(values: Mapping[str, Any]) -> Schedule:
    """The schedule from JSON: ``{"every": "week", "weekdays": [0, 4], "at": "08:30"}``.

    :raises InputRejected: with every field that can't be taken.
    """
    errors: dict[str, list[str]] = {}
    every = values.get("every")
    if not isinstance(every, str) or every not in {each.value for each in Every}:
        errors["every"] = [f"Choose one of: {', '.join(Every)}."]
        raise InputRejected(fields=errors)
    count, at, day = values.get("count", 1), values.get("at", "09:00"), values.get("day", 1)
    most = MOST.get(every, 1)
    if every in MOST and not _whole(count, 1, most):
        errors["count"] = [f"Enter a whole number from 1 to {most}."]
    if every != Every.MINUTE and not (isinstance(at, str) and _AT.fullmatch(at)):
        errors["at"] = ["Enter a time of day, such as 08:30."]
    weekdays = values.get("weekdays", [])
    if every == Every.WEEK and not _weekdays(weekdays):
        errors["weekdays"] = ["Choose one day of the week or several."]
    if every == Every.MONTH and not _whole(day, 1, 31):
        errors["day"] = ["Enter a day from 1 to 31. Where a month is shorter its last day counts."]
    if errors:
        raise InputRejected(fields=errors)
    return Schedule(
        every=Every(every),
        count=count if every in MOST else 1,
        at=time.fromisoformat(at) if every != Every.MINUTE else time(0),
        weekdays=tuple(sorted(set(weekdays))) if every == Every.WEEK else (),
        day=day if every == Every.MONTH else 1,
    )


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _weekdays(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_whole(each, 0, 6) for each in value)


def words(schedule: Schedule, time_zone: str) -> str:
    """The schedule in a sentence: *Every week on Monday and Friday at 08:30, Europe/Berlin time*."""
    at = f"at {schedule.at:%H:%M}"
    match schedule.every:
        case Every.MINUTE:
            text = "Every minute" if schedule.count == 1 else f"Every {schedule.count} minutes"
        case Every.HOUR:
            hours = "Every hour" if schedule.count == 1 else f"Every {schedule.count} hours"
            text = f"{hours} at {schedule.at.minute} minutes past"
        case Every.DAY:
            text = f"Every day {at}"
        case Every.WEEK:
            *most, last = [WEEKDAYS[each] for each in schedule.weekdays]
            text = f"Every week on {', '.join(most)}{' and ' if most else ''}{last} {at}"
        case Every.MONTH:
            text = f"Every month on day {schedule.day} {at}"
    return f"{text}, {time_zone} time"
