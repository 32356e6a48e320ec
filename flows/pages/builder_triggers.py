"""The trigger's own form: its kind, the fields that Run asks for, the schedule, the event's options."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from flows.cards import Event
from flows.catalog import declared_of
from flows.definition import BODY, Definition, InputKind, PlacedTrigger, TriggerField, TriggerKind
from flows.derive.placed_fields import placed_values
from flows.triggers.schedule import WEEKDAYS, Every, read_schedule
from kernel.clock import now
from kernel.errors import InputRejected

Sent = Mapping[str, Sequence[str]]
KINDS = (
    (InputKind.TEXT, "Text"),
    (InputKind.LIST, "List of texts"),
    (InputKind.NUMBER, "Number"),
    (InputKind.BOOLEAN, "Yes or no"),
    (InputKind.DATETIME, "Date and time"),
)
EVERY = (
    (Every.MINUTE, "Minutes"),
    (Every.HOUR, "Hours"),
    (Every.DAY, "Day"),
    (Every.WEEK, "Week"),
    (Every.MONTH, "Month"),
)
_SCHEDULE_FIELDS = ("every", "count", "at", "weekdays", "day")
_RESERVED = frozenset({"context", BODY})
ADDED_LABEL, ADDED_KIND, REMOVE = "added-label", "added-kind", "remove"


@dataclass(frozen=True, kw_only=True)
class ScheduleField:
    """One part of a schedule, and what is wrong with it."""

    name: str
    errors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ScheduleForm:
    """What the dialog shows. ``next_at`` is its next time, where it is a schedule."""

    every: str
    count: str
    at: str
    weekdays: tuple[tuple[int, str, bool], ...]
    day: str
    fields: tuple[ScheduleField, ...]
    next_at: datetime | None = None

    @property
    def by_name(self) -> dict[str, ScheduleField]:
        return {each.name: each for each in self.fields}


def new_trigger(key: str, trigger: PlacedTrigger) -> PlacedTrigger | None:
    """The trigger of that key in the place of another, with its note; None where there is no such trigger."""
    if isinstance(declared_of(key), Event):
        return PlacedTrigger(kind=TriggerKind.EVENT, card=key, note=trigger.note)
    kind = key.removeprefix("trigger.")
    if key == kind or kind not in {TriggerKind.NOW, TriggerKind.SCHEDULE, TriggerKind.API}:
        return None
    schedule = {"every": "day", "at": "09:00"} if kind == TriggerKind.SCHEDULE else {}
    return PlacedTrigger(kind=TriggerKind(kind), fields=trigger.fields, schedule=schedule, note=trigger.note)


def with_sent_trigger(definition: Definition, sent: Sent) -> Definition:
    """The definition with the trigger as its form was sent, and the time zone where the form has one."""
    trigger = replace(definition.trigger, note=_one(sent, "card-note").strip())
    time_zone = _one(sent, "time_zone") or definition.time_zone
    match trigger.kind:
        case TriggerKind.SCHEDULE:
            trigger = replace(trigger, schedule=_sent_schedule(sent))
        case TriggerKind.EVENT:
            event = declared_of(trigger.card)
            if isinstance(event, Event):
                options, _inputs = placed_values(event, sent, trigger.options, {})
                trigger = replace(trigger, options=options)
        case _:
            trigger = replace(trigger, fields=_sent_fields(trigger.fields, sent))
    is_known = time_zone in available_timezones()
    return replace(definition, trigger=trigger, time_zone=time_zone if is_known else definition.time_zone)


def _one(sent: Sent, name: str) -> str:
    return "\n".join(sent.get(name, ())).replace("\r\n", "\n")


def _sent_fields(fields: Sequence[TriggerField], sent: Sent) -> tuple[TriggerField, ...]:
    kept = [
        replace(
            each,
            label=_one(sent, f"label-{each.name}").strip()[:100] or each.label,
            kind=_kind(_one(sent, f"kind-{each.name}")),
            is_required=bool(_one(sent, f"required-{each.name}")),
        )
        for each in fields
        if each.name != _one(sent, REMOVE)
    ]
    label = _one(sent, ADDED_LABEL).strip()[:100]
    if label and "add" in sent:
        kept.append(TriggerField(name=_name(label, kept), label=label, kind=_kind(_one(sent, ADDED_KIND))))
    return tuple(kept)


def _kind(text: str) -> InputKind:
    return InputKind(text) if text in set(InputKind) else InputKind.TEXT


def _name(label: str, others: Sequence[TriggerField]) -> str:
    """A name of its own, from the label: what references and deliveries call the field."""
    plain = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:30]
    base = plain if plain[:1].isalpha() else f"field_{plain}".strip("_")
    taken = {each.name for each in others} | _RESERVED
    candidates = (base, *(f"{base}_{number}" for number in range(2, 100)))
    return next(each for each in candidates if each not in taken)


def _sent_schedule(sent: Sent) -> dict[str, Any]:
    schedule: dict[str, Any] = {"every": _one(sent, "every"), "at": _one(sent, "at")}
    for name in ("count", "day"):
        text = _one(sent, name).strip()
        if text:
            schedule[name] = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else text  # noqa: PLR2004
    schedule["weekdays"] = [int(each) for each in sent.get("weekday", ()) if each in "0123456" and each]
    return schedule


def schedule_form(definition: Definition) -> ScheduleForm:
    """The schedule as the form shows it."""
    given = definition.trigger.schedule
    errors: Mapping[str, Sequence[str]] = {}
    next_at = None
    try:
        next_at = read_schedule(given).next_after(now(), definition.time_zone)
    except InputRejected as rejected:
        errors = rejected.fields
    days = given.get("weekdays")
    chosen = days if isinstance(days, list) else []
    return ScheduleForm(
        every=str(given.get("every", "")),
        count=str(given.get("count", 1)),
        at=str(given.get("at", "09:00")),
        weekdays=tuple((at, name, at in chosen) for at, name in enumerate(WEEKDAYS)),
        day=str(given.get("day", 1)),
        fields=tuple(ScheduleField(name=each, errors=tuple(errors.get(each, ()))) for each in _SCHEDULE_FIELDS),
        next_at=next_at,
    )


def time_zones() -> list[str]:
    """UTC, then every place by name."""
    return ["UTC", *sorted(each for each in available_timezones() if "/" in each and not each.startswith("Etc/"))]
