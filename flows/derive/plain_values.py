"""Fields as JSON: what is sealed, shown and answered."""

import base64
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from flows.cards import Fields
from flows.derive.field_types import wire_name


def plain_values(values: Fields) -> dict[str, Any]:
    """The fields by name, of JSON's types only."""
    return {wire_name(each.name): plain_value(getattr(values, each.name)) for each in fields(values)}


def plain_value(value: Any) -> Any:
    """Times in ISO form with Z, choices by their value, files as base64, lists as lists, objects as objects."""
    if isinstance(value, Fields):
        return plain_values(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [plain_value(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return str(value) if isinstance(value, str) else value
