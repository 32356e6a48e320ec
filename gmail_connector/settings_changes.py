"""What a card changed in a mailbox's settings: each setting with its value before and after."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flows.cards import Fields, field

SHOWN = 500
"""So many characters of a value are shown: a signature can be a page long."""
_CAPITAL = re.compile(r"[A-Z]")


class Change(Fields):
    setting: str = field("Setting", heading=True)
    before: str = field("Before", help="Empty if it was not set.")
    after: str = field("After", help="Empty if it is not set any more.")


class Deleted(Fields):
    status_code: int = field("Status Code", help="204, also where there was nothing to delete.")


DONE = Deleted(status_code=204)


def changes(labels: Mapping[str, str], before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """The settings that differ, in the order of ``labels``, which maps Gmail's name of each to people's.

    Gmail leaves out what is false, zero or empty, so what is absent is the same as that.
    """
    return tuple(
        Change(setting=label, before=setting_words(before.get(name)), after=setting_words(after.get(name)))
        for name, label in labels.items()
        if (before.get(name) or None) != (after.get(name) or None)
    )


def setting_words(value: Any) -> str:
    """A value as people read it: yes and no, and any other as Gmail's own word."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


class Disposition(StrEnum):
    """What becomes of a message once it was forwarded or fetched."""

    LEAVE_IN_INBOX = "leave_in_inbox"
    ARCHIVE = "archive"
    MARK_READ = "mark_read"
    TRASH = "trash"


def gmail_word(choice: str) -> str:
    """A card's choice as Gmail writes it: ``leave_in_inbox`` is ``leaveInInbox``."""
    first, *others = choice.split("_")
    return "".join([first, *(each.capitalize() for each in others)])


def choice_word(word: str) -> str:
    """Gmail's word as cards have it: ``leaveInInbox`` is ``leave_in_inbox``."""
    return _CAPITAL.sub(lambda capital: f"_{capital[0].lower()}", word)
