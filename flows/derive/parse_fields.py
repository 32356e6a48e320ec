"""Plain JSON values made into a card's Options and Inputs, with everything wrong said at once.

What may become what is engine.md's Mapping: a text becomes a list of one; a number, yes or no, or a date
becomes text in ISO form; a list never becomes a text; an object stays one, and may come written in JSON, as a page
and a terminal give it. A file comes as base64, since any text of four letters could be base64 too; a text that shall
become the file comes as ``{"text": …}``.
"""

import base64
import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flows.cards import AnyCard, AnyEvent, Fields, Function
from flows.derive.field_types import FieldType, Kind, counts, field_types, size_words, words
from flows.derive.plain_values import plain_value
from kernel.errors import InputRejected

_URL_ALPHABET = str.maketrans("-_", "+/")
NOT_COUNTED = "Leave this out: it doesn't count with the options chosen."
YES, NO = frozenset({"true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off"})


def parse_fields(
    card: AnyCard | Function, options: Mapping[str, Any], inputs: Mapping[str, Any]
) -> tuple[Fields, Fields]:
    """The card's options and inputs.

    Empty means left out: null, a blank text, an empty list. A field that doesn't count with these options may
    be left out; a value for it is refused, since it would be dropped without a word.

    :raises InputRejected: with every field that can't be taken, those of an object as ``file.file_name``.
    """
    parsing = _Parsing(card.title)
    parsed_options = parsing.options(card.options, options)
    parsed_inputs = parsing.fields(card.inputs, inputs)
    if parsed_options is None or parsed_inputs is None or parsing.errors:
        raise InputRejected(fields=parsing.errors)
    return parsed_options, parsed_inputs


def parse_options(declared: AnyCard | AnyEvent | Function, options: Mapping[str, Any]) -> Fields:
    """The options alone, as of an event, which has no inputs. :raises InputRejected: as :func:`parse_fields`."""
    parsing = _Parsing(declared.title)
    parsed = parsing.options(declared.options, options)
    if parsed is None or parsing.errors:
        raise InputRejected(fields=parsing.errors)
    return parsed


class _Rejected(Exception):
    """One value that can't be taken, and why in a sentence."""


@dataclass
class _Parsing:
    """``chosen`` are the options so far: conditions look at them."""

    title: str
    errors: dict[str, list[str]] = field(default_factory=dict)
    chosen: dict[str, Any] = field(default_factory=dict)

    def options(self, cls: type[Fields], values: Mapping[str, Any]) -> Fields | None:
        """As :meth:`fields`; an option may depend on one declared before it."""
        return self.fields(cls, values, taken=self.chosen)

    def fields(
        self, cls: type[Fields], values: Mapping[str, Any], path: str = "", taken: dict[str, Any] | None = None
    ) -> Fields | None:
        """One class of fields; None when some can't be taken, said in ``errors``."""
        declared = field_types(cls)
        self._name_unknown(declared, values, path)
        taken = {} if taken is None else taken
        for each in declared:
            try:
                taken[each.name] = self._field(each, values.get(each.name), path)
            except _Rejected as rejected:
                self.errors[f"{path}{each.name}"] = [str(rejected)]
        if len(taken) < len(declared):
            return None
        return cls(**{each.attribute: taken[each.name] for each in declared})

    def _name_unknown(self, declared: tuple[FieldType, ...], values: Mapping[str, Any], path: str) -> None:
        names = [each.name for each in declared]
        for name in values:
            if name not in names:
                near = difflib.get_close_matches(name, names, 1)
                hint = f" Did you mean {near[0]}?" if near else f" It takes: {', '.join(names)}." if names else ""
                self.errors[f"{path}{name}"] = [f"{self.title} takes no such field here.{hint}"]

    def _field(self, declared: FieldType, given: Any, path: str) -> Any:
        value = _without_blanks(given)
        if not counts(declared.spec, self.chosen):
            if value not in _EMPTY and value != plain_value(declared.empty):
                raise _Rejected(NOT_COUNTED)
            return declared.empty
        if value in _EMPTY and declared.is_required and declared.kind is Kind.OBJECT:
            value = {}  # so that the fields missing in it are named
        elif value in _EMPTY:
            if declared.is_required:
                raise _Rejected(_missing(declared))
            return declared.default
        name = f"{path}{declared.name}"
        if declared.kind is Kind.OBJECT:
            return self._object(declared.inner, value, name)
        if declared.kind is Kind.OBJECTS:
            items = value if isinstance(value, list) else [value]
            return tuple(self._object(declared.inner, each, f"{name}.{at}") for at, each in enumerate(items))
        return _TAKE[declared.kind](declared, value)

    def _object(self, cls: type[Fields], value: Any, name: str) -> Fields | None:
        if not isinstance(value, Mapping):
            raise _Rejected("This takes an object with fields of its own.")
        return self.fields(cls, value, f"{name}.")


_EMPTY: tuple[Any, ...] = (None, "", [])


def _without_blanks(value: Any) -> Any:
    """A blank text is none; blank lines of a list are nobody's."""
    if isinstance(value, list | tuple):
        return [each for each in map(_without_blanks, value) if each not in _EMPTY]
    return "" if isinstance(value, str) and not value.strip() else value


def _missing(declared: FieldType) -> str:
    if declared.kind is Kind.FILE:
        return "Choose a file that isn't empty."
    verb = "Choose" if declared.kind in {Kind.CHOICE, Kind.BOOLEAN} else "Enter"
    return f"{verb} {declared.spec.label.removesuffix('?')}."


def _choice(declared: FieldType, value: Any) -> Any:
    """By its value, or by the words on the page, whatever the case."""
    given = value.strip().casefold() if isinstance(value, str) else None
    for each in declared.inner:
        if given in {each.value.casefold(), words(each).casefold()}:
            return each
    known = ", ".join(each.value for each in declared.inner)
    raise _Rejected(f"Choose one of: {known}.")


def _text(_declared: FieldType, value: Any) -> str:
    if isinstance(value, list | Mapping):
        raise _Rejected(f"This takes one text, not {'a list' if isinstance(value, list) else 'an object'}.")
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return _writable(text)


def _writable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _Rejected("Leave out characters that can't be written.") from None
    return text


def _list(declared: FieldType, value: Any) -> tuple[str, ...]:
    return tuple(_text(declared, each) for each in (value if isinstance(value, list) else [value]))


def _number(declared: FieldType, value: Any) -> int:
    number = _whole(value)
    limits = ""
    if declared.spec.between:
        least, most = declared.spec.between
        limits = f" from {least:,} to {most:,}"
        number = number if number is not None and least <= number <= most else None
    if number is None:
        raise _Rejected(f"Enter a whole number{limits}.")
    return number


def _whole(value: Any) -> int | None:
    try:
        if isinstance(value, str | int) and not isinstance(value, bool):
            return int(value)
    except ValueError:
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else None


def _file(declared: FieldType, value: Any) -> bytes:
    """Base64 of either alphabet, broken into lines or not; or a text, in UTF-8."""
    if isinstance(value, Mapping) and value.keys() == {"text"}:
        content = _text(declared, value["text"]).encode()
    else:
        content = _decoded(declared, value)
    if not content:
        raise _Rejected(_missing(declared))
    if declared.spec.most_bytes and len(content) > declared.spec.most_bytes:
        raise _Rejected(_too_large(declared))
    return content


def _decoded(declared: FieldType, value: Any) -> bytes:
    letters = "".join(value.split()).translate(_URL_ALPHABET) if isinstance(value, str) else ""
    if declared.spec.most_bytes and len(letters) // 4 * 3 > declared.spec.most_bytes + 2:
        raise _Rejected(_too_large(declared))
    try:
        if letters:
            return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except ValueError:
        pass
    raise _Rejected('This takes the content of a file as base64, or {"text": "…"} for a text.')


def _too_large(declared: FieldType) -> str:
    """Without the size given: of a file that is far too large, only the beginning is read."""
    most = declared.spec.most_bytes
    return f"The file is larger than {size_words(most)}. At most {most:,} bytes are taken."


def _boolean(_declared: FieldType, value: Any) -> bool:
    word = str(value).strip().lower()
    if word in YES or word in NO:
        return word in YES
    raise _Rejected("Choose yes or no.")


def _datetime(_declared: FieldType, value: Any) -> datetime:
    """Without an offset it is UTC, as every time in this console."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, AttributeError, OverflowError):
        raise _Rejected("Enter a date and time, such as 2026-11-24T09:30:00Z.") from None


def _json(_declared: FieldType, value: Any) -> Mapping[str, Any]:
    found = _from_json(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise _Rejected('Enter a JSON object, such as {"name": "value"}.')
    try:
        text = json.dumps(found, default=plain_value, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        raise _Rejected("Leave out what JSON doesn't have, such as NaN.") from None
    taken: dict[str, Any] = json.loads(_writable(text))
    return taken


def _from_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_json)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, character {error.colno}"
        raise _Rejected(f"This is no JSON: {error.msg.removesuffix(' at')} at {where}.") from None
    except (ValueError, RecursionError):
        raise _Rejected("This is no JSON that can be read here.") from None


def _no_json(word: str) -> None:
    """Python would take NaN and Infinity, which JSON doesn't have."""
    raise ValueError(word)


_TAKE: dict[Kind, Callable[[FieldType, Any], Any]] = {
    Kind.TEXT: _text,
    Kind.LIST: _list,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.DATETIME: _datetime,
    Kind.CHOICE: _choice,
    Kind.FILE: _file,
    Kind.JSON: _json,
}
