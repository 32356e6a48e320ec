"""A message as the API shows it: the tree of its parts, its headers, its bytes."""

import base64
import sqlite3
from collections.abc import Collection
from email.message import MIMEPart
from typing import Any

from google_sandbox.gmail.content import filename, is_attachment, parse_message, part_bytes
from google_sandbox.gmail.header_block import HeaderBlock, decoded
from google_sandbox.gmail.ids import attachment_id, not_found


def message_resource(
    row: sqlite3.Row, raw: bytes | None, message_format: str, metadata_headers: Collection[str] = ()
) -> dict[str, Any]:
    """A message in one of the four formats. Only `minimal` can do without the bytes."""
    resource: dict[str, Any] = {"id": row["id"], "threadId": row["thread_id"]}
    labels = row["labels"].split()
    if labels:
        resource["labelIds"] = labels
    resource["snippet"] = row["snippet"]
    if raw is not None and message_format == "full":
        resource["payload"] = _part(parse_message(raw), "", row["id"])
    elif raw is not None and message_format == "metadata":
        resource["payload"] = _metadata(raw, metadata_headers)
    elif raw is not None and message_format == "raw":
        resource["raw"] = encode(raw)
    resource["sizeEstimate"] = row["size"] + len(row["trace"])
    resource["historyId"] = str(row["history_id"])
    resource["internalDate"] = str(row["internal_date"])
    return resource


def attachment_resource(raw: bytes, part_id: str) -> dict[str, Any]:
    data = part_bytes(_find(parse_message(raw), part_id))
    return {"size": len(data), "data": encode(data)}


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def _metadata(raw: bytes, wanted: Collection[str]) -> dict[str, Any]:
    message = HeaderBlock.split(raw).parsed()
    names = {name.lower() for name in wanted}
    headers = [each for each in _headers(message) if not names or each["name"].lower() in names]
    payload: dict[str, Any] = {"mimeType": message.get_content_type()}
    if headers:
        payload["headers"] = headers
    return payload


def _part(part: MIMEPart, part_id: str, message: str) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "partId": part_id,
        "mimeType": part.get_content_type(),
        "filename": filename(part),
        "headers": _headers(part),
    }
    children = _children(part)
    if children:
        resource["body"] = {"size": 0}
        resource["parts"] = [_part(child, _child_id(part_id, at), message) for at, child in enumerate(children)]
        return resource
    data = part_bytes(part)
    if is_attachment(part):
        resource["body"] = {"attachmentId": attachment_id(message, part_id), "size": len(data)}
    elif data:
        resource["body"] = {"size": len(data), "data": encode(data)}
    else:
        resource["body"] = {"size": 0}
    return resource


def _children(part: MIMEPart) -> list[MIMEPart]:
    if part.get_content_maintype() != "multipart" or not part.is_multipart():
        return []
    return list(part.iter_parts())


def _child_id(parent: str, position: int) -> str:
    return f"{parent}.{position}" if parent else str(position)


def _headers(part: MIMEPart) -> list[dict[str, str]]:
    return [{"name": name, "value": decoded(value)} for name, value in part.items()]


def _find(message: MIMEPart, part_id: str) -> MIMEPart:
    part = message
    for position in filter(None, part_id.split(".")):
        children = _children(part)
        if int(position) >= len(children):
            raise not_found()
        part = children[int(position)]
    return part
