"""New Email: a message arrives."""

from collections.abc import Mapping
from typing import Any

from connections.requirements import Requirements
from flows.cards import Event, Item, News, field
from gmail_connector.client import GmailClient
from gmail_connector.errors import MessageNotFound
from gmail_connector.events.event_fields import NOTES, EventOptions, EventOutputs, message_outputs
from gmail_connector.events.history import NOT_ARRIVED, first_cursor, next_cursor, records, search, since
from gmail_connector.labels import label_ids
from gmail_connector.reading import Reader
from gmail_connector.scopes import READ_MAIL

ARRIVED = "-in:sent -in:drafts"


class Options(EventOptions):
    query: str = field(
        "Query", help="As in Gmail's search box: from:ben@acme.example. Empty means every message.", default=""
    )
    labels: tuple[str, ...] = field("Labels", help="By name or id. A message must have all of them.", default=())


def poll(client: GmailClient, options: Options, cursor: Mapping[str, Any]) -> News:
    """Messages that arrived since the cursor, the oldest first. :raises InputRejected: there is no such label."""
    if not cursor:
        return News(cursor=first_cursor(client), items=())
    labels = label_ids(Reader(client), options.labels)
    try:
        found, history_id = records(client, cursor, "messageAdded")
    except MessageNotFound:
        return _resync(client, options, labels, cursor)
    added = [each["message"] for record in found for each in record.get("messagesAdded") or []]
    arrived = [each for each in added if _counts(each, labels)]
    if arrived and options.query.strip():
        matching = set(search(client, options.query.strip(), (), since(cursor)))
        arrived = [each for each in arrived if each["id"] in matching]
    return News(cursor=next_cursor(cursor, history_id), items=tuple(_item(each["id"]) for each in arrived))


def _counts(message: Mapping[str, Any], labels: tuple[str, ...]) -> bool:
    has = set(message.get("labelIds") or [])
    return not has & NOT_ARRIVED and has >= set(labels)


def _resync(client: GmailClient, options: Options, labels: tuple[str, ...], cursor: Mapping[str, Any]) -> News:
    """Gmail keeps no history that far back: search for what came since. What was seen before has its run already."""
    anew = first_cursor(client)
    ids = list(search(client, f"{options.query} {ARRIVED}".strip(), labels, since(cursor)))
    return News(cursor={**anew, "began": cursor["began"]}, items=tuple(_item(each) for each in reversed(ids)))


def _item(message_id: str) -> Item:
    return Item(key=message_id, data={"message_id": message_id})


def read(client: GmailClient, _options: Options, data: Mapping[str, Any]) -> EventOutputs:
    """:raises MessageNotFound: it was deleted since. :raises ConsoleError: Gmail refused."""
    return EventOutputs(**message_outputs(Reader(client).read(data["message_id"])))


event = Event(
    key="gmail.new_email",
    title="New Email",
    summary="A message arrives in the mailbox.",
    quota_units=2,
    needs=Requirements(scopes=(READ_MAIL,)),
    options=Options,
    outputs=EventOutputs,
    poll=poll,
    read=read,
    notes=NOTES,
)
