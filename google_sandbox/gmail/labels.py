"""users.labels: those every mailbox has, and those people make."""

import json
import sqlite3
from typing import Any

from google_sandbox.errors import GoogleError
from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import invalid_argument, not_found
from google_sandbox.gmail.mailbox import Mailbox
from google_sandbox.gmail.parameters import text_field
from google_sandbox.gmail.search import has_label
from google_sandbox.gmail.system_labels import HIDDEN_IN_LISTS, SYSTEM_LABELS

NAME_LENGTH = 225
RESERVED_NAMES = frozenset({*(name.lower() for name in SYSTEM_LABELS), "drafts", "muted", "all mail"})
VISIBILITIES = {
    "messageListVisibility": ("message_list_visibility", ("show", "hide")),
    "labelListVisibility": ("label_list_visibility", ("labelShow", "labelShowIfUnread", "labelHide")),
}


def list_(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        own = mailbox.db.execute("SELECT * FROM labels WHERE sub = ? ORDER BY rowid", (mailbox.sub,)).fetchall()
    return {"labels": [_system(label) for label in SYSTEM_LABELS] + [_resource(row) for row in own]}


def get(call: Call) -> dict[str, Any]:
    wanted = call.path["id"]
    with call.mailbox() as mailbox:
        resource = _system(wanted) if wanted in SYSTEM_LABELS else _resource(_find(mailbox, wanted))
        counts = _counts(mailbox, wanted)
    return {**resource, **counts}


def create(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        name = _valid_name(call, mailbox, own_id=None)
        new_id = _next_id(mailbox)
        mailbox.db.execute(
            "INSERT INTO labels VALUES (?, ?, ?, ?, ?, ?)",
            (
                mailbox.sub, new_id, name, _visibility(call, "messageListVisibility") or "show",
                _visibility(call, "labelListVisibility") or "labelShow", _color(call),
            ),
        )  # fmt: skip
        return _resource(_find(mailbox, new_id))


def patch(call: Call) -> dict[str, Any]:
    wanted = call.path["id"]
    with call.mailbox() as mailbox:
        row = _own(mailbox, wanted, "Invalid update request")
        name = _valid_name(call, mailbox, own_id=wanted) if "name" in call.body else row["name"]
        mailbox.db.execute(
            "UPDATE labels SET name = ?, message_list_visibility = ?, label_list_visibility = ?, color = ?"
            " WHERE sub = ? AND id = ?",
            (
                name, _visibility(call, "messageListVisibility") or row["message_list_visibility"],
                _visibility(call, "labelListVisibility") or row["label_list_visibility"],
                _color(call) or row["color"], mailbox.sub, wanted,
            ),
        )  # fmt: skip
        return _resource(_find(mailbox, wanted))


def delete(call: Call) -> None:
    """The label goes, also from every message that has it."""
    wanted = call.path["id"]
    with call.mailbox() as mailbox:
        _own(mailbox, wanted, "Invalid delete request")
        for row in _labeled(mailbox, wanted):
            mailbox.relabel(mailbox.message(row["id"]), remove=[wanted])
        mailbox.db.execute("DELETE FROM labels WHERE sub = ? AND id = ?", (mailbox.sub, wanted))


def _system(label: str) -> dict[str, Any]:
    resource = {"id": label, "name": label, "type": "system"}
    if label in HIDDEN_IN_LISTS:
        resource.update(messageListVisibility="hide", labelListVisibility="labelHide")
    return resource


def _resource(row: sqlite3.Row) -> dict[str, Any]:
    resource = {
        "id": row["id"],
        "name": row["name"],
        "messageListVisibility": row["message_list_visibility"],
        "labelListVisibility": row["label_list_visibility"],
        "type": "user",
    }
    return {**resource, "color": json.loads(row["color"])} if row["color"] else resource


def _counts(mailbox: Mailbox, label: str) -> dict[str, int]:
    rows = _labeled(mailbox, label)
    unread = [row for row in rows if "UNREAD" in row["labels"].split()]
    return {
        "messagesTotal": len(rows),
        "messagesUnread": len(unread),
        "threadsTotal": len({row["thread_id"] for row in rows}),
        "threadsUnread": len({row["thread_id"] for row in unread}),
    }


def _labeled(mailbox: Mailbox, label: str) -> list[sqlite3.Row]:
    condition = has_label(label)
    return mailbox.db.execute(
        f"SELECT m.id, m.thread_id, m.labels FROM messages m WHERE m.sub = ? AND {condition.sql}",  # noqa: S608  (values are bound)
        (mailbox.sub, *condition.values),
    ).fetchall()


def _find(mailbox: Mailbox, wanted: str) -> sqlite3.Row:
    row: sqlite3.Row | None = mailbox.db.execute(
        "SELECT * FROM labels WHERE sub = ? AND id = ?", (mailbox.sub, wanted)
    ).fetchone()
    if row is None:
        raise not_found()
    return row


def _own(mailbox: Mailbox, wanted: str, refusal: str) -> sqlite3.Row:
    if wanted in SYSTEM_LABELS:
        raise invalid_argument(refusal)
    return _find(mailbox, wanted)


def _valid_name(call: Call, mailbox: Mailbox, *, own_id: str | None) -> str:
    name = text_field(call.body, "name", "label.name").strip()
    if not name or len(name) > NAME_LENGTH or name.lower() in RESERVED_NAMES:
        raise invalid_argument("Invalid label name")
    taken = mailbox.db.execute(
        "SELECT 1 FROM labels WHERE sub = ? AND lower(name) = lower(?) AND id IS NOT ?", (mailbox.sub, name, own_id)
    ).fetchone()
    if taken is not None:
        raise GoogleError(409, "Label name exists or conflicts", reason="aborted", rpc_status="ABORTED")
    return name


def _visibility(call: Call, name: str) -> str | None:
    column, choices = VISIBILITIES[name]
    value = text_field(call.body, name, f"label.{column}")
    if value and value not in choices:
        message = f"Invalid value at 'label.{column}' (TYPE_ENUM), \"{value}\""
        raise invalid_argument(message)
    return value or None


def _color(call: Call) -> str | None:
    color = call.body.get("color")
    if color is None:
        return None
    if not isinstance(color, dict) or not {"textColor", "backgroundColor"}.issuperset(color):
        raise invalid_argument("Invalid color")
    return json.dumps(color)


def _next_id(mailbox: Mailbox) -> str:
    number = mailbox.db.execute(
        "UPDATE mailboxes SET next_label = next_label + 1 WHERE sub = ? RETURNING next_label", (mailbox.sub,)
    ).fetchone()["next_label"]
    return f"Label_{number - 1}"
