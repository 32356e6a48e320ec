"""Mail coming into a mailbox: filed, forwarded where that is set up, and answered where the person is away."""

import sqlite3
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from google_sandbox.gmail import forwarding, vacation_reply
from google_sandbox.gmail.content import Content
from google_sandbox.gmail.mailbox import Mailbox, store_content
from google_sandbox.gmail.recipients import find_mailboxes

RECEIVED_LABELS = ("UNREAD", "CATEGORY_PERSONAL", "INBOX")


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One copy of a message on its way.

    ``sender`` is where machines answer to, empty where none may; ``forwarded_by`` are the mailboxes it came through.
    """

    account: sqlite3.Row
    content: Content
    content_id: int
    sender: str
    trace: bytes = b""
    labels: tuple[str, ...] = RECEIVED_LABELS
    thread_id: str | None = None
    forwarded_by: tuple[str, ...] = ()


def arrive(db: sqlite3.Connection, at: float, first: Arrival) -> None:
    """Take in a message and everything that follows from it, in the order in which it is sent."""
    waiting = deque([first])
    while waiting:
        arrival = waiting.popleft()
        mailbox = Mailbox(db, arrival.account["sub"], at)
        onward = forwarding.onward(mailbox, arrival.account, arrival.forwarded_by)
        labels = arrival.labels if onward is None else onward.labels(arrival.labels)
        thread_id = arrival.thread_id or mailbox.thread_answered(
            arrival.content.references, arrival.content.thread_subject
        )
        mailbox.add(arrival.content_id, labels, thread_id=thread_id, trace=arrival.trace)
        if onward is not None:
            waiting.extend(_forwarded(db, arrival, onward))
        if not arrival.forwarded_by:
            waiting.extend(_answered(mailbox, arrival))


def post(db: sqlite3.Connection, at: float, content: Content, address: str) -> None:
    """Deliver a letter of Google's own, if the address has a mailbox here."""
    for arrival in _letters(db, content, address):
        arrive(db, at, arrival)


def _forwarded(db: sqlite3.Connection, arrival: Arrival, onward: forwarding.Onward) -> Iterator[Arrival]:
    for account in find_mailboxes(db, (onward.address,)).found:
        yield Arrival(
            account=account,
            content=arrival.content,
            content_id=arrival.content_id,
            sender=arrival.sender,
            trace=onward.trace + arrival.trace,
            forwarded_by=(*arrival.forwarded_by, arrival.account["sub"]),
        )


def _answered(mailbox: Mailbox, arrival: Arrival) -> Iterator[Arrival]:
    content = vacation_reply.answer_to(mailbox, arrival.account, arrival.content, arrival.sender)
    if content is not None:
        yield from _letters(mailbox.db, content, arrival.sender)


def _letters(db: sqlite3.Connection, content: Content, address: str) -> Iterator[Arrival]:
    """A letter that a machine wrote: no machine answers it."""
    for account in find_mailboxes(db, (address,)).found:
        yield Arrival(account=account, content=content, content_id=store_content(db, content), sender="")
