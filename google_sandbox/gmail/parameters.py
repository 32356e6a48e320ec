"""What a caller asked, checked as Google checks it: query parameters by their type, and the JSON body by its fields."""

import json
import re
from collections.abc import Mapping
from typing import Any

from google_sandbox.errors import GoogleError
from google_sandbox.gmail.discovery import Method, common_parameters, snake_case
from google_sandbox.gmail.ids import invalid_argument
from google_sandbox.request import SandboxRequest

BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
UNSIGNED = re.compile(r"[0-9]{1,20}")
# Of an upload session: not in the discovery document
SESSION_PARAMETERS = frozenset({"upload_id"})


def query_parameters(request: SandboxRequest, method: Method) -> dict[str, Any]:
    """The method's parameters, typed, with the discovery document's defaults."""
    known = common_parameters() | SESSION_PARAMETERS
    for name in request.args:
        if name not in method.parameters and name not in known:
            message = (
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
                f" Field '{name}' could not be found in request message."
            )
            raise invalid_argument(message)
    return {name: _value(request, name, described) for name, described in method.parameters.items()}


def json_body(request: SandboxRequest, method: Method) -> dict[str, Any]:
    """The JSON object sent, {} when nothing was."""
    return parse_body(request.get_data(), request.mimetype, method)


def parse_body(data: bytes, mimetype: str, method: Method) -> dict[str, Any]:
    if not data.strip():
        return {}
    if method.body_schema is None or mimetype not in {"application/json", ""}:
        raise GoogleError(400, "Invalid JSON payload received. Unexpected token.", reason="badRequest")
    try:
        body = json.loads(data)
    except ValueError:
        raise GoogleError(400, "Invalid JSON payload received. Unexpected token.", reason="badRequest") from None
    if not isinstance(body, dict):
        raise GoogleError(400, "Invalid JSON payload received. Root element must be a message.", reason="badRequest")
    for name in body:
        if name not in method.body_fields:
            message = f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            raise invalid_argument(message)
    return body


def text_field(body: Mapping[str, Any], name: str, path: str) -> str:
    """A text of the body, empty when left out."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        message = f"Invalid value at '{path}' (TYPE_STRING), {json.dumps(value)}"
        raise invalid_argument(message)
    return value


def text_list(body: Mapping[str, Any], name: str, path: str) -> list[str]:
    values = body.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        message = f"Invalid value at '{path}' (TYPE_STRING), {json.dumps(values)}"
        raise invalid_argument(message)
    return values


def _value(request: SandboxRequest, name: str, described: Mapping[str, Any]) -> Any:
    given = request.args.getlist(name)
    if described.get("repeated"):
        return [_typed(value, name, described) for value in given]
    if given:
        return _typed(given[-1], name, described)
    return _typed(described["default"], name, described) if "default" in described else None


def _typed(value: str, name: str, described: Mapping[str, Any]) -> Any:
    kind = described["type"]
    if kind == "boolean":
        if value.lower() not in BOOLEANS:
            raise _invalid(name, "TYPE_BOOL", value)
        return BOOLEANS[value.lower()]
    if kind == "integer" or described.get("format") == "uint64":
        if not UNSIGNED.fullmatch(value):
            raise _invalid(name, f"TYPE_{described['format'].upper()}", value)
        return int(value)
    if "enum" in described and value.lower() not in {each.lower() for each in described["enum"]}:
        raise _invalid(name, "TYPE_ENUM", value)
    return value.lower() if name == "format" else value


def _invalid(name: str, kind: str, value: str) -> GoogleError:
    return invalid_argument(f"Invalid value at '{snake_case(name)}' ({kind}), \"{value}\"")
