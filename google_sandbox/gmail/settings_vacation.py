"""users.settings: the vacation responder."""

import sqlite3
from typing import Any

from google_sandbox.gmail.body import typed_body
from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import invalid_argument
from google_sandbox.gmail.sanitize import sanitized
from google_sandbox.gmail.settings import VACATION, read_setting, write_setting

WORDS = ("responseSubject", "responseBodyPlainText", "responseBodyHtml")
TIMES = ("startTime", "endTime")


def get_vacation(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        return read_setting(mailbox.db, mailbox.sub, VACATION)


def update_vacation(call: Call) -> dict[str, Any]:
    """Replaces all of it (row 53). Who was answered before is answered again once the words change."""
    vacation = typed_body(call)
    _require_sense(vacation, call.token.account)
    vacation |= {name: str(vacation[name]) for name in TIMES if name in vacation}
    if "responseBodyHtml" in vacation:
        vacation["responseBodyHtml"] = sanitized(vacation["responseBodyHtml"])
    with call.mailbox() as mailbox:
        before = read_setting(mailbox.db, mailbox.sub, VACATION)
        if _words(before) != _words(vacation):
            mailbox.db.execute("DELETE FROM vacation_answers WHERE sub = ?", (mailbox.sub,))
        return write_setting(mailbox.db, mailbox.sub, VACATION, vacation)


def _require_sense(vacation: dict[str, Any], account: sqlite3.Row) -> None:
    if vacation.get("enableAutoReply") and not any(_words(vacation)):
        raise invalid_argument("Invalid vacation settings: a subject or a body is required to enable auto-reply")
    if vacation.get("restrictToDomain") and account["hosted_domain"] is None:
        raise invalid_argument("Invalid vacation settings: restrictToDomain is not available for this user")
    if any(vacation.get(name, 0) < 0 for name in TIMES):
        raise invalid_argument("Invalid vacation settings: negative time")
    if all(name in vacation for name in TIMES) and vacation["startTime"] >= vacation["endTime"]:
        raise invalid_argument("Invalid vacation settings: startTime must precede endTime")


def _words(vacation: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(vacation.get(name, "")).strip() for name in WORDS)
