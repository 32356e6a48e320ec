"""A flow's definition: what starts it, and its cards in order, cards in blocks included.

It is JSON. Reading it says everything that is no definition at all; whether the flow can run is told by
:mod:`flows.findings`. ::

    {"time_zone": "Europe/Berlin",
     "trigger": {"kind": "event", "card": "gmail.new_email", "connection": "<id>", "options": {"query": "is:unread"}},
     "cards": [{"id": "c1", "card": "gmail.send_email", "connection": "<id>", "options": {"body_is_html": false},
                "inputs": {"to": ["{{trigger.from}}"], "subject": "Re: {{trigger.subject}}"}, "note": ""},
               {"id": "c2", "card": "function.if_else", "options": {}, "inputs": {"value": "{{c1.message_id}}"},
                "blocks": {"then": [], "else": []}}]}

A secret value stands there as ``{"secret": "<id>"}``.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import available_timezones

from kernel.errors import InputRejected

E = TypeVar("E", bound=StrEnum)
TRIGGER = "trigger"
MOST_CARDS, MOST_DEPTH, MOST_FIELDS = 100, 5, 30
MOST_TEXT, MOST_NAME = 100_000, 200
CONTEXT, BODY = "context", "body"
"""What a trigger gives beside its fields: each one the context, an API endpoint the body."""
CARD_ID, MOST_ID = re.compile(r"c[0-9]{1,6}"), 1_000_000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class TriggerKind(StrEnum):
    NOW = "now"
    SCHEDULE = "schedule"
    API = "api"
    EVENT = "event"


class InputKind(StrEnum):
    """What a field of the trigger's own form takes."""

    TEXT = "text"
    LIST = "list"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "datetime"


@dataclass(frozen=True, kw_only=True)
class TriggerField:
    """A field that *Run* asks for, or that a delivery to the API endpoint brings."""

    name: str
    label: str
    kind: InputKind = InputKind.TEXT
    is_required: bool = True

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "label": self.label, "kind": self.kind.value, "is_required": self.is_required}


@dataclass(frozen=True, kw_only=True)
class PlacedTrigger:
    """``fields`` go with *now* and *api*, ``schedule`` with *schedule*, card, connection and options with *event*."""

    kind: TriggerKind = TriggerKind.NOW
    card: str = ""
    connection: UUID | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[TriggerField, ...] = ()
    schedule: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "card": self.card,
            "connection": str(self.connection) if self.connection else None,
            "options": dict(self.options),
            "fields": [each.to_json() for each in self.fields],
            "schedule": dict(self.schedule),
            "note": self.note,
        }


@dataclass(frozen=True, kw_only=True)
class PlacedCard:
    """One card of the flow. Values of options and inputs are JSON, and their texts may hold references."""

    id: str
    card: str
    connection: UUID | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    blocks: Mapping[str, tuple["PlacedCard", ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "card": self.card,
            "connection": str(self.connection) if self.connection else None,
            "options": dict(self.options),
            "inputs": dict(self.inputs),
            "note": self.note,
            "blocks": {name: [each.to_json() for each in cards] for name, cards in self.blocks.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Definition:
    trigger: PlacedTrigger = field(default_factory=PlacedTrigger)
    cards: tuple[PlacedCard, ...] = ()
    time_zone: str = "UTC"

    def to_json(self) -> dict[str, Any]:
        return {
            "time_zone": self.time_zone,
            "trigger": self.trigger.to_json(),
            "cards": [each.to_json() for each in self.cards],
        }

    def find(self, card_id: str) -> PlacedCard | None:
        return next((each.card for each in walk(self) if each.card.id == card_id), None)


@dataclass(frozen=True, kw_only=True)
class Place:
    """A card with its number on the page, and the cards around it with the block it is in, outermost first."""

    card: PlacedCard
    number: int
    around: tuple[tuple[PlacedCard, str], ...] = ()


def walk(definition: Definition) -> Iterator[Place]:
    """Every card in the order of the page. The trigger is number 1, so the first card is 2."""
    number = 1

    def down(cards: tuple[PlacedCard, ...], around: tuple[tuple[PlacedCard, str], ...]) -> Iterator[Place]:
        nonlocal number
        for each in cards:
            number += 1
            yield Place(card=each, number=number, around=around)
            for name, inner in each.blocks.items():
                yield from down(inner, (*around, (each, name)))

    yield from down(definition.cards, ())


@cache
def _time_zones() -> frozenset[str]:
    """Looked up in the machine's files once: that takes as long as all the rest of reading a definition."""
    return frozenset(available_timezones())


def read_definition(data: Any) -> Definition:
    """The definition. :raises InputRejected: this is none; its fields are paths such as ``cards[2].inputs``."""
    reading = _Reading()
    definition = reading.definition(data)
    if reading.errors:
        raise InputRejected(fields=reading.errors)
    return definition


@dataclass
class _Reading:
    errors: dict[str, list[str]] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)

    def definition(self, data: Any) -> Definition:
        whole = self._object("definition", data, {"time_zone", "trigger", "cards"})
        time_zone = self._text("time_zone", whole.get("time_zone", "UTC"))
        if time_zone not in _time_zones():
            self._say("time_zone", "Give a time zone of the IANA database, such as Europe/Berlin.")
        return Definition(
            time_zone=time_zone,
            trigger=self._trigger(whole.get("trigger", {})),
            cards=self._cards("cards", whole.get("cards", []), 1),
        )

    def _trigger(self, data: Any) -> PlacedTrigger:
        known = {"kind", "card", "connection", "options", "fields", "schedule", "note"}
        trigger = self._object("trigger", data, known)
        kind = self._one_of(TriggerKind, "trigger.kind", trigger.get("kind", TriggerKind.NOW.value))
        reserved = {CONTEXT, BODY} if kind is TriggerKind.API else {CONTEXT}
        return PlacedTrigger(
            kind=kind or TriggerKind.NOW,
            card=self._text("trigger.card", trigger.get("card", "")),
            connection=self._connection("trigger.connection", trigger.get("connection")),
            options=self._values("trigger.options", trigger.get("options", {})),
            fields=self._fields(trigger.get("fields", []), reserved),
            schedule=self._values("trigger.schedule", trigger.get("schedule", {})),
            note=self._text("trigger.note", trigger.get("note", "")),
        )

    def _fields(self, data: Any, reserved: set[str]) -> tuple[TriggerField, ...]:
        found: list[TriggerField] = []
        for index, each in enumerate(self._list("trigger.fields", data, MOST_FIELDS)):
            path = f"trigger.fields[{index}]"
            given = self._object(path, each, {"name", "label", "kind", "is_required"})
            name, is_required = self._text(f"{path}.name", given.get("name", "")), given.get("is_required", True)
            kind = self._one_of(InputKind, f"{path}.kind", given.get("kind", InputKind.TEXT.value))
            label = self._text(f"{path}.label", given.get("label", "")) or name
            if not _NAME.fullmatch(name) or name in {other.name for other in found}:
                self._say(f"{path}.name", "Give a name of its own: small letters, digits and underscores.")
            elif name in reserved:
                self._say(f"{path}.name", f"Give another name: the trigger has a {name} of its own.")
            elif not isinstance(is_required, bool):
                self._say(f"{path}.is_required", "Give true or false.")
            elif kind:
                found.append(TriggerField(name=name, label=label[:100], kind=kind, is_required=is_required))
        return tuple(found)

    def _cards(self, path: str, data: Any, depth: int) -> tuple[PlacedCard, ...]:
        if depth > MOST_DEPTH:
            self._say(path, f"Blocks may lie at most {MOST_DEPTH} deep.")
            return ()
        cards = (self._card(f"{path}[{index}]", each, depth) for index, each in enumerate(self._list(path, data)))
        return tuple(cards)

    def _card(self, path: str, data: Any, depth: int) -> PlacedCard:
        given = self._object(path, data, {"id", "card", "connection", "options", "inputs", "note", "blocks"})
        card_id = self._text(f"{path}.id", given.get("id", ""))
        if not CARD_ID.fullmatch(card_id) or card_id in self.ids:
            self._say(f"{path}.id", "Give an id of its own, such as c1.")
        self.ids.add(card_id)
        if len(self.ids) == MOST_CARDS + 1:
            self._say("cards", f"A flow has at most {MOST_CARDS} cards.")
        blocks = self._object(f"{path}.blocks", given.get("blocks", {}), None)
        return PlacedCard(
            id=card_id,
            card=self._text(f"{path}.card", given.get("card", "")),
            connection=self._connection(f"{path}.connection", given.get("connection")),
            options=self._values(f"{path}.options", given.get("options", {})),
            inputs=self._values(f"{path}.inputs", given.get("inputs", {})),
            note=self._text(f"{path}.note", given.get("note", "")),
            blocks={name: self._cards(f"{path}.blocks.{name}", each, depth + 1) for name, each in blocks.items()},
        )

    # ---------------------------------------------------------------- values

    def _say(self, path: str, text: str) -> None:
        self.errors.setdefault(path, []).append(text)

    def _object(self, path: str, data: Any, known: set[str] | None) -> Mapping[str, Any]:
        if not isinstance(data, Mapping):
            self._say(path, "Give an object.")
            return {}
        named = {name: each for name, each in data.items() if self._is_name(path, name)}
        for name in named:
            if known is not None and name not in known:
                self._say(f"{path}.{name}", f"There is no such thing here. It takes: {', '.join(sorted(known))}.")
        return named

    def _is_name(self, path: str, name: Any) -> bool:
        is_name = isinstance(name, str) and len(name) <= MOST_NAME and is_writable(name)
        if not is_name:
            self._say(path, f"Give names of at most {MOST_NAME} characters that can be written.")
        return is_name

    def _one_of(self, cls: type[E], path: str, data: Any) -> E | None:
        found = next((each for each in cls if each.value == data), None)
        if found is None:
            self._say(path, f"Give one of {', '.join(each.value for each in cls)}.")
        return found

    def _list(self, path: str, data: Any, most: int = MOST_CARDS) -> list[Any]:
        if not isinstance(data, list):
            self._say(path, "Give a list.")
            return []
        if len(data) > most:
            self._say(path, f"Give at most {most}.")
        return data[:most]

    def _text(self, path: str, data: Any) -> str:
        if not isinstance(data, str) or len(data) > MOST_TEXT or not is_writable(data):
            self._say(path, f"Give a text of at most {MOST_TEXT:,} characters.")
            return ""
        return data

    def _connection(self, path: str, data: Any) -> UUID | None:
        if data is None or data == "":
            return None
        try:
            return UUID(data)
        except (ValueError, AttributeError, TypeError):
            self._say(path, "Give the id of a connection, or null.")
            return None

    def _values(self, path: str, data: Any) -> Mapping[str, Any]:
        values = self._object(path, data, None)
        return {name: each for name, each in values.items() if self._value(f"{path}.{name}", each, 1)}

    def _value(self, path: str, data: Any, depth: int) -> bool:
        if depth > 2 * MOST_DEPTH:
            self._say(path, "This lies too deep.")
            return False
        if isinstance(data, str):
            return bool(self._text(path, data) or not data)
        if isinstance(data, Mapping):
            return all(
                self._is_name(path, name) and self._value(f"{path}.{name}", each, depth + 1)
                for name, each in data.items()
            )
        if isinstance(data, list):
            return all(self._value(f"{path}[{index}]", each, depth + 1) for index, each in enumerate(data))
        is_number = isinstance(data, int) or (isinstance(data, float) and math.isfinite(data))
        if data is not None and not is_number:
            self._say(path, "Leave out what JSON doesn't have, such as NaN.")
            return False
        return True


def is_writable(text: str) -> bool:
    """PostgreSQL takes no NUL, and UTF-8 no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
