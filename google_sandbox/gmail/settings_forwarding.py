"""users.settings: where all incoming mail is forwarded to, and what becomes of it here."""

import sqlite3
from typing import Any

from google_sandbox.gmail.body import typed_body
from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import failed_precondition
from google_sandbox.gmail.settings import AUTO_FORWARDING, read_setting, write_setting


def get_auto_forwarding(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        return read_setting(mailbox.db, mailbox.sub, AUTO_FORWARDING)


def update_auto_forwarding(call: Call) -> dict[str, Any]:
    """On needs an address that was accepted (row 51); off forgets where to."""
    given = typed_body(call)
    with call.mailbox() as mailbox:
        forwarding: dict[str, Any] = {"enabled": False}
        if given.get("enabled"):
            address = given.get("emailAddress", "").strip().lower()
            if not _is_accepted(mailbox.db, mailbox.sub, address):
                raise failed_precondition("Invalid forwarding address")
            disposition = given.get("disposition", "leaveInInbox")
            forwarding = {"enabled": True, "emailAddress": address, "disposition": disposition}
        return write_setting(mailbox.db, mailbox.sub, AUTO_FORWARDING, forwarding)


def stop_forwarding_to(db: sqlite3.Connection, sub: str, address: str) -> None:
    """An address that is no longer there gets no more mail."""
    if read_setting(db, sub, AUTO_FORWARDING).get("emailAddress") == address:
        write_setting(db, sub, AUTO_FORWARDING, {"enabled": False})


def _is_accepted(db: sqlite3.Connection, sub: str, address: str) -> bool:
    row = db.execute(
        "SELECT 1 FROM forwarding_addresses WHERE sub = ? AND email = ? AND verification_status = 'accepted'",
        (sub, address),
    ).fetchone()
    return row is not None
