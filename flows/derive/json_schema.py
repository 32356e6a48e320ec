"""JSON Schema (2020-12) of a card's options, inputs and outputs, for the API."""

from collections.abc import Mapping
from typing import Any

from flows.cards import AnyCard, AnyEvent, Fields
from flows.derive.field_types import FieldType, Kind, field_types
from flows.derive.plain_values import plain_value

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.NUMBER: {"type": "integer"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATETIME: {"type": "string", "format": "date-time"},
    Kind.LIST: {"type": "array", "items": {"type": "string"}},
    Kind.JSON: {"type": "object"},
}


def options_schema(card: AnyCard | AnyEvent) -> dict[str, Any]:
    """``x-choices-from`` says that GET ``/cards/{key}/options/{option}`` lists what Google offers."""
    return {"$schema": DIALECT, **_object(card.options)}


def inputs_schema(card: AnyCard) -> dict[str, Any]:
    """``x-when`` says for which values of the options a field counts; only then is it required."""
    return {"$schema": DIALECT, **_object(card.inputs)}


def outputs_schema(card: AnyCard | AnyEvent) -> dict[str, Any]:
    """One object, or ``oneOf`` where an option decides; each then says for which value in ``x-when``."""
    if isinstance(card.outputs, Mapping):
        each = [{**_object(cls), "x-when": {card.outputs_by: value}} for value, cls in card.outputs.items()]
        return {"$schema": DIALECT, "oneOf": each}
    return {"$schema": DIALECT, **_object(card.outputs)}


def _object(cls: type[Fields]) -> dict[str, Any]:
    declared = field_types(cls)
    return {
        "type": "object",
        "properties": {each.name: _property(each) for each in declared},
        "required": [each.name for each in declared if each.is_required and not each.spec.when],
        "additionalProperties": False,
    }


def _property(declared: FieldType) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": declared.spec.label, **_type(declared)}
    if declared.default is None:
        schema = {"title": declared.spec.label, "anyOf": [_type(declared), {"type": "null"}]}
    if declared.spec.help:
        schema["description"] = declared.spec.help
    if declared.spec.secret:
        schema["writeOnly"] = True
    if declared.spec.when:
        schema["x-when"] = dict(declared.spec.when)
    if declared.spec.choices_from:
        schema["x-choices-from"] = declared.spec.choices_from
    if not declared.is_required:
        schema["default"] = plain_value(declared.default)
    return schema


def _file(most_bytes: int) -> dict[str, Any]:
    """Base64, or a text that becomes the file. The base64 of so many bytes has that many characters."""
    limit = {"maxLength": -(-most_bytes // 3) * 4} if most_bytes else {}
    text = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    return {
        "oneOf": [{"type": "string", "contentEncoding": "base64", **limit}, {**text, "additionalProperties": False}]
    }


def _type(declared: FieldType) -> dict[str, Any]:
    if declared.kind is Kind.CHOICE:
        return {"type": "string", "enum": [value for value, _words in declared.choices]}
    if declared.kind is Kind.OBJECT:
        return _object(declared.inner)
    if declared.kind is Kind.OBJECTS:
        return {"type": "array", "items": _object(declared.inner)}
    if declared.kind is Kind.FILE:
        return _file(declared.spec.most_bytes)
    if declared.kind is Kind.NUMBER and declared.spec.between:
        least, most = declared.spec.between
        return {"type": "integer", "minimum": least, "maximum": most}
    return dict(_TYPES[declared.kind])
