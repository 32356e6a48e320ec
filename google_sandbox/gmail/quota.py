"""What a call costs, and what a person's calls by one client cost within a minute (google-facts.md 5b)."""

from google_sandbox.gmail.discovery import Method
from google_sandbox.oauth.authenticate import Token
from google_sandbox.request import SandboxRequest

SCHEMA = """
CREATE TABLE quota_units (sub TEXT NOT NULL, client_id TEXT NOT NULL, at REAL NOT NULL, units INTEGER NOT NULL);
CREATE INDEX quota_units_of ON quota_units (sub, client_id);
"""
MINUTE = 60
NAMES = "gmail.users."
# Of methods that Google's table doesn't name: what most of the others cost
USUAL = 5
UNITS = {
    "getProfile": 1,
    "messages.get": 20,
    "messages.send": 100,
    "messages.delete": 10,
    "messages.batchDelete": 50,
    "messages.batchModify": 50,
    "threads.get": 40,
    "threads.list": 10,
    "threads.modify": 10,
    "threads.trash": 10,
    "threads.untrash": 10,
    "threads.delete": 20,
    "history.list": 2,
    "labels.get": 1,
    "labels.list": 1,
    "drafts.create": 10,
    "drafts.update": 15,
    "drafts.delete": 10,
    "drafts.send": 100,
    "settings.delegates.create": 100,
    "settings.delegates.get": 1,
    "settings.delegates.list": 1,
    "settings.forwardingAddresses.create": 100,
    "settings.forwardingAddresses.get": 1,
    "settings.forwardingAddresses.list": 1,
    "settings.getAutoForwarding": 1,
    "settings.getImap": 1,
    "settings.getPop": 1,
    "settings.getVacation": 1,
    "settings.sendAs.create": 100,
    "settings.sendAs.get": 1,
    "settings.sendAs.list": 1,
    "settings.sendAs.patch": 100,
    "settings.sendAs.update": 100,
    "settings.sendAs.verify": 100,
    "stop": 50,
    "watch": 100,
}


def units_of(method: Method) -> int:
    return UNITS.get(method.id.removeprefix(NAMES), USUAL)


def spent(request: SandboxRequest, token: Token) -> int:
    """Units of the minute that is just over. Calls that were refused cost nothing."""
    with request.sandbox.store.read() as db:
        row = db.execute(
            "SELECT coalesce(sum(units), 0) AS units FROM quota_units WHERE sub = ? AND client_id = ? AND at > ?",
            (token.sub, token.client_id, request.sandbox.clock.timestamp() - MINUTE),
        ).fetchone()
    return int(row["units"])


def spend(request: SandboxRequest, token: Token, method: Method) -> None:
    """Note what the call costs, and forget what is older than a minute."""
    now = request.sandbox.clock.timestamp()
    owner = (token.sub, token.client_id)
    with request.sandbox.store.transaction() as db:
        db.execute("DELETE FROM quota_units WHERE sub = ? AND client_id = ? AND at <= ?", (*owner, now - MINUTE))
        db.execute(
            "INSERT INTO quota_units (sub, client_id, at, units) VALUES (?, ?, ?, ?)", (*owner, now, units_of(method))
        )
