"""Turns a search into SQL over the columns of messages. Headers other than the usual ones can't be searched."""

import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from google_sandbox.gmail import search_grammar as grammar
from google_sandbox.gmail.content import words

# Gmail reads a date as midnight there, in winter and summer
PACIFIC = timezone(timedelta(hours=-8))
DAY = 86_400
UNITS = {"h": 3600, "d": DAY, "w": 7 * DAY, "m": 30 * DAY, "y": 365 * DAY}
AGE = re.compile(r"(\d{1,5})([hdwmy])", re.IGNORECASE)
DATE_FORMATS = ("%Y/%m/%d", "%Y-%m-%d", "%m/%d/%Y", "%m-%d-%Y")
SECONDS = re.compile(r"\d{9,11}")
SIZE = re.compile(r"(\d{1,12})([km]?)b?", re.IGNORECASE)
SIZE_UNITS = {"": 1, "k": 1024, "m": 1024 * 1024}
WORD_COLUMNS = {
    "": "words", "from": "sender_words", "to": "to_words", "cc": "cc_words", "bcc": "bcc_words",
    "subject": "subject_words", "filename": "filename_words",
}  # fmt: skip
STATES = {
    "unread": "UNREAD", "starred": "STARRED", "important": "IMPORTANT", "sent": "SENT", "draft": "DRAFT",
    "drafts": "DRAFT", "inbox": "INBOX", "spam": "SPAM", "trash": "TRASH", "chat": "CHAT",
}  # fmt: skip
EVERYWHERE = frozenset({"anywhere", "spam", "trash"})
OPERATORS = frozenset(
    {
        "from", "to", "cc", "bcc", "subject", "filename", "is", "in", "label", "category", "has", "newer_than",
        "older_than", "newer", "older", "after", "before", "rfc822msgid", "size", "larger", "smaller",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Condition:
    sql: str
    values: tuple[object, ...] = ()

    @classmethod
    def joined(cls, conditions: Iterable["Condition"], word: str, empty: str) -> "Condition":
        found = list(conditions)
        if not found:
            return cls(empty)
        sql = f" {word} ".join(each.sql for each in found)
        return cls(f"({sql})", tuple(value for each in found for value in each.values))


NOTHING = Condition("0")
EVERYTHING = Condition("1")


@dataclass(frozen=True)
class Search:
    """What a list call looks for in one mailbox, at one time."""

    condition: Condition
    everywhere: bool


@dataclass(frozen=True)
class Reader:
    """Reads queries for one mailbox: its own address, its labels' names, and the time it is."""

    address: str
    labels: Sequence[sqlite3.Row]
    now: datetime
    handlers: dict[str, Callable[[str], Condition]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.handlers.update(
            {
                "is": self._state, "in": self._state, "label": self._label, "category": _category, "has": self._has,
                "newer_than": lambda value: self._age(value, ">="), "older_than": lambda value: self._age(value, "<"),
                "after": lambda value: _date(value, ">="), "newer": lambda value: _date(value, ">="),
                "before": lambda value: _date(value, "<"), "older": lambda value: _date(value, "<"),
                "rfc822msgid": lambda value: Condition("c.message_id = ?", (f"<{value.strip('<>')}>",)),
                "size": lambda value: _size(value, ">="), "larger": lambda value: _size(value, ">"),
                "smaller": lambda value: _size(value, "<"),
            }
        )  # fmt: skip

    def read(self, query: str) -> Search:
        node = grammar.parse(query, OPERATORS)
        everywhere = any(
            term.operator in {"in", "is", "label"} and term.value.lower() in EVERYWHERE for term in grammar.terms(node)
        )
        return Search(self._condition(node), everywhere)

    def _condition(self, node: grammar.Node) -> Condition:
        if isinstance(node, grammar.Not):
            inner = self._condition(node.inner)
            return Condition(f"NOT ({inner.sql})", inner.values)
        if isinstance(node, grammar.Every):
            return Condition.joined(map(self._condition, node.inner), "AND", "1")
        if isinstance(node, grammar.Some):
            return Condition.joined(map(self._condition, node.inner), "OR", "0")
        if node.operator in self.handlers:
            return self.handlers[node.operator](node.value)
        value = self.address if node.value == "me" and node.operator in {"from", "to", "cc", "bcc"} else node.value
        return _words(WORD_COLUMNS[node.operator], value)

    def _state(self, value: str) -> Condition:
        name = value.lower()
        if name == "anywhere":
            return EVERYTHING
        if name == "read":
            return lacks_label("UNREAD")
        if name == "archive":
            outside = [has_label(label) for label in ("INBOX", "SENT", "DRAFT", "SPAM", "TRASH")]
            any_of_them = Condition.joined(outside, "OR", "0")
            return Condition(f"NOT {any_of_them.sql}", any_of_them.values)
        return has_label(STATES[name]) if name in STATES else self._label(value)

    def _label(self, value: str) -> Condition:
        wanted = _label_form(value)
        for row in self.labels:
            if wanted in {_label_form(row["name"]), row["id"].lower()}:
                return has_label(row["id"])
        return has_label(STATES[wanted]) if wanted in STATES else has_label(value.upper())

    def _has(self, value: str) -> Condition:
        name = value.lower()
        if name == "attachment":
            return Condition("c.has_attachment")
        own = Condition.joined([has_label(row["id"]) for row in self.labels], "OR", "0")
        if name == "userlabels":
            return own
        return Condition(f"NOT {own.sql}", own.values) if name == "nouserlabels" else NOTHING

    def _age(self, value: str, comparison: str) -> Condition:
        match = AGE.fullmatch(value)
        if match is None:
            return NOTHING
        limit = self.now.timestamp() - int(match[1]) * UNITS[match[2].lower()]
        return Condition(f"m.internal_date {comparison} ?", (int(limit * 1000),))


def has_label(label: str) -> Condition:
    return Condition("instr(' ' || m.labels || ' ', ?) > 0", (f" {label} ",))


def lacks_label(label: str) -> Condition:
    condition = has_label(label)
    return Condition(f"NOT {condition.sql}", condition.values)


def _words(column: str, value: str) -> Condition:
    phrase = words(value)
    # Nothing but punctuation: it asks for nothing
    return EVERYTHING if phrase == words() else Condition(f"instr(c.{column}, ?) > 0", (phrase,))


def _category(value: str) -> Condition:
    return has_label(f"CATEGORY_{'PERSONAL' if value.lower() == 'primary' else value.upper()}")


def _date(value: str, comparison: str) -> Condition:
    moment = _moment(value)
    return NOTHING if moment is None else Condition(f"m.internal_date {comparison} ?", (int(moment * 1000),))


def _moment(value: str) -> float | None:
    if SECONDS.fullmatch(value):
        return float(value)
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(value, form).replace(tzinfo=PACIFIC).astimezone(UTC).timestamp()
        except ValueError:
            continue
    return None


def _size(value: str, comparison: str) -> Condition:
    match = SIZE.fullmatch(value)
    if match is None:
        return NOTHING
    return Condition(f"c.size {comparison} ?", (int(match[1]) * SIZE_UNITS[match[2].lower()],))


def _label_form(name: str) -> str:
    """A label's name as one writes it in a search: hyphens for spaces and slashes."""
    return re.sub(r"[\s/&()]+", "-", name.strip()).lower()
