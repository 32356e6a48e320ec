"""users.getProfile."""

from typing import Any

from google_sandbox.gmail.call import Call


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
