"""users.drafts: a draft keeps its id while its message changes, and can be sent once."""

import sqlite3
from typing import Any

from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import invalid_argument, valid_draft_id
from google_sandbox.gmail.listing import list_messages
from google_sandbox.gmail.mailbox import Mailbox, store_content
from google_sandbox.gmail.messages import send_as_of, send_raw, sent_resource, thread_field
from google_sandbox.gmail.outgoing import prepare_draft
from google_sandbox.gmail.parameters import text_field
from google_sandbox.gmail.payload import message_resource

DRAFT_LABELS = ("DRAFT",)


def list_(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        page = list_messages(call, mailbox, drafts_only=True)
        entries = [
            {"id": _draft_of(mailbox, row["id"]), "message": {"id": row["id"], "threadId": row["thread_id"]}}
            for row in page.rows
        ]
    return page.resource("drafts", entries)


def get(call: Call) -> dict[str, Any]:
    wanted = valid_draft_id(call.path["id"])
    message_format = call.parameters["format"]
    with call.mailbox() as mailbox:
        row = mailbox.draft(wanted)
        raw = None if message_format == "minimal" else mailbox.raw(row)
    return {"id": wanted, "message": message_resource(row, raw, message_format)}


def create(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        row = _store(call, mailbox, thread_id=thread_field(_message(call)))
        new_id = mailbox.hold_draft(row["id"])
    return {"id": new_id, "message": sent_resource(row)}


def update(call: Call) -> dict[str, Any]:
    """Another message in the same draft: the message gets a new id, the draft keeps its own."""
    wanted = valid_draft_id(call.path["id"])
    with call.mailbox() as mailbox:
        row = _replace(call, mailbox, wanted)
    return {"id": wanted, "message": sent_resource(row)}


def delete(call: Call) -> None:
    wanted = valid_draft_id(call.path["id"])
    with call.mailbox() as mailbox:
        mailbox.delete(mailbox.draft(wanted))


def send(call: Call) -> dict[str, Any]:
    """Send what the draft holds, or what came with the call. The draft is gone after, its thread stays."""
    wanted = text_field(call.body, "id", "draft.id")
    if not wanted:
        raise invalid_argument("Missing draft id")
    valid_draft_id(wanted)
    with call.mailbox() as mailbox:
        draft = mailbox.draft(wanted)
        if call.media is not None or call.message_field().get("raw"):
            draft = _replace(call, mailbox, wanted)
        raw = mailbox.raw(draft)
        mailbox.delete(draft)
        sent = send_raw(call, mailbox, raw, kept_thread=draft["thread_id"])
    return sent_resource(sent)


def _message(call: Call) -> dict[str, Any]:
    if call.media is None and not call.body.get("message"):
        raise invalid_argument("Missing draft message")
    return dict(call.message_field())


def _store(call: Call, mailbox: Mailbox, *, thread_id: str | None, kept_thread: str | None = None) -> sqlite3.Row:
    content = prepare_draft(call.raw_message(_message(call)), send_as_of(mailbox), call.now)
    thread = kept_thread or mailbox.chosen_thread(thread_id, content)
    return mailbox.add(store_content(mailbox.db, content), DRAFT_LABELS, thread_id=thread)


def _replace(call: Call, mailbox: Mailbox, wanted: str) -> sqlite3.Row:
    before = mailbox.draft(wanted)
    mailbox.delete(before)
    row = _store(call, mailbox, thread_id=None, kept_thread=before["thread_id"])
    mailbox.hold_draft(row["id"], wanted)
    return row


def _draft_of(mailbox: Mailbox, message: str) -> str:
    row = mailbox.db.execute(
        "SELECT id FROM drafts WHERE sub = ? AND message_id = ?", (mailbox.sub, message)
    ).fetchone()
    return str(row["id"])
