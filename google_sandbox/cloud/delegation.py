"""Domain-wide delegation: which scopes an organization lets a service account use in its people's mailboxes."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """An entry of the organization's Admin console, by the service account's client id."""

    domain: str
    client_id: str
    scopes: frozenset[str]
    registered_at: float


def find(db: sqlite3.Connection, domain: str, client_id: str) -> Delegation | None:
    row = db.execute("SELECT * FROM delegations WHERE domain = ? AND client_id = ?", (domain, client_id)).fetchone()
    return None if row is None else Delegation(**{**dict(row), "scopes": frozenset(row["scopes"].split())})


def register(db: sqlite3.Connection, domain: str, client_id: str, scopes: Collection[str], now: float) -> None:
    """Enter these scopes and no others: what was registered for this client before is replaced."""
    db.execute(
        "INSERT OR REPLACE INTO delegations (domain, client_id, scopes, registered_at) VALUES (?, ?, ?, ?)",
        (domain, client_id, " ".join(sorted(scopes)), now),
    )


def remove(db: sqlite3.Connection, domain: str, client_id: str) -> bool:
    """Delete the entry. Tokens made by it live on until their hour is over, as at Google."""
    return db.execute("DELETE FROM delegations WHERE domain = ? AND client_id = ?", (domain, client_id)).rowcount > 0
