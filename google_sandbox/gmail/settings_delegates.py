"""users.settings.delegates: who else of the organization may open this mailbox."""

import sqlite3
from typing import Any

from google_sandbox import world
from google_sandbox.errors import GoogleError, backend_error
from google_sandbox.gmail.addresses import is_address
from google_sandbox.gmail.body import typed_body
from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import already_exists, failed_precondition, invalid_argument, not_found
from google_sandbox.gmail.mailbox import Mailbox
from google_sandbox.gmail.staged import take


def list_(call: Call) -> dict[str, Any] | None:
    """Of a mailbox without delegates `{}`, or nothing at all with 204: both have been seen (row 49)."""
    with call.mailbox() as mailbox:
        found = delegates(mailbox.db, mailbox.sub)
    if found:
        return {"delegates": found}
    return {} if take(call, "gmail:delegates_204") is None else None


def get(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        return _resource(_find(mailbox, call.path["delegateEmail"]))


def create(call: Call) -> dict[str, Any]:
    """Accepted at once, without a mail."""
    address = typed_body(call).get("delegateEmail", "").strip().lower()
    with call.mailbox() as mailbox:
        _require_possible(mailbox.db, call.token.account, address)
        if _row(mailbox, address) is not None:
            raise already_exists()
        mailbox.db.execute("INSERT INTO delegates VALUES (?, ?, 'accepted')", (mailbox.sub, address))
        return _resource(_find(mailbox, address))


def delete(call: Call) -> None:
    with call.mailbox() as mailbox:
        address = _find(mailbox, call.path["delegateEmail"])["email"]
        mailbox.db.execute("DELETE FROM delegates WHERE sub = ? AND email = ?", (mailbox.sub, address))


def delegates(db: sqlite3.Connection, sub: str) -> list[dict[str, Any]]:
    rows = db.execute("SELECT * FROM delegates WHERE sub = ? ORDER BY rowid", (sub,)).fetchall()
    return [_resource(row) for row in rows]


def delegated_mailboxes(db: sqlite3.Connection, address: str) -> list[str]:
    """The mailboxes that this person opens as a delegate."""
    rows = db.execute(
        "SELECT accounts.email FROM delegates JOIN accounts USING (sub)"
        " WHERE delegates.email = ? AND delegates.verification_status = 'accepted' ORDER BY accounts.email",
        (address,),
    )
    return [row["email"] for row in rows]


def _require_possible(db: sqlite3.Connection, owner: sqlite3.Row, address: str) -> None:
    """Somebody else of the same organization, by the primary address."""
    if not is_address(address):
        raise failed_precondition("Bad Request")
    account = world.find_account(db, address)
    if account is None or account["deleted"] or account["hosted_domain"] != owner["hosted_domain"]:
        raise _invalid_delegate()
    if account["email"] != address:
        raise failed_precondition("Bad Request")
    if account["sub"] == owner["sub"] or not account["has_gmail"]:
        raise _invalid_delegate()
    if account["suspended"]:
        # No refusal but a failure of Gmail's own, as people met it
        raise backend_error(500, oauth=False)


def _invalid_delegate() -> GoogleError:
    return invalid_argument("Invalid delegate")


def _row(mailbox: Mailbox, address: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = mailbox.db.execute(
        "SELECT * FROM delegates WHERE sub = ? AND email = ?", (mailbox.sub, address.lower())
    ).fetchone()
    return row


def _find(mailbox: Mailbox, address: str) -> sqlite3.Row:
    row = _row(mailbox, address)
    if row is None:
        raise not_found()
    return row


def _resource(row: sqlite3.Row) -> dict[str, Any]:
    return {"delegateEmail": row["email"], "verificationStatus": row["verification_status"]}
