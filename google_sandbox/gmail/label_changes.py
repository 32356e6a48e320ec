"""Label changes a caller asks for on a message or thread, checked against the labels there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google_sandbox.gmail.ids import invalid_argument
from google_sandbox.gmail.mailbox import Mailbox
from google_sandbox.gmail.parameters import text_list
from google_sandbox.gmail.system_labels import FIXED, SYSTEM_LABELS

TRASHED = {"add": ("TRASH",), "remove": ("INBOX", "SPAM")}
UNTRASHED = {"remove": ("TRASH",)}


@dataclass(frozen=True)
class LabelChanges:
    add: tuple[str, ...]
    remove: tuple[str, ...]


def read_changes(mailbox: Mailbox, body: Mapping[str, Any]) -> LabelChanges:
    added = tuple(text_list(body, "addLabelIds", "add_label_ids"))
    removed = tuple(text_list(body, "removeLabelIds", "remove_label_ids"))
    if not added and not removed:
        raise invalid_argument("No label add or removes specified")
    require_labels(mailbox, (*added, *removed), but=FIXED)
    return LabelChanges(added, removed)


def require_labels(mailbox: Mailbox, labels: Iterable[str], *, but: frozenset[str] = frozenset()) -> None:
    """Refuse a label that the mailbox doesn't have, or that the call may not name."""
    own = {row["id"] for row in mailbox.db.execute("SELECT id FROM labels WHERE sub = ?", (mailbox.sub,))}
    for label in labels:
        if label in but or (label not in SYSTEM_LABELS and label not in own):
            raise invalid_argument(f"Invalid label: {label}")
