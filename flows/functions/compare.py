"""Whether a comparison holds between two values, as Continue If and If / Else ask."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flows.functions.comparison import Comparison


def holds(comparison: Comparison, value: Any, other: Any) -> bool:
    """Texts without their case; numbers as numbers and times as times, where both are. Nothing is an empty text.

    A list contains what one of its items equals; of an object its JSON keys.
    """
    return _HOLDS[comparison](value, other)


def _equal(value: Any, other: Any) -> bool:
    return _order(value, other) == 0


def _contains(value: Any, other: Any) -> bool:
    if isinstance(value, list | dict):
        return any(_equal(each, other) for each in value)
    return _text(other) in _text(value)


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip())


def _order(value: Any, other: Any) -> int:
    """Below, equal or above nought, as the first is to the second."""
    readings: tuple[Callable[[Any], Any], ...] = (float, _moment)
    for read in readings:
        try:
            first, second = read(value), read(other)
        except (TypeError, ValueError):
            continue
        return int(first > second) - int(first < second)
    first, second = _text(value), _text(other)
    return int(first > second) - int(first < second)


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip().casefold()


_HOLDS: dict[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.EQUALS: _equal,
    Comparison.DOES_NOT_EQUAL: lambda value, other: not _equal(value, other),
    Comparison.CONTAINS: _contains,
    Comparison.DOES_NOT_CONTAIN: lambda value, other: not _contains(value, other),
    Comparison.IS_EMPTY: lambda value, _other: _is_empty(value),
    Comparison.IS_NOT_EMPTY: lambda value, _other: not _is_empty(value),
    Comparison.IS_GREATER_THAN: lambda value, other: _order(value, other) > 0,
    Comparison.IS_LESS_THAN: lambda value, other: _order(value, other) < 0,
}
