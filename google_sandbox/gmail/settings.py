"""Settings a mailbox has one of: kept as the resource that Gmail answers, and before the first change as it begins."""

import json
import sqlite3
from typing import Any

VACATION, IMAP, POP, LANGUAGE, AUTO_FORWARDING = "vacation", "imap", "pop", "language", "autoForwarding"

# Of a mailbox that nobody has touched
FIRST: dict[str, dict[str, Any]] = {
    VACATION: {
        "enableAutoReply": False,
        "responseSubject": "",
        "responseBodyHtml": "",
        "restrictToContacts": False,
        "restrictToDomain": False,
    },
    IMAP: {"enabled": True, "autoExpunge": True, "expungeBehavior": "archive", "maxFolderSize": 0},
    POP: {"accessWindow": "disabled", "disposition": "leaveInInbox"},
    LANGUAGE: {"displayLanguage": "en"},
    AUTO_FORWARDING: {"enabled": False},
}


def read_setting(db: sqlite3.Connection, sub: str, name: str) -> dict[str, Any]:
    row = db.execute("SELECT value FROM settings WHERE sub = ? AND name = ?", (sub, name)).fetchone()
    return dict(FIRST[name]) if row is None else dict(json.loads(row["value"]))


def write_setting(db: sqlite3.Connection, sub: str, name: str, value: dict[str, Any]) -> dict[str, Any]:
    """Replace the setting, as every one of Gmail's PUTs does. Gives it back for the answer."""
    db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?, ?)", (sub, name, json.dumps(value)))
    return value
