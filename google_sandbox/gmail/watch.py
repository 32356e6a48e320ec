"""users.watch and users.stop: Gmail tells a Pub/Sub topic of changes in a mailbox, for a week."""

import re
import sqlite3
from typing import Any

from google_sandbox.errors import GoogleError
from google_sandbox.gmail.body import typed_body
from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import failed_precondition, invalid_argument
from google_sandbox.gmail.label_changes import require_labels

# The one topic on which Gmail's own service account may publish
GRANTED_TOPIC = "projects/acme-automation/topics/gmail-push"
TOPIC = re.compile(r"projects/[a-z][a-z0-9-]{4,28}[a-z0-9]/topics/[A-Za-z][A-Za-z0-9._~+%-]{2,254}")
SECONDS = 7 * 86_400
ONE_CLIENT = "Only one user push notification client allowed per developer (call /stop then try again)"


def watch(call: Call) -> dict[str, Any]:
    given = typed_body(call)
    topic = given.get("topicName", "")
    _require_topic(topic)
    with call.mailbox() as mailbox:
        labels = given.get("labelIds", [])
        require_labels(mailbox, labels)
        before = mailbox.db.execute("SELECT * FROM watches WHERE sub = ?", (mailbox.sub,)).fetchone()
        if before is not None and before["client_id"] != call.token.client_id and before["expires_at"] > mailbox.at:
            raise failed_precondition(ONE_CLIENT)
        expires_at = mailbox.at + SECONDS
        behavior = given.get("labelFilterBehavior", given.get("labelFilterAction", "include"))
        mailbox.db.execute(
            "INSERT OR REPLACE INTO watches VALUES (?, ?, ?, ?, ?, ?)",
            (mailbox.sub, call.token.client_id, topic, " ".join(labels), behavior, expires_at),
        )
        history = mailbox.db.execute("SELECT history_id FROM mailboxes WHERE sub = ?", (mailbox.sub,)).fetchone()
    return {"historyId": str(history["history_id"]), "expiration": _milliseconds(expires_at)}


def stop(call: Call) -> None:
    with call.mailbox() as mailbox:
        mailbox.db.execute("DELETE FROM watches WHERE sub = ? AND client_id = ?", (mailbox.sub, call.token.client_id))


def watch_of(db: sqlite3.Connection, sub: str, at: float) -> dict[str, Any] | None:
    """The watch that is on, if one is."""
    row = db.execute("SELECT * FROM watches WHERE sub = ? AND expires_at > ?", (sub, at)).fetchone()
    if row is None:
        return None
    return {
        "topicName": row["topic"],
        "labelIds": row["labels"].split(),
        "labelFilterBehavior": row["behavior"],
        "expiration": _milliseconds(row["expires_at"]),
    }


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


def _require_topic(topic: str) -> None:
    """Row 59 for a topic on which Gmail may not publish."""
    if not topic:
        raise invalid_argument("topicName required")
    if not TOPIC.fullmatch(topic):
        raise invalid_argument("Invalid topicName does not match projects/my-project-id/topics/*")
    if topic != GRANTED_TOPIC:
        message = f"Error sending test message to Cloud PubSub {topic} : User not authorized to perform this action."
        raise GoogleError(403, message, reason="forbidden")
