"""The upload protocol: a message in one request (media, multipart), or in pieces over a session (resumable)."""

import json
import re
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.http import parse_options_header
from werkzeug.wrappers import Response

from google_sandbox.errors import GoogleError
from google_sandbox.gmail.discovery import Method
from google_sandbox.gmail.ids import invalid_argument, not_found
from google_sandbox.gmail.parameters import parse_body
from google_sandbox.request import SandboxRequest

CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
PART_HEADER = re.compile(rb"\r?\n\r?\n")
RELATED_PARTS = 2
SESSIONS_KEPT = 100


@dataclass(frozen=True, kw_only=True)
class Upload:
    """What came whole: the JSON beside the message, and the message."""

    body: dict[str, Any]
    media: bytes


@dataclass(frozen=True, kw_only=True)
class Session:
    """A resumable upload under way."""

    row: sqlite3.Row
    received: int

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.row["body"])
        return body

    @property
    def path(self) -> dict[str, str]:
        path: dict[str, str] = json.loads(self.row["path"])
        return path


def read_whole(request: SandboxRequest, method: Method) -> Upload:
    """A simple or multipart upload."""
    kind = request.args.get("uploadType", "media")
    if kind == "media":
        _require_message(request.mimetype)
        upload = Upload(body={}, media=request.get_data())
    elif kind == "multipart":
        upload = _read_related(request, method)
    else:
        raise invalid_argument(f"Invalid upload type: {kind}")
    _require_size(len(upload.media), method)
    return upload


def start(request: SandboxRequest, method: Method, access_token: str, path: Mapping[str, str]) -> Response:
    """Begin a session: its address is all that is needed to go on with it."""
    _require_message(request.headers.get("X-Upload-Content-Type", "message/rfc822"))
    announced = request.headers.get("X-Upload-Content-Length", "")
    if announced.isdigit():
        _require_size(int(announced), method)
    body = parse_body(request.get_data(), request.mimetype, method)
    upload_id = f"ABPnzm{secrets.token_urlsafe(48)}"
    with request.sandbox.store.transaction() as db:
        db.execute(
            "INSERT INTO uploads (id, method, access_token, path, body) VALUES (?, ?, ?, ?, ?)",
            (upload_id, method.id, access_token, json.dumps(dict(path)), json.dumps(body)),
        )
        # Google forgets a session after a week; here the newest stay, so that those given up don't pile up
        db.execute("DELETE FROM uploads WHERE rowid <= (SELECT max(rowid) FROM uploads) - ?", (SESSIONS_KEPT,))
        db.execute("DELETE FROM upload_chunks WHERE upload_id NOT IN (SELECT id FROM uploads)")
    location = f"{request.sandbox.origin}{request.path}?uploadType=resumable&upload_id={upload_id}"
    return Response("", 200, {"Location": location, "X-GUploader-UploadID": upload_id})


def find_session(request: SandboxRequest, method: Method) -> Session:
    with request.sandbox.store.read() as db:
        row = db.execute(
            "SELECT * FROM uploads WHERE id = ? AND method = ?", (request.args.get("upload_id", ""), method.id)
        ).fetchone()
    if row is None:
        raise not_found()
    return Session(row=row, received=row["received"])


def receive(request: SandboxRequest, method: Method, session: Session) -> bytes | None:
    """Take the bytes of one PUT. The whole message once the last is here, None before."""
    data = request.get_data()
    start_at, total = _range(request, len(data))
    if start_at is not None and start_at > session.received:
        raise invalid_argument("Failed to parse Content-Range header.")
    with request.sandbox.store.transaction() as db:
        received = session.received
        if start_at is not None and start_at + len(data) > received:
            # A piece that was sent again, since its answer was lost, overlaps what is here
            fresh = data[received - start_at :]
            db.execute("INSERT INTO upload_chunks VALUES (?, ?, ?)", (session.row["id"], received, fresh))
            received += len(fresh)
            db.execute("UPDATE uploads SET received = ? WHERE id = ?", (received, session.row["id"]))
        _require_size(received, method)
        if total is None or received < total:
            return None
        chunks = db.execute(
            "SELECT data FROM upload_chunks WHERE upload_id = ? ORDER BY start", (session.row["id"],)
        ).fetchall()
    return b"".join(chunk["data"] for chunk in chunks)


def incomplete(request: SandboxRequest, method: Method) -> Response:
    """How far the session has come."""
    received = find_session(request, method).received
    headers = {"X-GUploader-UploadID": request.args["upload_id"]}
    if received:
        headers["Range"] = f"bytes=0-{received - 1}"
    return Response("", "308 Resume Incomplete", headers)


def finish(db: sqlite3.Connection, session: Session, answer: dict[str, Any] | None) -> None:
    """Keep the answer, for a client that lost it and asks again; the bytes are in the mailbox now."""
    db.execute("UPDATE uploads SET answer = ? WHERE id = ?", (json.dumps(answer), session.row["id"]))
    db.execute("DELETE FROM upload_chunks WHERE upload_id = ?", (session.row["id"],))


def _range(request: SandboxRequest, length: int) -> tuple[int | None, int | None]:
    """Where these bytes begin, None when none were sent, and how many there shall be, None while unknown."""
    header = request.headers.get("Content-Range")
    if header is None:
        return 0, length
    match = CONTENT_RANGE.fullmatch(header.strip())
    if match is None:
        raise invalid_argument("Failed to parse Content-Range header.")
    first, last, total = match.groups()
    if first is not None and int(last) - int(first) + 1 != length:
        raise invalid_argument("Failed to parse Content-Range header.")
    return None if first is None else int(first), None if total == "*" else int(total)


def _read_related(request: SandboxRequest, method: Method) -> Upload:
    mimetype, options = parse_options_header(request.headers.get("Content-Type", ""))
    boundary = options.get("boundary", "")
    if mimetype != "multipart/related" or not boundary:
        raise GoogleError(400, "Bad content type. Please use multipart/related.", reason="badContent")
    delimiter = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary.encode()) + rb"(?:--)?[ \t]*(?:\r?\n|$)")
    pieces = [piece for piece in delimiter.split(request.get_data()) if piece.strip()]
    if len(pieces) != RELATED_PARTS:
        raise GoogleError(400, "Malformed multipart body.", reason="badRequest")
    parts = [_part(piece) for piece in pieces]
    _require_message(parts[1][0])
    return Upload(body=parse_body(parts[0][1], parts[0][0], method), media=parts[1][1])


def _part(piece: bytes) -> tuple[str, bytes]:
    """The media type and the bytes of one part."""
    divided = PART_HEADER.split(piece, maxsplit=1)
    if len(divided) != RELATED_PARTS:
        raise GoogleError(400, "Malformed multipart body.", reason="badRequest")
    head, content = divided
    for line in head.splitlines():
        name, _, value = line.decode("latin-1").partition(":")
        if name.strip().lower() == "content-type":
            return parse_options_header(value.strip())[0], content
    return "", content


def _require_message(mimetype: str) -> None:
    if not mimetype.lower().startswith("message/"):
        message = f"Media type '{mimetype}' is not supported. Valid media types: [message/*]"
        raise GoogleError(400, message, reason="badContent")


def _require_size(size: int, method: Method) -> None:
    if size > method.upload_limit:
        raise GoogleError(413, "Request Entity Too Large", reason="uploadTooLarge")
