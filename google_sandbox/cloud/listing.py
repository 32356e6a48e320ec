"""Pages of a list, as the Cloud APIs cut them."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from google_sandbox.cloud.call import Call
from google_sandbox.cloud.refusals import invalid_argument


def page_of(call: Call, field: str, items: Sequence[Any], *, default: int, largest: int) -> dict[str, Any]:
    """The page asked for. An empty one has no field at all, the last one no `nextPageToken`."""
    asked = call.parameters.get("pageSize", "0")
    if not asked.isdecimal():
        message = f"Invalid value at 'page_size' (TYPE_INT32), \"{asked}\""
        raise invalid_argument(message)
    size = min(int(asked) or default, largest)
    start = _start(call.parameters.get("pageToken", ""))
    page = list(items[start : start + size])
    answer: dict[str, Any] = {field: page} if page else {}
    if start + size < len(items):
        answer["nextPageToken"] = base64.urlsafe_b64encode(f"from {start + size}".encode()).decode()
    return answer


def _start(token: str) -> int:
    if not token:
        return 0
    try:
        word, _, start = base64.urlsafe_b64decode(token).decode().partition(" ")
    except (binascii.Error, ValueError):
        word, start = "", ""
    if word != "from" or not start.isdecimal():
        raise invalid_argument("The page token is invalid.")
    return int(start)
