"""Mail addresses as people type them, taken strictly: what isn't one is refused here, with the field's name."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kernel.errors import InputRejected

MAX_RECIPIENTS = 100
"""What Gmail's API takes in one message, To, Cc and Bcc together (google-facts.md 5c)."""
MAX_ADDRESS, MAX_LOCAL_PART, MAX_NAME = 254, 64, 200

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?:{_LABEL}\.)+{_LABEL}")
_NAMED = re.compile(r"(?P<name>[^<>]*?)\s*<(?P<address>[^<>]*)>")
_QUOTED = re.compile(r'"(?P<name>(?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, kw_only=True)
class Mailbox:
    """Whom a message is from or for; ``name`` is what is shown beside the address, or empty."""

    address: str
    name: str = ""


class NotAnAddress(ValueError):
    """The text is no single address. Its message says why, to the person who typed it."""


def parse(text: str) -> Mailbox:
    """One address: ``ben@acme.example`` or ``Ben Weiss <ben@acme.example>``. :raises NotAnAddress:"""
    text = text.strip()
    if not text.isprintable():
        raise NotAnAddress("An address holds characters that can't be shown, such as a line break.")
    named = _NAMED.fullmatch(text)
    name, address = (_name(named["name"]), named["address"].strip()) if named else ("", text)
    _check(address, text)
    return Mailbox(address=address, name=name)


def _name(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    name = re.sub(r"\\(.)", r"\1", quoted["name"]) if quoted else text
    if len(name) > MAX_NAME:
        raise NotAnAddress(f"The name beside an address has {len(name)} characters; use at most {MAX_NAME}.")
    return name


def _check(address: str, text: str) -> None:
    shown = text if len(text) <= MAX_ADDRESS else f"{text[:MAX_ADDRESS]}…"
    found = _ADDRESS.fullmatch(address)
    if found and len(address) <= MAX_ADDRESS and len(found["local"]) <= MAX_LOCAL_PART:
        return
    if address.count("@") > 1:
        raise NotAnAddress(f"“{shown}” is not one address. Enter each on its own.")
    if not address.isascii():
        raise NotAnAddress(f"“{shown}” has letters that mail addresses can't have. Write its domain as xn--….")
    raise NotAnAddress(f"“{shown}” is not an address such as ben@acme.example.")


@dataclass(kw_only=True)
class Reading:
    """Reads the addresses of a whole form, and collects what is wrong by field."""

    errors: dict[str, list[str]] = field(default_factory=dict)

    def one(self, name: str, text: str) -> Mailbox | None:
        """The field's address, or nothing where it is blank."""
        return next(iter(self.many(name, (text,))), None)

    def many(self, name: str, texts: Iterable[str]) -> tuple[Mailbox, ...]:
        """The field's addresses; blank entries are none."""
        found: list[Mailbox] = []
        for text in texts:
            try:
                found += [parse(text)] if text.strip() else []
            except NotAnAddress as refused:
                self.errors.setdefault(name, []).append(str(refused))
        return tuple(found)

    def limit(self, name: str, recipients: Sequence[Mailbox]) -> None:
        """Refuse more recipients than Gmail takes, before it is asked."""
        count = len({each.address.lower() for each in recipients})
        if count > MAX_RECIPIENTS:
            text = f"Gmail takes at most {MAX_RECIPIENTS} recipients, To, CC and BCC together; these are {count}."
            self.errors.setdefault(name, []).append(text)


def bare_address(name: str, text: str) -> str:
    """The address of a field that takes exactly one. :raises InputRejected: it holds none."""
    reading = Reading()
    found = reading.one(name, text)
    if found is None:
        raise InputRejected(fields=reading.errors or {name: ["Enter an address such as ben@acme.example."]})
    return found.address


def is_same(one: str, other: str) -> bool:
    """Whether two addresses are one mailbox's for Google, which knows no capitals."""
    return one.strip().lower() == other.strip().lower()
