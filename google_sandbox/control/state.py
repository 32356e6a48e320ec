"""What the control page and its API show, and the changes they make to the world."""

import json
from collections.abc import Mapping
from typing import Any

from google_sandbox import world
from google_sandbox.gmail.mailbox_view import Letter, counts, letter_of, summaries
from google_sandbox.journal import mask
from google_sandbox.oauth.grants import crowd_out, end_mail_refresh_tokens, revoke_grant
from google_sandbox.request import Sandbox
from google_sandbox.scenario_kinds import KINDS

PATCHABLE = {"suspended": bool, "deleted": bool, "has_gmail": bool, "password": str, "name": str}


class InvalidChangeError(ValueError):
    """The change asked for is not one of those there are."""


class UnknownAccountError(LookupError):
    """No account has this address."""


def accounts(sandbox: Sandbox) -> list[dict[str, Any]]:
    with sandbox.store.read() as db:
        messages_of = counts(db)
        return [
            {
                **dict(row),
                "aliases": json.loads(row["aliases"]),
                "has_gmail": bool(row["has_gmail"]),
                "suspended": bool(row["suspended"]),
                "deleted": bool(row["deleted"]),
                "messages": messages_of.get(row["sub"], 0) if row["has_gmail"] else 0,
            }
            for row in db.execute("SELECT * FROM accounts ORDER BY rowid")
        ]


def account(sandbox: Sandbox, email: str) -> dict[str, Any]:
    """One account, by any of its addresses."""
    with sandbox.store.read() as db:
        row = world.find_account(db, email)
    found = (each for each in accounts(sandbox) if row is not None and each["sub"] == row["sub"])
    one = next(found, None)
    if one is None:
        raise UnknownAccountError(email)
    return one


def letter(sandbox: Sandbox, email: str, message_id: str) -> Letter:
    """One message whole.

    :raises LookupError: where there is no such account or message
    """
    with sandbox.store.read() as db:
        row = world.find_account(db, email)
        if row is None:
            raise UnknownAccountError(email)
        return letter_of(db, row["sub"], row["email"], message_id)


def messages(sandbox: Sandbox, email: str, limit: int | None = None) -> list[dict[str, Any]]:
    with sandbox.store.read() as db:
        row = world.find_account(db, email)
        if row is None:
            raise UnknownAccountError(email)
        return summaries(db, row["sub"], limit)


def grants(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Grants that are alive, with the ends of their tokens."""
    now = sandbox.clock.timestamp()
    with sandbox.store.read() as db:
        found = [dict(row) for row in db.execute("SELECT email, grants.* FROM grants JOIN accounts USING (sub)")]
        for grant in found:
            owner = {"client": grant["client_id"], "sub": grant["sub"], "now": now}
            grant["scopes"] = grant["scopes"].split()
            for table in ("refresh_tokens", "access_tokens"):
                rows = db.execute(
                    f"SELECT token FROM {table} WHERE client_id = :client AND sub = :sub"  # noqa: S608  (two names above)
                    " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now) ORDER BY rowid",
                    owner,
                )
                grant[table] = [mask(row["token"]) for row in rows]
    return found


def state(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "origin": sandbox.origin,
        "now": sandbox.clock.now().isoformat(),
        "offset": sandbox.clock.offset,
        "accounts": accounts(sandbox),
        "grants": grants(sandbox),
        "scenarios": [each.as_dict() for each in sandbox.scenarios.active()],
        "scenario_kinds": {name: {"title": kind.title, "phase": kind.phase} for name, kind in KINDS.items()},
    }


def remove_access(sandbox: Sandbox, email: str) -> int:
    """The person removes the app's access on Google's pages: every grant of the account ends. How many there were."""
    with sandbox.store.transaction() as db:
        owner = world.find_account(db, email)
        if owner is None:
            raise UnknownAccountError(email)
        rows = db.execute("SELECT client_id FROM grants WHERE sub = ?", (owner["sub"],)).fetchall()
        for row in rows:
            revoke_grant(db, row["client_id"], owner["sub"], sandbox.clock.timestamp())
    return len(rows)


def crowd_out_tokens(sandbox: Sandbox, email: str) -> int:
    """The account authorizes each of its apps 100 times more, which ends what it gave before. How many apps."""
    with sandbox.store.transaction() as db:
        owner = world.find_account(db, email)
        if owner is None:
            raise UnknownAccountError(email)
        return crowd_out(db, owner["sub"], sandbox.clock.timestamp())


def change_account(sandbox: Sandbox, email: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Suspend, delete, take the mailbox away, set another password."""
    for name, value in changes.items():
        if name not in PATCHABLE or not isinstance(value, PATCHABLE[name]):
            message = f"{name} is not a field that can be set to this; there are {', '.join(PATCHABLE)}"
            raise InvalidChangeError(message)
    with sandbox.store.transaction() as db:
        row = world.find_account(db, email)
        if row is None:
            raise UnknownAccountError(email)
        for name, value in changes.items():
            if name == "password":
                end_mail_refresh_tokens(db, row["sub"], sandbox.clock.timestamp())
            db.execute(f"UPDATE accounts SET {name} = ? WHERE sub = ?", (value, row["sub"]))  # noqa: S608  (a name of PATCHABLE)
    return account(sandbox, email)
