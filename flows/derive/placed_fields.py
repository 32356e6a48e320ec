"""A placed card's form in the builder: every value a text that may hold references, and back."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flows.cards import Card, Fields
from flows.derive.field_types import Declared, FieldType, Kind, counts, deciding_options, field_types, inputs_of
from flows.derive.form_fields import FormField, form_fields
from flows.references import sole_ref

Values = Mapping[str, Any]
Outputs = Callable[[FieldType], tuple[tuple[str, str], ...]]
"""The outputs, with their words, that may be the whole value of a field."""
NEW_SECRET, TEXT = "new_secret", "text"


def placed_fields(
    declared: Declared, options: Values, inputs: Values, errors: Mapping[str, Sequence[str]], outputs: Outputs
) -> tuple[FormField, ...]:
    """The form's fields with these values of a definition."""
    typed = dict(typed_values(declared.options, options)) | dict(typed_values(inputs_of(declared), inputs))
    drawn = _Placed(outputs, deciding_options(declared) if isinstance(declared, Card) else None)
    parts = {"options": (declared.options, options), "inputs": (inputs_of(declared), inputs)}
    return tuple(drawn.field(each, *parts[each.part]) for each in form_fields(declared, typed, errors))


@dataclass(frozen=True)
class _Placed:
    """``literal`` are the options that take no output, None where none does."""

    outputs: Outputs
    literal: frozenset[str] | None

    def field(self, field: FormField, cls: type[Fields], values: Values) -> FormField:
        name = field.name.rpartition(".")[2]
        declared = next(each for each in field_types(cls) if each.name == name)
        value = values.get(name)
        if declared.kind in {Kind.OBJECT, Kind.OBJECTS}:
            inside = value[0] if isinstance(value, list) and value else value
            given = inside if isinstance(inside, Mapping) else {}
            return replace(field, fields=tuple(self.field(each, declared.inner, given) for each in field.fields))
        is_file = declared.kind is Kind.FILE
        return replace(
            field,
            is_required=declared.is_required or field.is_required or field.is_named_by_file,
            is_named_by_file=False,
            value=_file_text(value) if is_file else field.value,
            outputs=self._outputs(field, declared),
            is_kept=(is_file and not _file_text(value) and bool(value))
            or (declared.spec.secret and isinstance(value, Mapping)),
        )

    def _outputs(self, field: FormField, declared: FieldType) -> tuple[tuple[str, str], ...]:
        if field.kind not in {"choice", "boolean"}:
            return ()
        if field.part == "options" and (self.literal is None or declared.name in self.literal):
            return ()
        return self.outputs(declared)


def _file_text(value: Any) -> str:
    """A file's content as the form has it; empty for one that is kept as base64."""
    if isinstance(value, Mapping):
        return str(value.get(TEXT, ""))
    return value if isinstance(value, str) and sole_ref(value) else ""


def typed_values(cls: type[Fields], values: Values, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Values as somebody would type them, by their names in the form: those of an object as ``file.file_name``."""
    for declared in field_types(cls):
        value, name = values.get(declared.name), f"{path}{declared.name}"
        if declared.kind in {Kind.OBJECT, Kind.OBJECTS}:
            inner = value[0] if isinstance(value, list) and value else value
            yield from typed_values(declared.inner, inner if isinstance(inner, Mapping) else {}, f"{name}.")
        elif isinstance(value, Mapping) or (declared.kind is Kind.JSON and isinstance(value, list)):
            yield name, [json.dumps(value, indent=2, ensure_ascii=False)]
        else:
            yield name, _as_typed(value)


def _as_typed(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in value]
    return [] if value is None else [str(value)]


def typed_text(value: Any) -> str:
    """A plain value as somebody would type it: a list of texts one a line, an object as JSON."""
    is_object = isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(each, Mapping) for each in value)
    )
    return json.dumps(value, indent=2, ensure_ascii=False) if is_object else "\n".join(_as_typed(value))


def placed_values(
    declared: Declared, sent: Mapping[str, Sequence[str]], options: Values, inputs: Values
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A form as it was sent, as options and inputs of a definition. What is empty or doesn't count is left out.

    ``options`` and ``inputs`` are those before: a secret or a file that isn't entered anew is kept.
    """
    chosen = _values(declared.options, sent, options, {}, "")
    return chosen, _values(inputs_of(declared), sent, inputs, chosen, "")


def _values(
    cls: type[Fields], sent: Mapping[str, Sequence[str]], before: Values, options: Values, path: str
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for declared in field_types(cls):
        if not counts(declared.spec, {**options, **values}):
            continue
        name, earlier = f"{path}{declared.name}", before.get(declared.name)
        if declared.kind in {Kind.OBJECT, Kind.OBJECTS}:
            inside = earlier[0] if isinstance(earlier, list) and earlier else earlier
            given = inside if isinstance(inside, Mapping) else {}
            value: Any = _values(declared.inner, sent, given, options, f"{name}.")
        else:
            value = _value(declared, "\n".join(sent.get(name, ())).replace("\r\n", "\n"), earlier)
        if value not in (None, "", [], {}):
            values[declared.name] = value
    return values


def _value(declared: FieldType, text: str, before: Any) -> Any:
    if not text.strip():
        is_hidden = declared.spec.secret or (declared.kind is Kind.FILE and not _file_text(before))
        return before if is_hidden else None
    if declared.spec.secret:
        return {NEW_SECRET: text}
    match declared.kind:
        case Kind.FILE:
            return text.strip() if sole_ref(text) else {TEXT: text}
        case Kind.LIST:
            return [each for each in text.split("\n") if each.strip()]
        case Kind.JSON:
            return _json(text)
        case _:
            return text


def _json(text: str) -> Any:
    """As an object where it is one; else as it was typed, which a finding says or a reference makes one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, Mapping) else text
