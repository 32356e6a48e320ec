"""A call's JSON body with every field of the type that the discovery document gives it, as Google reads it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from google_sandbox.errors import GoogleError
from google_sandbox.gmail.call import Call
from google_sandbox.gmail.discovery import properties_of, snake_case
from google_sandbox.gmail.ids import invalid_argument

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,19}")
INT32 = range(-(2**31), 2**31)
INT64 = range(-(2**63), 2**63)


def typed_body(call: Call) -> dict[str, Any]:
    """The fields given. One left out, null, or an enum's *…Unspecified* is not among them; int64 comes as a number."""
    schema = call.method.body_schema
    return {} if schema is None else _typed_object(call.body, schema, snake_case(schema))


def _typed_object(value: Any, schema: str, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _invalid(path, f"type.googleapis.com/{schema}", value)
    described = properties_of(schema)
    for name in value:
        if name not in described:
            message = f"Invalid JSON payload received. Unknown name \"{name}\" at '{path}': Cannot find field."
            raise invalid_argument(message)
    return {
        name: _typed(each, described[name], f"{path}.{snake_case(name)}")
        for name, each in value.items()
        if each is not None and not _is_unspecified(each, described[name])
    }


def _typed(value: Any, described: Mapping[str, Any], path: str) -> Any:
    if "$ref" in described:
        return _typed_object(value, described["$ref"], path)
    if described["type"] == "array":
        values = value if isinstance(value, list) else [value]
        return [_typed(each, described["items"], path) for each in values]
    return _scalar(value, described, path)


def _scalar(value: Any, described: Mapping[str, Any], path: str) -> Any:
    kind, number = described["type"], described.get("format")
    if number in {"int64", "uint64"}:
        return _whole(value, INT64, path, f"TYPE_{number.upper()}")
    if kind == "integer":
        return _whole(value, INT32, path, "TYPE_INT32")
    if kind == "boolean":
        if not isinstance(value, bool):
            raise _invalid(path, "TYPE_BOOL", value)
    elif "enum" in described:
        if value not in described["enum"]:
            raise _invalid(path, "TYPE_ENUM", value)
    elif not isinstance(value, str):
        raise _invalid(path, "TYPE_STRING", value)
    return value


def _whole(value: Any, possible: range, path: str, kind: str) -> int:
    """A number, or its digits as text, as Google takes both."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    is_digits = isinstance(value, str) and WHOLE_NUMBER.fullmatch(value) is not None
    if not (is_number or is_digits) or int(value) not in possible:
        raise _invalid(path, kind, value)
    return int(value)


def _is_unspecified(value: Any, described: Mapping[str, Any]) -> bool:
    return (
        "enum" in described and isinstance(value, str) and value.endswith("Unspecified") and value in described["enum"]
    )


def _invalid(path: str, kind: str, value: Any) -> GoogleError:
    return invalid_argument(f"Invalid value at '{path}' ({kind}), {json.dumps(value)}")
