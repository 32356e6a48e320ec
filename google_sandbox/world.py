"""The seeded world: fictional Google accounts of every type, the same after each reset."""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCHEMA = """
CREATE TABLE accounts (
    sub TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('workspace', 'gmail', 'consumer', 'service_account')),
    hosted_domain TEXT,
    has_gmail INTEGER NOT NULL,
    suspended INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0,
    password TEXT,
    aliases TEXT NOT NULL DEFAULT '[]',
    about TEXT NOT NULL
);
"""

SERVICE_ACCOUNT = "mailer@acme-automation.iam.gserviceaccount.com"
KIND_WORDS = {
    "workspace": "Workspace account",
    "gmail": "Personal Gmail account",
    "consumer": "Consumer account on its own address",
    "service_account": "Service account",
}


@dataclass(frozen=True, kw_only=True)
class Person:
    email: str
    name: str
    about: str
    kind: str = "workspace"
    hosted_domain: str | None = None
    has_gmail: bool = True
    suspended: bool = False
    aliases: tuple[str, ...] = ()


PEOPLE = (
    Person(
        email="ada@acme.example",
        name="Ada Lindqvist",
        about="Super administrator of acme.example",
        hosted_domain="acme.example",
        aliases=("ada.lindqvist@acme.example", "it@acme.example"),
    ),
    Person(email="ben@acme.example", name="Ben Okafor", about="Finance", hosted_domain="acme.example"),
    Person(email="cleo@acme.example", name="Cleo Marchetti", about="People team", hosted_domain="acme.example"),
    Person(email="dora@acme.example", name="Dora Novak", about="Automation", hosted_domain="acme.example"),
    Person(
        email="emil@acme.example",
        name="Emil Haugen",
        about="Sales",
        hosted_domain="acme.example",
        suspended=True,
    ),
    Person(
        email="fay@acme.example",
        name="Fay Tanaka",
        about="Front desk",
        hosted_domain="acme.example",
        has_gmail=False,
    ),
    Person(email="gus@other.example", name="Gus Petrov", about="Another company", hosted_domain="other.example"),
    Person(email="hanna@gmail.com", name="Hanna Weiss", about="Personal Gmail account", kind="gmail"),
    Person(email="ivo@googlemail.com", name="Ivo Marin", about="Personal Gmail account, older address", kind="gmail"),
    Person(
        email="jo@private.test",
        name="Jo Almeida",
        about="Consumer account on its own address",
        kind="consumer",
        has_gmail=False,
    ),
    Person(
        email=SERVICE_ACCOUNT,
        name="Mailer Automation",
        about="Service account of project acme-automation",
        kind="service_account",
        has_gmail=False,
    ),
)


def subject_of(email: str) -> str:
    """A stable number of 21 digits beginning with 1, as Google's are."""
    digits = int.from_bytes(hashlib.sha256(email.encode()).digest()[:16], "big")
    return "1" + str(digits)[:20].rjust(20, "0")


def about(account: Mapping[str, Any]) -> str:
    """Who this is, and what is the matter with the account now."""
    matters = {
        "Suspended by the administrator": account["suspended"],
        "No Gmail license": account["kind"] == "workspace" and not account["has_gmail"],
        "No mailbox": account["kind"] == "consumer",
    }
    return ". ".join((account["name"], account["about"], *(matter for matter, holds in matters.items() if holds)))


def seed(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """Insert the accounts and hand them back, for the mailboxes to be made."""
    for person in PEOPLE:
        add(db, person)
    return db.execute("SELECT * FROM accounts ORDER BY rowid").fetchall()


def add(db: sqlite3.Connection, person: Person) -> None:
    given_name, _, family_name = person.name.partition(" ")
    # Shown on the sign-in page: it opens nothing but staged data
    password = None if person.kind == "service_account" else f"{given_name.lower()}-sandbox"
    db.execute(
        "INSERT INTO accounts (sub, email, name, given_name, family_name, kind, hosted_domain, has_gmail,"
        " suspended, password, aliases, about) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            subject_of(person.email),
            person.email,
            person.name,
            given_name,
            family_name,
            person.kind,
            person.hosted_domain,
            person.has_gmail,
            person.suspended,
            password,
            json.dumps(person.aliases),
            person.about,
        ),
    )


def find_account(db: sqlite3.Connection, address: str) -> sqlite3.Row | None:
    """The account of an address or subject, whatever the case; aliases count, as on Google's sign-in page."""
    wanted = address.strip().lower()
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM accounts WHERE email = ? OR sub = ? OR EXISTS"
        " (SELECT 1 FROM json_each(aliases) WHERE value = ?)",
        (wanted, wanted, wanted),
    ).fetchone()
    return row
