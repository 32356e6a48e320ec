"""users.threads: all messages of one thread at once."""

from collections.abc import Collection
from typing import Any

from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import valid_id
from google_sandbox.gmail.label_changes import TRASHED, UNTRASHED, read_changes
from google_sandbox.gmail.listing import list_threads
from google_sandbox.gmail.messages import sent_resource
from google_sandbox.gmail.payload import message_resource


def list_(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        page = list_threads(call, mailbox)
        entries = [
            {
                "id": row["id"],
                "snippet": mailbox.thread(row["id"])[-1]["snippet"],
                "historyId": str(row["history_id"]),
            }
            for row in page.rows
        ]
    return page.resource("threads", entries)


def get(call: Call) -> dict[str, Any]:
    wanted = valid_id(call.path["id"])
    message_format = call.parameters["format"]
    with call.mailbox() as mailbox:
        rows = mailbox.thread(wanted)
        raws = [None if message_format == "minimal" else mailbox.raw(row) for row in rows]
    headers = call.parameters["metadataHeaders"]
    return {
        "id": wanted,
        "historyId": str(max(row["history_id"] for row in rows)),
        "messages": [message_resource(row, raw, message_format, headers) for row, raw in zip(rows, raws, strict=True)],
    }


def modify(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        changes = read_changes(mailbox, call.body)
    return _relabel(call, add=changes.add, remove=changes.remove)


def trash(call: Call) -> dict[str, Any]:
    return _relabel(call, **TRASHED)


def untrash(call: Call) -> dict[str, Any]:
    return _relabel(call, **UNTRASHED)


def delete(call: Call) -> None:
    wanted = valid_id(call.path["id"])
    with call.mailbox() as mailbox:
        for row in mailbox.thread(wanted):
            mailbox.delete(row)


def _relabel(call: Call, *, add: Collection[str] = (), remove: Collection[str] = ()) -> dict[str, Any]:
    wanted = valid_id(call.path["id"])
    with call.mailbox() as mailbox:
        rows = [mailbox.relabel(row, add=add, remove=remove) for row in mailbox.thread(wanted)]
    return {"id": wanted, "messages": [sent_resource(row) for row in rows]}
