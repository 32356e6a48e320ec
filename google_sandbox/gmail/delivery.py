"""Sending: one transaction puts the copy in Sent, the mail into every mailbox it is for, and bounces where none is."""

import sqlite3
from datetime import datetime

from google_sandbox.gmail.bounce import bounce
from google_sandbox.gmail.mailbox import Mailbox, store_content
from google_sandbox.gmail.outgoing import Outgoing, trace_of_delivery
from google_sandbox.gmail.recipients import find_mailboxes

RECEIVED_LABELS = ("UNREAD", "CATEGORY_PERSONAL", "INBOX")
SENT_LABELS = ("SENT",)
TO_ONESELF_LABELS = ("UNREAD", "SENT", "INBOX")
BOUNCE_LABELS = ("UNREAD", "INBOX")


def deliver(
    mailbox: Mailbox, outgoing: Outgoing, addresses: tuple[str, ...], now: datetime, *, thread_id: str | None
) -> sqlite3.Row:
    """Send a message that is ready, into this thread of the sender if one is given. Gives the sender's copy."""
    receivers = find_mailboxes(mailbox.db, addresses)
    to_oneself = any(account["sub"] == mailbox.sub for account in receivers.found)
    own_content = store_content(mailbox.db, outgoing.own)
    sent = mailbox.add(own_content, TO_ONESELF_LABELS if to_oneself else SENT_LABELS, thread_id=thread_id)
    others = [account for account in receivers.found if account["sub"] != mailbox.sub]
    shared = own_content
    if others and outgoing.others is not outgoing.own:
        shared = store_content(mailbox.db, outgoing.others)
    for account in others:
        _receive(mailbox, outgoing, shared, account, now)
    for address in receivers.unknown:
        content = bounce(outgoing.own, outgoing.sender.address, address, now)
        mailbox.add(store_content(mailbox.db, content), BOUNCE_LABELS, thread_id=sent["thread_id"])
    return mailbox.message(sent["id"])


def _receive(sender: Mailbox, outgoing: Outgoing, content_id: int, account: sqlite3.Row, now: datetime) -> None:
    receiver = Mailbox(sender.db, account["sub"], sender.at)
    receiver.add(
        content_id,
        RECEIVED_LABELS,
        thread_id=receiver.thread_answered(outgoing.others.references, outgoing.others.thread_subject),
        trace=trace_of_delivery(account["email"], outgoing.sender, now),
    )
