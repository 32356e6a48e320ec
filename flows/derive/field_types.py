"""What a card's fields are, read from the declaration once: everything derived starts here."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Union, get_args, get_origin, get_type_hints

from django.template.defaultfilters import filesizeformat

from flows.cards import SPEC, AnyCard, AnyEvent, Card, Event, Fields, FieldSpec, Function, NoFields

Declared = AnyCard | AnyEvent | Function


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    FILE = "file"
    CHOICE = "choice"
    LIST = "list"
    OBJECT = "object"
    OBJECTS = "objects"
    JSON = "json"


@dataclass(frozen=True, kw_only=True)
class FieldType:
    """One field. ``name`` is the one on the wire; the attribute of the same field may end in an underscore.

    ``inner`` is the enumeration of a choice, the class of an object or of a list's objects. ``default`` is
    MISSING for a field that is required whenever it counts.
    """

    name: str
    attribute: str
    kind: Kind
    spec: FieldSpec
    default: Any
    inner: Any = None

    @property
    def is_required(self) -> bool:
        return self.default is MISSING

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """Value and words of each choice."""
        return tuple((each.value, words(each)) for each in self.inner) if self.kind is Kind.CHOICE else ()

    @property
    def empty(self) -> Any:
        """What stands for the field while it doesn't count."""
        return _EMPTY[self.kind] if self.is_required else self.default


_EMPTY: dict[Kind, Any] = {
    Kind.TEXT: "",
    Kind.NUMBER: 0,
    Kind.BOOLEAN: False,
    Kind.FILE: b"",
    Kind.LIST: (),
    Kind.OBJECTS: (),
    Kind.JSON: MappingProxyType({}),
}
_read: dict[type[Fields], tuple[FieldType, ...]] = {}
"""What was read once: a flow's findings ask for the same classes some hundred times. Not functools.cache: to mypy a
dataclass's own class can't be hashed.
"""
_SIMPLE = {str: Kind.TEXT, bool: Kind.BOOLEAN, int: Kind.NUMBER, datetime: Kind.DATETIME, bytes: Kind.FILE}


def wire_name(attribute: str) -> str:
    """``from_`` is ``from``: what Python reserves is nobody else's concern."""
    return attribute.removesuffix("_")


def words(choice: StrEnum) -> str:
    """The choice as a person reads it: ``first_matching_email`` is *First matching email*, ``GET`` stays *GET*."""
    text = choice.value.replace("_", " ")
    return text[:1].upper() + text[1:]


def size_words(size: int) -> str:
    """A number of bytes as people say it: ``10 MB``, ``1.4 KB``, ``1 byte``."""
    return str(filesizeformat(size)).replace(".0\xa0", "\xa0")


def field_types(cls: type[Fields]) -> tuple[FieldType, ...]:
    """The fields in their order. :raises TypeError: one has a type that cards can't have."""
    if cls not in _read:
        hints = get_type_hints(cls)
        _read[cls] = tuple(_field_type(cls, each, hints[each.name]) for each in fields(cls))
    return _read[cls]


def find_field(cls: type[Fields], name: str) -> FieldType | None:
    """The field of that name, of what is inside an object as ``file.file_name``; None where there is none."""
    first, _dot, rest = name.partition(".")
    found = next((each for each in field_types(cls) if each.name == first), None)
    if not rest or found is None:
        return found
    return find_field(found.inner, rest) if found.kind in {Kind.OBJECT, Kind.OBJECTS} else None


def _field_type(cls: type[Fields], declared: Any, hint: Any) -> FieldType:
    kind, inner = _kind(_without_none(hint))
    spec = declared.metadata.get(SPEC)
    found = FieldType(
        name=wire_name(declared.name),
        attribute=declared.name,
        kind=kind,
        spec=spec,
        default=declared.default,
        inner=inner,
    )
    if spec is None or (spec.when and found.is_required and kind not in _EMPTY):
        raise TypeError(
            f"{cls.__qualname__}.{declared.name} needs field(…), and a default where it doesn't always count"
        )
    return found


def _without_none(hint: Any) -> Any:
    if get_origin(hint) not in {Union, types.UnionType}:
        return hint
    kept = [each for each in get_args(hint) if each is not type(None)]
    return kept[0] if len(kept) == 1 else hint


def _kind(hint: Any) -> tuple[Kind, Any]:
    if hint in _SIMPLE:
        return _SIMPLE[hint], None
    if hint == Mapping[str, Any]:
        return Kind.JSON, None
    if get_origin(hint) is tuple and get_args(hint)[1:] == (Ellipsis,):
        (item, _dots) = get_args(hint)
        return (Kind.LIST, None) if item is str else (Kind.OBJECTS, _fields_class(item))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Kind.CHOICE, hint
    return Kind.OBJECT, _fields_class(hint)


def _fields_class(hint: Any) -> type[Fields]:
    if isinstance(hint, type) and issubclass(hint, Fields):
        return hint
    raise TypeError(f"a card's field can't be of the type {hint!r}")


def counts(spec: FieldSpec, options: Mapping[str, Any]) -> bool:
    """Whether a field counts, with these options chosen."""
    return all(_as_condition(options.get(name)) == value for name, value in spec.when.items())


def inputs_of(declared: Declared) -> type[Fields]:
    """The class of its inputs; an event has none."""
    return NoFields if isinstance(declared, Event) else declared.inputs


def typed_account(card: Declared) -> str:
    """The input for the address of a service account that can't be chosen, needed wherever it counts; else empty."""
    if not isinstance(card, Card):
        return ""
    name = f"{card.needs.role.service_account}_email" if card.needs.role else ""
    return name if any(each.name == name for each in field_types(card.inputs)) else ""


def unlisted_choices(card: Declared) -> Mapping[str, Mapping[str, str]]:
    """Of each option with choices from elsewhere those that it has anyway, with their words.

    They are the values for which another field counts: ``enter_address`` is *Enter Address*.
    """
    listed = [each.name for each in field_types(card.options) if each.spec.choices_from]
    conditions = _conditions(card)
    return {
        name: {when[name]: when[name].replace("_", " ").title() for when in conditions if name in when}
        for name in listed
    }


def deciding_options(declared: Declared) -> frozenset[str]:
    """The options on whose value it depends which fields count, or what the card gives."""
    by = getattr(declared, "outputs_by", "")
    return frozenset({name for when in _conditions(declared) for name in when} | ({by} if by else set()))


def _conditions(declared: Declared) -> list[Mapping[str, str]]:
    return [each.spec.when for cls in (declared.options, inputs_of(declared)) for each in field_types(cls)]


def _as_condition(value: Any) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def output_classes(card: AnyCard | AnyEvent) -> Iterator[tuple[str, type[Fields]]]:
    """Each class of outputs with the option's value it belongs to; an empty value where there is but one."""
    if isinstance(card.outputs, Mapping):
        yield from card.outputs.items()
    else:
        yield "", card.outputs
