"""Whom a message is for, read as strictly as Gmail reads it, and whose mailbox an address is."""

import json
import sqlite3
from dataclasses import dataclass
from email.headerregistry import Address, AddressHeader, BaseHeader
from email.message import EmailMessage

from google_sandbox.gmail.ids import invalid_argument

MAXIMUM = 100
PASSED_OVER = "invalid address in address-list"  # as the parser words it
HEADERS = ("To", "Cc", "Bcc")
GMAIL_DOMAINS = ("gmail.com", "googlemail.com")
# Addresses here belong to the sandbox: an unknown one bounces. Others are the outside world, which keeps silent
OWN_TOP_LEVEL_DOMAINS = ("example", "test")


@dataclass(frozen=True)
class Mailboxes:
    """Who gets a copy, and which addresses nobody has."""

    found: tuple[sqlite3.Row, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who a message is from: the bare address, and the whole header."""

    address: str
    header: str


def recipients(message: EmailMessage) -> tuple[str, ...]:
    """The addresses of To, Cc and Bcc, once each; row 46 where Gmail refuses them."""
    addresses = {
        address.addr_spec.lower(): None
        for name in HEADERS
        for header in message.get_all(name, [])
        for address in _addresses(name, header)
    }
    if not addresses:
        raise invalid_argument("Recipient address required")
    if len(addresses) > MAXIMUM:
        raise invalid_argument("Too many recipients")
    return tuple(addresses)


def find_mailboxes(db: sqlite3.Connection, addresses: tuple[str, ...]) -> Mailboxes:
    accounts = _accounts_by_address(db)
    found: dict[str, sqlite3.Row] = {}
    unknown: list[str] = []
    for address in addresses:
        account = accounts.get(canonical(address))
        if account is not None and account["has_gmail"] and not account["suspended"]:
            found[account["sub"]] = account
        elif _is_ours(address) and (account is None or account["kind"] != "consumer"):
            # A consumer account on an address of its own gets its mail elsewhere
            unknown.append(address)
    return Mailboxes(tuple(found.values()), tuple(unknown))


def canonical(address: str) -> str:
    """One form for all spellings of an address: case, +tags, and the dots and two domains of Gmail."""
    local, _, domain = address.strip().lower().rpartition("@")
    local = local.partition("+")[0]
    if domain in GMAIL_DOMAINS:
        return f"{local.replace('.', '')}@{GMAIL_DOMAINS[0]}"
    return f"{local}@{domain}"


def choose_sender(message: EmailMessage, send_as: list[sqlite3.Row]) -> Sender:
    """The From that leaves: an address verified for this mailbox, else the mailbox's own; the name given stays."""
    given = _first_sender(message)
    verified = {row["email"]: row for row in send_as if row["is_primary"] or row["verification_status"] == "accepted"}
    primary = next(row for row in send_as if row["is_primary"])
    chosen = verified.get(given.addr_spec.lower(), primary) if given else primary
    name = given.display_name if given and given.display_name else chosen["display_name"] or primary["display_name"]
    return Sender(address=chosen["email"], header=str(Address(display_name=name, addr_spec=chosen["email"])))


def _addresses(name: str, header: object) -> tuple[Address, ...]:
    if not isinstance(header, AddressHeader) or not isinstance(header, BaseHeader):
        raise invalid_argument(f"Invalid {name} header")
    # What the parser passes over, such as the rest of a list divided by semicolons, must not vanish in silence
    passed_over = any(PASSED_OVER in str(defect) for defect in header.defects)
    if passed_over or not all(map(_is_valid, header.addresses)):
        raise invalid_argument(f"Invalid {name} header")
    return tuple(header.addresses)


def _is_valid(address: Address) -> bool:
    """A local part and a domain with a dot inside, and no space or further at sign anywhere."""
    labels = address.domain.split(".")
    return bool(
        address.username
        and len(labels) > 1
        and all(labels)
        and not set(' \t"<>@,;') & set(address.domain)
        and (address.username.isascii() or address.domain.isascii())
        and " " not in address.username
    )


def _accounts_by_address(db: sqlite3.Connection) -> dict[str, sqlite3.Row]:
    accounts = db.execute("SELECT * FROM accounts WHERE NOT deleted").fetchall()
    return {
        canonical(address): account
        for account in accounts
        for address in (account["email"], *json.loads(account["aliases"]))
    }


def _is_ours(address: str) -> bool:
    domain = address.rpartition("@")[2]
    return domain in GMAIL_DOMAINS or domain.rpartition(".")[2] in OWN_TOP_LEVEL_DOMAINS


def _first_sender(message: EmailMessage) -> Address | None:
    header = message["From"]
    if not isinstance(header, AddressHeader) or not header.addresses:
        return None
    return header.addresses[0]
