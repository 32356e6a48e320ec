"""All of a mailbox's settings for the control page and its API, each as Gmail answers it."""

import sqlite3
from typing import Any

from google_sandbox.gmail.mailbox import Mailbox
from google_sandbox.gmail.settings import FIRST, read_setting
from google_sandbox.gmail.settings_delegates import delegated_mailboxes, delegates
from google_sandbox.gmail.settings_forwarding_addresses import forwarding_addresses
from google_sandbox.gmail.settings_send_as import send_as_addresses
from google_sandbox.gmail.watch import watch_of


def settings_of(db: sqlite3.Connection, account: sqlite3.Row, at: float) -> dict[str, Any]:
    """By Gmail's names; `delegatedMailboxes` are those of others that this person opens as a delegate."""
    sub = account["sub"]
    return {
        **{name: read_setting(db, sub, name) for name in FIRST},
        "forwardingAddresses": forwarding_addresses(db, sub),
        "delegates": delegates(db, sub),
        "delegatedMailboxes": delegated_mailboxes(db, account["email"]),
        "sendAs": send_as_addresses(Mailbox(db, sub, at)),
        "watch": watch_of(db, sub, at),
    }
