"""users.settings.forwardingAddresses: where mail may be forwarded to, once its owner agrees (row 52)."""

import sqlite3
from typing import Any

from google_sandbox.gmail.addresses import is_in_organization, own_addresses, required_address
from google_sandbox.gmail.body import typed_body
from google_sandbox.gmail.call import Call
from google_sandbox.gmail.confirmation import ask_to_forward
from google_sandbox.gmail.ids import already_exists, invalid_argument, not_found
from google_sandbox.gmail.mailbox import Mailbox
from google_sandbox.gmail.settings_forwarding import stop_forwarding_to
from google_sandbox.gmail.staged import take


def list_(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        found = forwarding_addresses(mailbox.db, mailbox.sub)
    return {"forwardingAddresses": found} if found else {}


def get(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        return _resource(_find(mailbox, call.path["forwardingEmail"]))


def create(call: Call) -> dict[str, Any]:
    address = required_address(typed_body(call), "forwardingEmail")
    account = call.token.account
    if address in own_addresses(account):
        raise invalid_argument("The requested forwarding address is not allowed.")
    with call.mailbox() as mailbox:
        if _row(mailbox, address) is not None:
            raise already_exists()
        needs_consent = take(call, "gmail:forwarding_pending") is not None or not is_in_organization(account, address)
        status = "pending" if needs_consent else "accepted"
        mailbox.db.execute("INSERT INTO forwarding_addresses VALUES (?, ?, ?)", (mailbox.sub, address, status))
        if needs_consent:
            ask_to_forward(call, mailbox, address)
        return _resource(_find(mailbox, address))


def delete(call: Call) -> None:
    with call.mailbox() as mailbox:
        address = _find(mailbox, call.path["forwardingEmail"])["email"]
        mailbox.db.execute("DELETE FROM forwarding_addresses WHERE sub = ? AND email = ?", (mailbox.sub, address))
        stop_forwarding_to(mailbox.db, mailbox.sub, address)


def forwarding_addresses(db: sqlite3.Connection, sub: str) -> list[dict[str, Any]]:
    rows = db.execute("SELECT * FROM forwarding_addresses WHERE sub = ? ORDER BY rowid", (sub,)).fetchall()
    return [_resource(row) for row in rows]


def answer_request(mailbox: Mailbox, address: str, *, accepted: bool) -> bool:
    """What the owner of an address says to being forwarded to. Whether the address was waiting for it."""
    row = _row(mailbox, address)
    if row is None or row["verification_status"] != "pending":
        return False
    change = (
        "UPDATE forwarding_addresses SET verification_status = 'accepted'"
        if accepted
        else "DELETE FROM forwarding_addresses"
    )
    mailbox.db.execute(f"{change} WHERE sub = ? AND email = ?", (mailbox.sub, row["email"]))
    return True


def _row(mailbox: Mailbox, address: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = mailbox.db.execute(
        "SELECT * FROM forwarding_addresses WHERE sub = ? AND email = ?", (mailbox.sub, address.lower())
    ).fetchone()
    return row


def _find(mailbox: Mailbox, address: str) -> sqlite3.Row:
    row = _row(mailbox, address)
    if row is None:
        raise not_found()
    return row


def _resource(row: sqlite3.Row) -> dict[str, Any]:
    return {"forwardingEmail": row["email"], "verificationStatus": row["verification_status"]}
