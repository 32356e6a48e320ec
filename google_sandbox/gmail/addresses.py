"""Addresses in settings: whether a text is one, and whose it is."""

import json
import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from google_sandbox.gmail.ids import invalid_argument

ADDRESS = re.compile(r'[^@\s<>,;"]+@[^@\s<>,;".]+(?:\.[^@\s<>,;".]+)+')


def is_address(text: str) -> bool:
    return ADDRESS.fullmatch(text) is not None


def required_address(fields: Mapping[str, Any], name: str) -> str:
    """A field's bare address in lower case; 400 where it has none."""
    address = str(fields.get(name, "")).strip().lower()
    if not is_address(address):
        raise invalid_argument(f"Invalid {name}")
    return address


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def own_addresses(account: sqlite3.Row) -> frozenset[str]:
    return frozenset((account["email"], *json.loads(account["aliases"])))


def is_in_organization(account: sqlite3.Row, address: str) -> bool:
    """Whether the account's Workspace organization owns this address's domain, so that nobody needs to confirm it."""
    return account["hosted_domain"] is not None and domain_of(address) == account["hosted_domain"]
