"""users.history: what happened in a mailbox since a point its caller remembers."""

import sqlite3
from typing import Any

from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import invalid_argument, not_found
from google_sandbox.gmail.listing import page_size
from google_sandbox.gmail.mailbox import Mailbox

# Gmail keeps a week at least, and often no more
KEPT_SECONDS = 7 * 86_400
FIELDS = {
    "messageAdded": "messagesAdded",
    "messageDeleted": "messagesDeleted",
    "labelAdded": "labelsAdded",
    "labelRemoved": "labelsRemoved",
}


def list_(call: Call) -> dict[str, Any]:
    start = call.parameters["startHistoryId"]
    if start is None:
        raise invalid_argument("Missing startHistoryId")
    after = _after(call.parameters["pageToken"])
    with call.mailbox() as mailbox:
        newest = _newest(mailbox)
        if not _oldest(mailbox) <= start <= newest:
            raise not_found()
        rows = _records(call, mailbox, max(start, after))
    size = page_size(call.parameters)
    resource: dict[str, Any] = {"history": [_resource(row) for row in rows[:size]]} if rows else {}
    if len(rows) > size:
        resource["nextPageToken"] = f"{rows[size - 1]['id']:020d}"
    return {**resource, "historyId": str(newest)}


def _newest(mailbox: Mailbox) -> int:
    row = mailbox.db.execute("SELECT history_id FROM mailboxes WHERE sub = ?", (mailbox.sub,)).fetchone()
    return int(row["history_id"])


def _oldest(mailbox: Mailbox) -> int:
    """The first id from which the history is still whole."""
    row = mailbox.db.execute(
        "SELECT max(history_floor, coalesce((SELECT max(id) FROM history WHERE sub = :sub AND at < :limit), 0)) AS id"
        " FROM mailboxes WHERE sub = :sub",
        {"sub": mailbox.sub, "limit": mailbox.at - KEPT_SECONDS},
    ).fetchone()
    return int(row["id"])


def _records(call: Call, mailbox: Mailbox, after: int) -> list[sqlite3.Row]:
    kinds = call.parameters["historyTypes"] or list(FIELDS)
    label = call.parameters["labelId"]
    return mailbox.db.execute(
        "SELECT * FROM history WHERE sub = ? AND id > ?"  # noqa: S608  (placeholders)
        f" AND kind IN ({', '.join('?' * len(kinds))})"
        " AND (? IS NULL OR instr(' ' || labels || ' ' || changed || ' ', ' ' || ? || ' ') > 0) ORDER BY id LIMIT ?",
        (mailbox.sub, after, *kinds, label, label, page_size(call.parameters) + 1),
    ).fetchall()


def _resource(row: sqlite3.Row) -> dict[str, Any]:
    message = {"id": row["message_id"], "threadId": row["thread_id"]}
    change: dict[str, Any] = {"message": {**message, "labelIds": row["labels"].split()}}
    if row["kind"] in {"labelAdded", "labelRemoved"}:
        change["labelIds"] = row["changed"].split()
    return {"id": str(row["id"]), "messages": [message], FIELDS[row["kind"]]: [change]}


def _after(token: str | None) -> int:
    if not token:
        return 0
    if not token.isdecimal():
        raise invalid_argument("Invalid pageToken")
    return int(token)
