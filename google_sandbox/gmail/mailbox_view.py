"""A mailbox for the control page and its API: what is in it, newest first."""

import sqlite3
from datetime import UTC, datetime
from typing import Any

from google_sandbox.gmail.mailbox import COLUMNS, MESSAGES


def summaries(db: sqlite3.Connection, sub: str) -> list[dict[str, Any]]:
    rows = db.execute(
        f"SELECT {COLUMNS} FROM {MESSAGES} WHERE m.sub = ?"  # noqa: S608  (our own names)
        " ORDER BY m.internal_date DESC, m.id DESC",
        (sub,),
    ).fetchall()
    return [_summary(row) for row in rows]


def _summary(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "thread_id": row["thread_id"],
        "message_id": row["message_id"],
        "from": row["sender"],
        "to": row["recipients"],
        "subject": row["subject"],
        "snippet": row["snippet"],
        "labels": row["labels"].split(),
        "at": datetime.fromtimestamp(row["internal_date"] / 1000, tz=UTC).isoformat(timespec="seconds"),
        "size": row["size"] + len(row["trace"]),
    }
