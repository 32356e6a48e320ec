"""Sending: one transaction puts the copy in Sent, the mail into every mailbox it is for, and bounces where none is."""

import sqlite3
from datetime import datetime

from google_sandbox.gmail.arrival import Arrival, arrive
from google_sandbox.gmail.bounce import bounce
from google_sandbox.gmail.mailbox import Mailbox, store_content
from google_sandbox.gmail.outgoing import Outgoing, trace_of_delivery
from google_sandbox.gmail.recipients import find_mailboxes

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
        arrival = Arrival(
            account=account,
            content=outgoing.others,
            content_id=shared,
            sender=outgoing.sender.address,
            trace=trace_of_delivery(account["email"], outgoing.sender, now),
        )
        arrive(mailbox.db, mailbox.at, arrival)
    for address in receivers.unknown:
        _bounce(mailbox, outgoing, address, now, sent["thread_id"])
    return mailbox.message(sent["id"])


def _bounce(mailbox: Mailbox, outgoing: Outgoing, address: str, now: datetime, thread_id: str) -> None:
    sender = mailbox.db.execute("SELECT * FROM accounts WHERE sub = ?", (mailbox.sub,)).fetchone()
    content = bounce(outgoing.own, outgoing.sender.address, address, now)
    arrival = Arrival(
        account=sender,
        content=content,
        content_id=store_content(mailbox.db, content),
        sender="",
        labels=BOUNCE_LABELS,
        thread_id=thread_id,
    )
    arrive(mailbox.db, mailbox.at, arrival)
