"""users.settings.sendAs: the addresses a mailbox may send from, its own first."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from google_sandbox.gmail.addresses import is_address, is_in_organization, required_address
from google_sandbox.gmail.body import typed_body
from google_sandbox.gmail.call import Call, require_delegated
from google_sandbox.gmail.confirmation import ask_to_send_as
from google_sandbox.gmail.ids import already_exists, failed_precondition, invalid_argument, not_found
from google_sandbox.gmail.mailbox import Mailbox
from google_sandbox.gmail.messages import send_as_of
from google_sandbox.gmail.sanitize import sanitized

# Fields that callers may write, by column
COLUMNS = {
    "displayName": "display_name",
    "replyToAddress": "reply_to",
    "signature": "signature",
    "treatAsAlias": "treat_as_alias",
    "smtpMsa": "smtp_msa",
}
EMPTY = {"displayName": "", "replyToAddress": "", "signature": "", "treatAsAlias": False, "smtpMsa": None}
UNSECURED_PORT = 25
PORTS = range(1, 65_536)


def list_(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        return {"sendAs": send_as_addresses(mailbox)}


def get(call: Call) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        return _resource(_find(mailbox, call.path["sendAsEmail"]))


def create(call: Call) -> dict[str, Any]:
    """Accepted in the own organization, unless mail goes by another server; else the address must agree (row 52)."""
    given = typed_body(call)
    address = required_address(given, "sendAsEmail")
    fields = EMPTY | _writable(given)
    with call.mailbox() as mailbox:
        if _row(mailbox, address) is not None:
            raise already_exists()
        trusted = is_in_organization(call.token.account, address) and not fields["smtpMsa"]
        mailbox.db.execute(
            "INSERT INTO send_as (sub, email, display_name, is_primary, is_default, verification_status)"
            " VALUES (?, ?, '', 0, 0, ?)",
            (mailbox.sub, address, "accepted" if trusted else "pending"),
        )
        if not trusted:
            ask_to_send_as(call, mailbox, address)
        return _write(mailbox, address, fields, is_default="isDefault" in given)


def update(call: Call) -> dict[str, Any]:
    """Replaces what callers may write."""
    given = typed_body(call)
    return _change(call, EMPTY | _writable(given), is_default="isDefault" in given)


def patch(call: Call) -> dict[str, Any]:
    given = typed_body(call)
    return _change(call, _writable(given), is_default="isDefault" in given)


def delete(call: Call) -> None:
    """The mailbox's own address stays, and is the default again where the one deleted was."""
    with call.mailbox() as mailbox:
        row = _find(mailbox, call.path["sendAsEmail"])
        if row["is_primary"]:
            raise failed_precondition("Cannot delete primary send-as address")
        mailbox.db.execute("DELETE FROM send_as WHERE sub = ? AND email = ?", (mailbox.sub, row["email"]))
        if row["is_default"]:
            mailbox.db.execute("UPDATE send_as SET is_default = 1 WHERE sub = ? AND is_primary", (mailbox.sub,))


def verify(call: Call) -> None:
    """Ask the address once more."""
    with call.mailbox() as mailbox:
        row = _find(mailbox, call.path["sendAsEmail"])
        if row["verification_status"] != "pending":
            raise failed_precondition("Send-as address is not pending verification")
        ask_to_send_as(call, mailbox, row["email"])


def send_as_addresses(mailbox: Mailbox) -> list[dict[str, Any]]:
    return [_resource(row) for row in send_as_of(mailbox)]


def answer_request(mailbox: Mailbox, address: str, *, accepted: bool) -> bool:
    """What the owner of an address says to mail being sent as it. Whether the address was waiting for it."""
    row = _row(mailbox, address)
    if row is None or row["verification_status"] != "pending":
        return False
    change = "UPDATE send_as SET verification_status = 'accepted'" if accepted else "DELETE FROM send_as"
    mailbox.db.execute(f"{change} WHERE sub = ? AND email = ?", (mailbox.sub, row["email"]))
    return True


def _change(call: Call, fields: Mapping[str, Any], *, is_default: bool) -> dict[str, Any]:
    with call.mailbox() as mailbox:
        row = _find(mailbox, call.path["sendAsEmail"])
        if not row["is_primary"]:
            # Of addresses that are not the mailbox's own, only an administrator's service account may change anything
            require_delegated(call.token)
        return _write(mailbox, row["email"], fields, is_default=is_default)


def _write(mailbox: Mailbox, address: str, fields: Mapping[str, Any], *, is_default: bool) -> dict[str, Any]:
    owner = (mailbox.sub, address)
    for name, value in fields.items():
        stored = json.dumps(value) if isinstance(value, dict) else value
        mailbox.db.execute(f"UPDATE send_as SET {COLUMNS[name]} = ? WHERE sub = ? AND email = ?", (stored, *owner))  # noqa: S608  (a name above)
    if is_default:
        if _find(mailbox, address)["verification_status"] == "pending":
            raise failed_precondition("Send-as address is not verified")
        mailbox.db.execute("UPDATE send_as SET is_default = (email = ?) WHERE sub = ?", (address, mailbox.sub))
    return _resource(_find(mailbox, address))


def _writable(given: Mapping[str, Any]) -> dict[str, Any]:
    """What may be written of it, checked. Credentials of a server are taken and never shown again."""
    fields = {name: given[name] for name in COLUMNS if name in given}
    if given.get("isDefault") is False:
        raise invalid_argument("Invalid isDefault")
    if fields.get("replyToAddress") and not is_address(fields["replyToAddress"].strip()):
        raise invalid_argument("Invalid replyToAddress")
    if "signature" in fields:
        fields["signature"] = sanitized(fields["signature"])
    if "smtpMsa" in fields:
        fields["smtpMsa"] = _server(fields["smtpMsa"])
    return fields


def _server(given: Mapping[str, Any]) -> dict[str, Any]:
    required = ("host", "port", "securityMode")
    server = {name: given.get(name) for name in required}
    if not all(server.values()) or server["port"] not in PORTS:
        raise invalid_argument("Invalid smtpMsa")
    if server["securityMode"] == "none" and server["port"] != UNSECURED_PORT:
        raise invalid_argument("Invalid smtpMsa")
    return server


def _row(mailbox: Mailbox, address: str) -> sqlite3.Row | None:
    wanted = address.lower()
    return next((row for row in send_as_of(mailbox) if row["email"] == wanted), None)


def _find(mailbox: Mailbox, address: str) -> sqlite3.Row:
    row = _row(mailbox, address)
    if row is None:
        raise not_found()
    return row


def _resource(row: sqlite3.Row) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "sendAsEmail": row["email"],
        "displayName": row["display_name"],
        "replyToAddress": row["reply_to"],
        "signature": row["signature"],
    }
    if row["is_primary"]:
        resource["isPrimary"] = True
    if row["is_default"]:
        resource["isDefault"] = True
    if row["is_primary"]:
        return resource
    resource |= {"treatAsAlias": bool(row["treat_as_alias"]), "verificationStatus": row["verification_status"]}
    return resource | ({"smtpMsa": json.loads(row["smtp_msa"])} if row["smtp_msa"] else {})
