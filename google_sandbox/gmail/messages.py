"""users.messages: list, get, send, change, delete, and their attachments."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from google_sandbox.gmail.call import Call
from google_sandbox.gmail.delivery import deliver
from google_sandbox.gmail.header_block import HeaderBlock
from google_sandbox.gmail.ids import invalid_argument, part_of_attachment, valid_id
from google_sandbox.gmail.label_changes import TRASHED, UNTRASHED, read_changes
from google_sandbox.gmail.listing import list_messages
from google_sandbox.gmail.mailbox import Mailbox
from google_sandbox.gmail.outgoing import prepare
from google_sandbox.gmail.parameters import text_field, text_list
from google_sandbox.gmail.payload import attachment_resource, message_resource
from google_sandbox.gmail.recipients import recipients

BATCH_LIMIT = 1000


def list_(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        page = list_messages(call, mailbox)
    return page.resource("messages", [{"id": row["id"], "threadId": row["thread_id"]} for row in page.rows])


def get(call: Call) -> dict[str, Any]:
    wanted = valid_id(call.path["id"])
    message_format = call.parameters["format"]
    with call.mailbox() as mailbox:
        row = mailbox.message(wanted)
        raw = None if message_format == "minimal" else mailbox.raw(row)
    return message_resource(row, raw, message_format, call.parameters["metadataHeaders"])


def get_attachment(call: Call) -> dict[str, Any]:
    wanted = valid_id(call.path["messageId"])
    with call.mailbox() as mailbox:
        raw = mailbox.raw(mailbox.message(wanted))
    return attachment_resource(raw, part_of_attachment(wanted, call.path["id"]))


def send(call: Call) -> dict[str, Any]:
    raw = call.raw_message(call.body)
    with call.mailbox() as mailbox:
        sent = send_raw(call, mailbox, raw, thread_id=thread_field(call.body))
    return sent_resource(sent)


def send_raw(
    call: Call, mailbox: Mailbox, raw: bytes, *, thread_id: str | None = None, kept_thread: str | None = None
) -> sqlite3.Row:
    """Send these bytes; into the thread asked for only if References and Subject fit as well. A draft keeps its own."""
    addresses = recipients(HeaderBlock.split(raw).parsed())
    outgoing = prepare(raw, send_as_of(mailbox), call.now)
    thread = kept_thread or mailbox.chosen_thread(thread_id, outgoing.own)
    return deliver(mailbox, outgoing, addresses, call.now, thread_id=thread)


def send_as_of(mailbox: Mailbox) -> list[sqlite3.Row]:
    """Own address first, then the aliases."""
    return mailbox.db.execute(
        "SELECT * FROM send_as WHERE sub = ? ORDER BY is_primary DESC, email", (mailbox.sub,)
    ).fetchall()


def thread_field(message: Mapping[str, Any]) -> str | None:
    thread_id = text_field(message, "threadId", "message.thread_id")
    return valid_id(thread_id, "Invalid thread_id value") if thread_id else None


def sent_resource(row: sqlite3.Row) -> dict[str, Any]:
    """What Gmail says of a message just stored or changed: no more than where it is."""
    labels = row["labels"].split()
    resource: dict[str, Any] = {"id": row["id"], "threadId": row["thread_id"]}
    return {**resource, "labelIds": labels} if labels else resource


def modify(call: Call) -> dict[str, Any]:
    wanted = valid_id(call.path["id"])
    with call.mailbox() as mailbox:
        changes = read_changes(mailbox, call.body)
        row = mailbox.relabel(mailbox.message(wanted), add=changes.add, remove=changes.remove)
    return sent_resource(row)


def trash(call: Call) -> dict[str, Any]:
    wanted = valid_id(call.path["id"])
    with call.mailbox() as mailbox:
        row = mailbox.relabel(mailbox.message(wanted), **TRASHED)
    return sent_resource(row)


def untrash(call: Call) -> dict[str, Any]:
    wanted = valid_id(call.path["id"])
    with call.mailbox() as mailbox:
        row = mailbox.relabel(mailbox.message(wanted), **UNTRASHED)
    return sent_resource(row)


def delete(call: Call) -> None:
    wanted = valid_id(call.path["id"])
    with call.mailbox() as mailbox:
        mailbox.delete(mailbox.message(wanted))


def batch_modify(call: Call) -> None:
    with call.mailbox() as mailbox:
        changes = read_changes(mailbox, call.body)
        for wanted in _batch_ids(call):
            mailbox.relabel(mailbox.message(wanted), add=changes.add, remove=changes.remove)


def batch_delete(call: Call) -> None:
    with call.mailbox() as mailbox:
        for wanted in _batch_ids(call):
            mailbox.delete(mailbox.message(wanted))


def _batch_ids(call: Call) -> list[str]:
    wanted = text_list(call.body, "ids", "ids")
    if not wanted:
        raise invalid_argument("No message ids specified.")
    if len(wanted) > BATCH_LIMIT:
        raise invalid_argument("Too many message ids specified.")
    return list(dict.fromkeys(valid_id(each) for each in wanted))
