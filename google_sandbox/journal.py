"""The request journal: what was asked of Google, by whom, and how it was answered; secrets masked."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from google_sandbox.clock import Clock
from google_sandbox.store import Store

SCHEMA = """
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    service TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    query TEXT NOT NULL,
    account TEXT,
    client TEXT,
    status INTEGER NOT NULL,
    fault TEXT,
    detail TEXT NOT NULL
);
CREATE INDEX journal_path ON journal (path);
"""

SECRET_NAMES = frozenset(
    {
        "access_token", "assertion", "client_secret", "code", "code_challenge", "code_verifier", "flow", "id_token",
        "nonce", "password", "refresh_token", "state", "token",
    }
)  # fmt: skip
FORM_NAMES = ("grant_type", "assertion", "code", "refresh_token", "redirect_uri", "scope", "token")
ENDS = 4
# The newest entries that are kept: far more than any test makes, and a few megabytes
KEPT = 10_000


def mask(secret: str) -> str:
    """A secret's two ends; of a short one nothing."""
    return f"{secret[:ENDS]}…{secret[-ENDS:]}" if len(secret) > 4 * ENDS else "…"


def masked(values: Mapping[str, str]) -> dict[str, str]:
    return {name: mask(value) if name in SECRET_NAMES else value for name, value in values.items()}


class Journal:
    """The last KEPT requests; older ones are dropped, so that a sandbox left running doesn't fill the disk."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def record(
        self,
        *,
        service: str,
        method: str,
        path: str,
        query: Mapping[str, str],
        form: Mapping[str, str],
        account: str | None,
        client: str | None,
        status: int,
        fault: str | None,
    ) -> None:
        detail = masked({name: form[name] for name in FORM_NAMES if name in form})
        with self._store.transaction() as db:
            entry = db.execute(
                "INSERT INTO journal (at, service, method, path, query, account, client, status, fault, detail)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._clock.timestamp(), service, method, path, urlencode(masked(query)), account, client, status,
                    fault, json.dumps(detail),
                ),
            ).lastrowid  # fmt: skip
            db.execute("DELETE FROM journal WHERE id <= ? - ?", (entry, KEPT))

    def entries(
        self, *, path: str = "", method: str | None = None, account: str | None = None, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Entries in the order they came, narrowed by path prefix, method and account; `limit` keeps the newest."""
        with self._store.read() as db:
            rows = db.execute(
                "SELECT * FROM journal WHERE substr(path, 1, length(:path)) = :path"
                " AND (:method IS NULL OR method = :method) AND (:account IS NULL OR account = :account)"
                " ORDER BY id DESC LIMIT :limit",
                {"path": path, "method": method, "account": account, "limit": -1 if limit is None else limit},
            ).fetchall()
        return [{**dict(row), "detail": json.loads(row["detail"])} for row in reversed(rows)]

    def clear(self) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM journal")
