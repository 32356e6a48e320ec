"""A mailbox for the control page and its API: what is in it, newest first, and one message whole."""

import html
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from google_sandbox.errors import GoogleError
from google_sandbox.gmail.content import body_text, filename, is_attachment, leaves, parse_message, part_bytes
from google_sandbox.gmail.header_block import decoded
from google_sandbox.gmail.mailbox import COLUMNS, MESSAGES, Mailbox

HEADERS = ("From", "To", "Cc", "Bcc", "Date", "Message-ID", "In-Reply-To", "X-Workflows-Step")
# More of a message than anybody reads on a page
RAW_CHARACTERS = 40_000


@dataclass(frozen=True)
class AttachedFile:
    filename: str
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message as a person reads it, and the facts about it by name."""

    mailbox: str
    subject: str
    facts: tuple[tuple[str, str], ...]
    text: str
    raw: str
    attachments: tuple[AttachedFile, ...]


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """How many messages each account has, by its subject."""
    return {
        row["sub"]: row["messages"] for row in db.execute("SELECT sub, count(*) AS messages FROM messages GROUP BY sub")
    }


def summaries(db: sqlite3.Connection, sub: str, limit: int | None = None) -> list[dict[str, Any]]:
    """Messages, newest first; `limit` keeps the newest."""
    rows = db.execute(
        f"SELECT {COLUMNS} FROM {MESSAGES} WHERE m.sub = ?"  # noqa: S608  (our own names)
        " ORDER BY m.internal_date DESC, m.id DESC LIMIT ?",
        (sub, -1 if limit is None else limit),
    ).fetchall()
    names = _label_names(db, sub)
    return [_summary(row, names) for row in rows]


def letter_of(db: sqlite3.Connection, sub: str, address: str, message_id: str) -> Letter:
    """One message whole.

    :raises LookupError: where the mailbox has no such message
    """
    mailbox = Mailbox(db, sub, 0)
    try:
        row = mailbox.message(message_id)
    except GoogleError as error:
        raise LookupError(message_id) from error
    raw = mailbox.raw(row)
    message = parse_message(raw)
    parts = list(leaves(message))
    names = _label_names(db, sub)
    labels = ", ".join(names.get(label, label) for label in row["labels"].split())
    return Letter(
        mailbox=address,
        subject=row["subject"],
        facts=(*_headers(message), ("Labels", labels), ("Id", row["id"]), ("Thread", row["thread_id"])),
        text=body_text(parts),
        raw=_shortened(raw),
        attachments=tuple(
            AttachedFile(filename(part) or "(no name)", part.get_content_type(), len(part_bytes(part)))
            for part in parts
            if is_attachment(part)
        ),
    )


def _summary(row: sqlite3.Row, names: dict[str, str]) -> dict[str, Any]:
    labels = row["labels"].split()
    return {
        "id": row["id"],
        "thread_id": row["thread_id"],
        "message_id": row["message_id"],
        "from": row["sender"],
        "to": row["recipients"],
        "subject": row["subject"],
        "snippet": html.unescape(row["snippet"]),
        "labels": labels,
        "label_names": [names.get(label, label) for label in labels],
        "at": datetime.fromtimestamp(row["internal_date"] / 1000, tz=UTC).isoformat(timespec="seconds"),
        "size": row["size"] + len(row["trace"]),
    }


def _label_names(db: sqlite3.Connection, sub: str) -> dict[str, str]:
    return {row["id"]: row["name"] for row in db.execute("SELECT id, name FROM labels WHERE sub = ?", (sub,))}


def _headers(message: EmailMessage) -> list[tuple[str, str]]:
    return [(name, ", ".join(decoded(value) for value in message.get_all(name, []))) for name in HEADERS]


def _shortened(raw: bytes) -> str:
    text = raw[:RAW_CHARACTERS].decode("utf-8", "replace")
    return f"{text}\n…" if len(raw) > RAW_CHARACTERS else text
