"""users.getProfile, and the addresses a mailbox may send as (read)."""

import sqlite3
from typing import Any

from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import not_found
from google_sandbox.gmail.messages import send_as_of


def get_profile(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        row = mailbox.db.execute(
            "SELECT history_id, (SELECT count(*) FROM messages WHERE sub = :sub) AS messages,"
            " (SELECT count(DISTINCT thread_id) FROM messages WHERE sub = :sub) AS threads"
            " FROM mailboxes WHERE sub = :sub",
            {"sub": mailbox.sub},
        ).fetchone()
    return {
        "emailAddress": call.token.email,
        "messagesTotal": row["messages"],
        "threadsTotal": row["threads"],
        "historyId": str(row["history_id"]),
    }


def list_send_as(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        return {"sendAs": [_send_as(row) for row in send_as_of(mailbox)]}


def get_send_as(call: Call) -> dict[str, Any]:
    wanted = call.path["sendAsEmail"].lower()
    with call.mailbox() as mailbox:
        for row in send_as_of(mailbox):
            if row["email"] == wanted:
                return _send_as(row)
    raise not_found()


def _send_as(row: sqlite3.Row) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "sendAsEmail": row["email"],
        "displayName": row["display_name"],
        "replyToAddress": "",
        "signature": "",
    }
    if row["is_primary"]:
        return {**resource, "isPrimary": True, "isDefault": True}
    return {**resource, "treatAsAlias": True, "verificationStatus": row["verification_status"]}
