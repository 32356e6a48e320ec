"""New Email: a message arrives."""

from collections.abc import Mapping
from typing import Any

from connections.requirements import Requirements
from flows.cards import Event, Item, News, field
from gmail_connector.client import GmailClient
from gmail_connector.errors import MessageNotFound
from gmail_connector.events.event_fields import NOTES, EventOptions, EventOutputs, message_outputs
from gmail_connector.events.history import (
    NOT_ARRIVED,
    cursor_of_now,
    has_history,
    next_cursor,
    records,
    search,
    since_last_look,
    since_on,
)
from gmail_connector.labels import label_ids
from gmail_connector.reading import Reader
from gmail_connector.scopes import READ_MAIL

UNFOUND = "unfound"
"""In the cursor: what arrived and the query didn't find. Gmail's index may have been late: it is looked for once more.
"""


class Options(EventOptions):
    query: str = field(
        "Query", help="As in Gmail's search box: from:ben@acme.example. Empty means every message.", default=""
    )
    labels: tuple[str, ...] = field("Labels", help="By name or id. A message must have all of them.", default=())


def poll(client: GmailClient, options: Options, cursor: Mapping[str, Any]) -> News:
    """Messages that arrived since the cursor, the oldest first. :raises InputRejected: there is no such label."""
    labels = label_ids(Reader(client), options.labels)
    if not has_history(cursor):
        return _search_anew(client, options, labels, cursor)
    try:
        found, history_id = records(client, cursor, "messageAdded")
    except MessageNotFound:
        return _search_anew(client, options, labels, cursor)
    added = [each["message"] for record in found for each in record.get("messagesAdded") or []]
    arrived = [each["id"] for each in added if _counts(each, labels)]
    following = next_cursor(cursor, history_id)
    if options.query.strip():
        asked_for = [*cursor.get(UNFOUND, ()), *arrived]
        matching = set(search(client, options.query, since_last_look(cursor))) if asked_for else set()
        following[UNFOUND] = [each for each in arrived if each not in matching]
        arrived = [each for each in asked_for if each in matching]
    return News(cursor=following, items=tuple(_item(each) for each in arrived))


def _counts(message: Mapping[str, Any], labels: tuple[str, ...]) -> bool:
    has = set(message.get("labelIds") or [])
    return not has & NOT_ARRIVED and has >= set(labels)


def _search_anew(client: GmailClient, options: Options, labels: tuple[str, ...], cursor: Mapping[str, Any]) -> News:
    """The first look, or Gmail keeps no history that far back. What was seen before has its run already."""
    anew = cursor_of_now(client, cursor)
    since = max(since_on(cursor), since_last_look(cursor))
    ids = list(search(client, options.query, since, label_ids=labels))
    return News(cursor=anew, items=tuple(_item(each) for each in reversed(ids)))


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
    notes=f"{NOTES} What the mailbox sends is no news, also where it sends it to itself: a flow would answer itself.",
)
