"""What Gmail does to a message on its way out: its own Message-ID, a From it trusts, a Date, a trace; no Bcc."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from google_sandbox.gmail.content import Content
from google_sandbox.gmail.header_block import HeaderBlock, fold
from google_sandbox.gmail.ids import message_id_header
from google_sandbox.gmail.recipients import Sender, choose_sender

# Headers that say how a message travelled are Google's to write
TRACE_HEADERS = ("Return-Path", "Delivered-To", "Received", "X-Received")


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A message about to leave: the sender's copy, and the same without Bcc for everybody else."""

    own: Content
    others: Content
    sender: Sender


def prepare_draft(raw: bytes, send_as: list[sqlite3.Row], now: datetime) -> Content:
    """A draft as it is kept: with a From and a Date, and otherwise as it came."""
    return Content.parse(_completed(HeaderBlock.split(raw), send_as, now)[0].joined())


def prepare(raw: bytes, send_as: list[sqlite3.Row], now: datetime) -> Outgoing:
    """The message as it leaves, made ready before anything is written."""
    block, sender = _completed(HeaderBlock.split(raw).without(TRACE_HEADERS), send_as, now)
    block = block.with_field("Message-ID", message_id_header()).before(
        "Received", f"from 1080 named unknown by gmailapi.google.com with HTTPREST; {format_datetime(now)}"
    )
    own = Content.parse(block.joined())
    others = own if not own.bcc else own.without_bcc(block.without(("Bcc",)).joined())
    return Outgoing(own=own, others=others, sender=sender)


def trace_of_delivery(address: str, sender: Sender, now: datetime) -> bytes:
    """What the way adds at the top of a recipient's copy."""
    return (
        fold("Delivered-To", address)
        + fold("Return-Path", f"<{sender.address}>")
        + fold("Received", f"by 2002:a05:6a10:: with SMTP id sandbox; {format_datetime(now)}")
    )


def _completed(block: HeaderBlock, send_as: list[sqlite3.Row], now: datetime) -> tuple[HeaderBlock, Sender]:
    """With what every message has to have."""
    sender = choose_sender(block.parsed(), send_as)
    completed = block.with_field("From", sender.header)
    names = set(completed.names())
    if "date" not in names:
        completed = completed.with_field("Date", format_datetime(now))
    if "mime-version" not in names:
        completed = completed.with_field("MIME-Version", "1.0")
    return completed, sender
