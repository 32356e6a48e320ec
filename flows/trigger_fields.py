"""What a person or a delivery gives to the trigger's own fields, made into its outputs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flows.definition import InputKind, TriggerField
from flows.derive.plain_values import plain_value
from kernel.errors import InputRejected

YES, NO = {"true", "yes", "1", "on"}, {"false", "no", "0", "off"}


def read_fields(fields: tuple[TriggerField, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    """Each field's value by name, None where one that isn't required is left out. Other values are left alone.

    :raises InputRejected: with every field that can't be taken.
    """
    errors: dict[str, list[str]] = {}
    taken: dict[str, Any] = {}
    for field in fields:
        given = values.get(field.name)
        is_empty = given is None or given == [] or (isinstance(given, str) and not given.strip())
        if is_empty and field.is_required:
            errors[field.name] = [f"Enter {field.label}."]
        try:
            taken[field.name] = None if is_empty else _TAKE[field.kind](given)
        except (ValueError, TypeError, OverflowError):
            errors[field.name] = [_WORDS[field.kind]]
    if errors:
        raise InputRejected(fields=errors)
    return taken


def _text(value: Any) -> str:
    if isinstance(value, list | Mapping):
        raise TypeError
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    text.encode()
    if "\0" in text:
        raise ValueError
    return text


def _list(value: Any) -> list[str]:
    items = value if isinstance(value, list) else str(value).splitlines()
    return [_text(each) for each in items if each is not None and str(each).strip()]


def _number(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    return int(value)


def _boolean(value: Any) -> bool:
    text = str(value).strip().casefold()
    if text not in YES | NO:
        raise ValueError
    return text in YES


def _datetime(value: Any) -> Any:
    moment = datetime.fromisoformat(value.strip())
    return plain_value((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC))


_TAKE = {
    InputKind.TEXT: _text,
    InputKind.LIST: _list,
    InputKind.NUMBER: _number,
    InputKind.BOOLEAN: _boolean,
    InputKind.DATETIME: _datetime,
}
_WORDS = {
    InputKind.TEXT: "Enter a text.",
    InputKind.LIST: "Enter a list of texts, one a line.",
    InputKind.NUMBER: "Enter a whole number.",
    InputKind.BOOLEAN: "Choose yes or no.",
    InputKind.DATETIME: "Enter a date and time, such as 2026-11-24T09:30:00Z.",
}
