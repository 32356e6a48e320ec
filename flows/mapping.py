"""What may become what when outputs are put into inputs (engine.md, Mapping).

A text becomes a list of one; a number, yes or no, or a date becomes text in ISO form; a list never becomes a text; an
object stays one. What a card that didn't run would have given is empty.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flows.cards import Fields
from flows.derive.field_types import FieldType, Kind, field_types
from flows.outputs import OutputType
from flows.references import Ref, parse_text, sole_ref
from kernel.errors import InputRejected

LIST_IN_TEXT = "A list can't become a text: use For Each or Compose."
_SIMPLE = {Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.DATETIME, Kind.CHOICE}
_WORDS = {
    Kind.TEXT: "a text",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "yes or no",
    Kind.DATETIME: "a date and time",
    Kind.FILE: "a file",
    Kind.CHOICE: "a choice",
    Kind.LIST: "a list",
    Kind.OBJECT: "an object",
    Kind.OBJECTS: "a list of objects",
    Kind.JSON: "an object",
}
_TAKES: Mapping[Kind, set[Kind]] = {
    Kind.TEXT: _SIMPLE,
    Kind.LIST: {*_SIMPLE, Kind.LIST},
    Kind.NUMBER: {Kind.NUMBER, Kind.TEXT},
    Kind.BOOLEAN: {Kind.BOOLEAN, Kind.TEXT},
    Kind.DATETIME: {Kind.DATETIME, Kind.TEXT},
    Kind.CHOICE: {Kind.CHOICE, Kind.TEXT},
    Kind.FILE: {Kind.FILE, *_SIMPLE},
    Kind.OBJECT: {Kind.OBJECT, Kind.JSON},
    Kind.OBJECTS: {Kind.OBJECTS, Kind.OBJECT},
    Kind.JSON: {Kind.OBJECT, Kind.JSON},
}
"""What each kind of input takes as its whole value. A text that is no number, date or choice is told by the run."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """An output as it was recorded: plain JSON. ``kind`` None is what has no type of its own, or was never given."""

    kind: Kind | None
    value: Any


NOTHING = Given(kind=None, value=None)
Lookup = Callable[[Ref], Given]


class NotMapped(Exception):
    """An output can't become what the input takes, and why in a sentence."""


def incompatible(given: OutputType, declared: FieldType, *, alone: bool) -> str:
    """Why an output can't be put into an input, in a sentence; empty where it can.

    :param alone: whether it is the whole value, or stands within a text.
    """
    is_printed = declared.spec.prints_lists and given.kind in {Kind.LIST, Kind.OBJECTS}
    if given.kind is None or (declared.spec.takes_any and alone) or is_printed:
        return ""
    if alone:
        return "" if given.kind in _TAKES[declared.kind] else _refusal(given.kind, declared.kind)
    if declared.kind not in {Kind.TEXT, Kind.LIST, Kind.FILE, Kind.JSON}:
        return f"This takes {_WORDS[declared.kind]}, not words with an output among them."
    return "" if given.kind in _SIMPLE else _refusal(given.kind, Kind.TEXT)


def _refusal(given: Kind, wanted: Kind) -> str:
    if given in {Kind.LIST, Kind.OBJECTS} and wanted in {Kind.TEXT, Kind.FILE}:
        return LIST_IN_TEXT
    if given is Kind.OBJECTS and wanted is Kind.LIST:
        return "A list of objects can't become a list of texts: use For Each and choose one of their outputs."
    return f"{_WORDS[given].capitalize()} can't become {_WORDS[wanted]}."


def fill(cls: type[Fields], values: Mapping[str, Any], lookup: Lookup) -> dict[str, Any]:
    """The values with every reference replaced by what it refers to, as plain JSON for ``parse_fields``.

    :raises InputRejected: what was given can't become what an input takes; those inside an object as ``file.name``.
    """
    errors: dict[str, list[str]] = {}
    filled = _fill_fields(cls, values, lookup, errors, "")
    if errors:
        raise InputRejected(fields=errors)
    return filled


def _fill_fields(
    cls: type[Fields], values: Mapping[str, Any], lookup: Lookup, errors: dict[str, list[str]], path: str
) -> dict[str, Any]:
    declared = {each.name: each for each in field_types(cls)}
    filled: dict[str, Any] = {}
    for name, value in values.items():
        field = declared.get(name)
        if field is None:
            filled[name] = value  # said by parse_fields, which knows the nearest name
            continue
        try:
            if field.kind is Kind.OBJECT and isinstance(value, Mapping):
                filled[name] = _fill_fields(field.inner, value, lookup, errors, f"{path}{name}.")
            elif field.kind is Kind.OBJECTS and not isinstance(value, str):
                filled[name] = _objects(field, value, lookup, errors, f"{path}{name}")
            else:
                filled[name] = _value(field, value, lookup)
        except NotMapped as refused:
            errors[f"{path}{name}"] = [str(refused)]
    return filled


def _objects(field: FieldType, value: Any, lookup: Lookup, errors: dict[str, list[str]], path: str) -> list[Any]:
    """One list of all of them: objects that are written out, and those that are referred to."""
    filled: list[Any] = []
    for at, item in enumerate(value if isinstance(value, list) else [value]):
        if isinstance(item, Mapping):
            filled.append(_fill_fields(field.inner, item, lookup, errors, f"{path}.{at}."))
        else:
            given = _value(field, item, lookup)
            filled.extend(given if isinstance(given, list) else [given])
    return filled


def _value(field: FieldType, value: Any, lookup: Lookup) -> Any:
    if field.kind is Kind.JSON and not isinstance(value, str):
        return _json(field, value, lookup)
    if isinstance(value, list):
        return _items(field, value, lookup)
    if field.kind is Kind.FILE and isinstance(value, Mapping) and isinstance(value.get("text"), str):
        return {"text": _text(field, value["text"], lookup)}
    if not isinstance(value, str):
        return value
    ref = sole_ref(value)
    if ref is None:
        text = _text(field, value, lookup)
        has_refs = any(isinstance(part, Ref) for part in parse_text(value))
        return {"text": text} if field.kind is Kind.FILE and has_refs else text
    return _alone(field, lookup(ref))


def _items(field: FieldType, items: list[Any], lookup: Lookup) -> Any:
    """One list of all of them: a list that is referred to among the items gives its own."""
    if field.spec.takes_any and len(items) == 1 and isinstance(items[0], str) and sole_ref(items[0]):
        return _value(field, items[0], lookup)
    filled: list[Any] = []
    for item in items:
        value = _value(field, item, lookup)
        filled.extend(value if isinstance(value, list) else [value])
    return filled


def _alone(field: FieldType, given: Given) -> Any:
    if field.spec.prints_lists:
        return _within(field, given)
    if given.value is None or field.spec.takes_any:
        return given.value
    refused = incompatible(OutputType(kind=given.kind), field, alone=True)
    if refused:
        raise NotMapped(refused)
    if field.kind is Kind.FILE and given.kind is not Kind.FILE:
        return {"text": _within(field, given)}  # what has no type of its own too: many a word could be base64
    return given.value


def _text(field: FieldType, text: str, lookup: Lookup) -> str:
    return "".join(part if isinstance(part, str) else _within(field, lookup(part)) for part in parse_text(text))


def _within(field: FieldType, given: Given) -> str:
    if isinstance(given.value, list) and field.spec.prints_lists:
        return "\n".join(as_text(each) for each in given.value)
    if isinstance(given.value, list):
        raise NotMapped(LIST_IN_TEXT)
    if isinstance(given.value, Mapping) or given.kind is Kind.FILE:
        raise NotMapped(_refusal(given.kind or Kind.JSON, Kind.TEXT))
    return as_text(given.value)


def as_text(value: Any) -> str:
    """A plain value as a text: nothing is empty, yes and no are ``true`` and ``false``, objects their JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | Mapping) else str(value)


def _json(field: FieldType, value: Any, lookup: Lookup) -> Any:
    """JSON with references among its texts; one that is a whole text keeps what it refers to."""
    if isinstance(value, Mapping):
        return {name: _json(field, each, lookup) for name, each in value.items()}
    if isinstance(value, list):
        return [_json(field, each, lookup) for each in value]
    if not isinstance(value, str):
        return value
    ref = sole_ref(value)
    if ref:
        return lookup(ref).value
    return _text(field, value, lookup)
