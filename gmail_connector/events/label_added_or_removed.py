"""Label Added or Removed: a message gets a label, or loses one."""

from collections.abc import Iterator, Mapping
from typing import Any

from connections.requirements import Requirements
from flows.cards import Event, Fields, Item, News, field
from gmail_connector.client import GmailClient
from gmail_connector.errors import MessageNotFound
from gmail_connector.events.event_fields import NOTES, EventOptions, EventOutputs, message_outputs
from gmail_connector.events.history import cursor_of_now, has_history, next_cursor, records
from gmail_connector.labels import label_ids
from gmail_connector.reading import Reader
from gmail_connector.scopes import READ_MAIL

CHANGES = {"labelsAdded": "added", "labelsRemoved": "removed"}


class Options(EventOptions):
    labels: tuple[str, ...] = field("Labels", help="By name or id. Empty means every label.", default=())


class LabelChange(Fields):
    label_added: tuple[str, ...] = field("Label Added")
    label_removed: tuple[str, ...] = field("Label Removed")


class Outputs(EventOutputs, LabelChange):  # fields of the last base come first
    pass


def poll(client: GmailClient, options: Options, cursor: Mapping[str, Any]) -> News:
    """Changes of labels since the cursor, in their order. :raises InputRejected: there is no such label.

    Without a history they can't be found out: at the first look, and where Gmail has lost it, it goes on from now.
    """
    wanted = set(label_ids(Reader(client), options.labels))
    if not has_history(cursor):
        return News(cursor=cursor_of_now(client, cursor), items=())
    try:
        found, history_id = records(client, cursor, "labelAdded", "labelRemoved")
    except MessageNotFound:
        return News(cursor=cursor_of_now(client, cursor), items=())
    items = tuple(item for record in found for item in _items(record, wanted))
    return News(cursor=next_cursor(cursor, history_id), items=items)


def _items(record: Mapping[str, Any], wanted: set[str]) -> Iterator[Item]:
    """One for each message of the record whose change has a label that counts."""
    changes: dict[str, dict[str, list[str]]] = {}
    for kind, name in CHANGES.items():
        for each in record.get(kind) or []:
            labels = [label for label in each.get("labelIds") or [] if not wanted or label in wanted]
            if labels:
                changes.setdefault(each["message"]["id"], {"added": [], "removed": []})[name] += labels
    for message_id, change in changes.items():
        yield Item(key=f"{record['id']}-{message_id}", data={"message_id": message_id, **change})


def read(client: GmailClient, _options: Options, data: Mapping[str, Any]) -> Outputs:
    """:raises MessageNotFound: it was deleted since. :raises ConsoleError: Gmail refused."""
    reader = Reader(client)
    return Outputs(
        label_added=reader.names(data["added"]),
        label_removed=reader.names(data["removed"]),
        **message_outputs(reader.read(data["message_id"])),
    )


event = Event(
    key="gmail.label_added_or_removed",
    title="Label Added or Removed",
    summary="A message of the mailbox gets a label, or loses one.",
    quota_units=2,
    needs=Requirements(scopes=(READ_MAIL,)),
    options=Options,
    outputs=Outputs,
    poll=poll,
    read=read,
    notes=f"{NOTES} A change from before Gmail's history begins, often a week ago, can't be found any more.",
)
