"""Gmail settings as the control page and its API show them, and what owners of addresses say to being used."""

import sqlite3
from collections.abc import Callable
from typing import Any

from google_sandbox import world
from google_sandbox.control.state import UnknownAccountError
from google_sandbox.gmail import settings_forwarding_addresses, settings_send_as
from google_sandbox.gmail.mailbox import Mailbox
from google_sandbox.gmail.settings_view import settings_of
from google_sandbox.request import Sandbox


class NothingPendingError(LookupError):
    """The mailbox has no such address that waits for an answer."""


def settings(sandbox: Sandbox, email: str) -> dict[str, Any]:
    """Everything that is set in a mailbox.

    :raises UnknownAccountError: nobody has this address
    """
    with sandbox.store.read() as db:
        return settings_of(db, _account(db, email), sandbox.clock.timestamp())


def all_settings(sandbox: Sandbox) -> dict[str, Any]:
    """The same of every mailbox there is, by its address."""
    with sandbox.store.read() as db:
        rows = db.execute("SELECT * FROM accounts WHERE has_gmail ORDER BY rowid").fetchall()
        return {row["email"]: settings_of(db, row, sandbox.clock.timestamp()) for row in rows}


def answer_forwarding(sandbox: Sandbox, email: str, address: str, *, accepted: bool) -> None:
    """The owner of an address accepts or rejects that this mailbox forwards to it.

    :raises UnknownAccountError: nobody has this mailbox
    :raises NothingPendingError: the address doesn't wait for an answer
    """
    _answer(sandbox, email, address, settings_forwarding_addresses.answer_request, accepted=accepted)


def answer_send_as(sandbox: Sandbox, email: str, address: str, *, accepted: bool) -> None:
    """The owner of an address accepts or rejects that this mailbox sends as it; raises as `answer_forwarding`."""
    _answer(sandbox, email, address, settings_send_as.answer_request, accepted=accepted)


def _answer(sandbox: Sandbox, email: str, address: str, answer_request: Callable[..., bool], *, accepted: bool) -> None:
    with sandbox.store.transaction() as db:
        mailbox = Mailbox(db, _account(db, email)["sub"], sandbox.clock.timestamp())
        if not answer_request(mailbox, address.strip(), accepted=accepted):
            raise NothingPendingError(address)


def _account(db: sqlite3.Connection, email: str) -> sqlite3.Row:
    row = world.find_account(db, email)
    if row is None:
        raise UnknownAccountError(email)
    return row
