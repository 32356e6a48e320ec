"""Forwarding of incoming mail: where a copy goes, what is written on it, and what becomes of the original."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

from google_sandbox.gmail.header_block import fold
from google_sandbox.gmail.mailbox import Mailbox
from google_sandbox.gmail.recipients import find_mailboxes
from google_sandbox.gmail.settings import AUTO_FORWARDING, read_setting

TAKEN_OFF: dict[str, set[str]] = {"archive": {"INBOX"}, "trash": {"INBOX"}, "markRead": {"UNREAD"}}
PUT_ON = {"trash": ("TRASH",)}


@dataclass(frozen=True)
class Onward:
    address: str
    disposition: str
    trace: bytes

    def labels(self, given: Collection[str]) -> tuple[str, ...]:
        """Labels of the original, once it was forwarded."""
        off = TAKEN_OFF.get(self.disposition, set())
        return (*(label for label in given if label not in off), *PUT_ON.get(self.disposition, ()))


def onward(mailbox: Mailbox, account: sqlite3.Row, forwarded_by: Collection[str]) -> Onward | None:
    """Where this mailbox's mail goes on to, None when it stays: also where it came from there already."""
    setting = read_setting(mailbox.db, mailbox.sub, AUTO_FORWARDING)
    if not setting["enabled"]:
        return None
    address = setting["emailAddress"]
    targets = {target["sub"] for target in find_mailboxes(mailbox.db, (address,)).found}
    if not targets.isdisjoint({*forwarded_by, mailbox.sub}):
        return None
    local, _, domain = account["email"].partition("@")
    trace = (
        fold("Delivered-To", address)
        + fold("Return-Path", f"<{local}+caf_={address.replace('@', '=')}@{domain}>")
        + fold("X-Forwarded-To", address)
        + fold("X-Forwarded-For", f"{account['email']} {address}")
    )
    return Onward(address, setting["disposition"], trace)
