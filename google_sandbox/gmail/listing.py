"""Lists of messages, threads and drafts: filter, order newest first, and page."""

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google_sandbox.gmail.call import Call
from google_sandbox.gmail.ids import invalid_argument
from google_sandbox.gmail.mailbox import MESSAGES, NOT_LISTED, Mailbox
from google_sandbox.gmail.search import Condition, Reader, has_label, lacks_label
from google_sandbox.gmail.system_labels import SYSTEM_LABELS

DEFAULT_RESULTS = 100
MAXIMUM_RESULTS = 500
PAGE_TOKEN = re.compile(r"(\d{14})(\d{20})")
DRAFT = has_label("DRAFT")


@dataclass(frozen=True)
class Page:
    rows: list[sqlite3.Row]
    estimate: int
    next_token: str | None

    def resource(self, name: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """As Google lists: an empty list is left out (row 49)."""
        resource: dict[str, Any] = {name: entries} if entries else {}
        if self.next_token is not None:
            resource["nextPageToken"] = self.next_token
        resource["resultSizeEstimate"] = self.estimate
        return resource


def page_size(parameters: Mapping[str, Any]) -> int:
    return min(parameters["maxResults"] or DEFAULT_RESULTS, MAXIMUM_RESULTS)


def list_messages(call: Call, mailbox: Mailbox, *, drafts_only: bool = False) -> Page:
    condition = _condition(call, mailbox)
    if drafts_only:
        condition = Condition(f"{condition.sql} AND {DRAFT.sql}", (*condition.values, *DRAFT.values))
    source = (
        f"SELECT m.id, m.thread_id, m.internal_date FROM {MESSAGES}"  # noqa: S608  (values are bound)
        f" WHERE m.sub = ? AND {condition.sql}"
    )
    return _page(call, mailbox, source, (mailbox.sub, *condition.values))


def list_threads(call: Call, mailbox: Mailbox) -> Page:
    """Threads in which any message fits, by their newest message."""
    condition = _condition(call, mailbox)
    fitting = f"SELECT m.thread_id FROM {MESSAGES} WHERE m.sub = ? AND {condition.sql}"  # noqa: S608  (values are bound)
    source = (
        "SELECT thread_id AS id, max(internal_date) AS internal_date, max(history_id) AS history_id FROM messages"  # noqa: S608  (values are bound)
        f" WHERE sub = ? AND thread_id IN ({fitting}) GROUP BY thread_id"
    )
    return _page(call, mailbox, source, (mailbox.sub, mailbox.sub, *condition.values))


def _page(call: Call, mailbox: Mailbox, source: str, values: tuple[object, ...]) -> Page:
    size = page_size(call.parameters)
    date, last_id = _after(call.parameters["pageToken"])
    rows = mailbox.db.execute(
        f"SELECT * FROM ({source}) WHERE (internal_date, id) < (?, ?)"  # noqa: S608  (values are bound)
        " ORDER BY internal_date DESC, id DESC LIMIT ?",
        (*values, date, last_id, size + 1),
    ).fetchall()
    estimate = mailbox.db.execute(f"SELECT count(*) FROM ({source})", values).fetchone()[0]  # noqa: S608  (values are bound)
    more = len(rows) > size
    rows = rows[:size]
    token = f"{rows[-1]['internal_date']:014d}{int(rows[-1]['id'], 16):020d}" if more else None
    return Page(rows, estimate, token)


def _condition(call: Call, mailbox: Mailbox) -> Condition:
    labels = mailbox.db.execute("SELECT id, name FROM labels WHERE sub = ?", (mailbox.sub,)).fetchall()
    known = {*SYSTEM_LABELS, *(row["id"] for row in labels)}
    wanted = call.parameters.get("labelIds") or []
    for label in wanted:
        if label not in known:
            raise invalid_argument(f"Invalid label: {label}")
    search = Reader(call.token.email, labels, call.now).read(call.parameters.get("q") or "")
    conditions = [search.condition, *map(has_label, wanted)]
    if not (search.everywhere or call.parameters["includeSpamTrash"] or NOT_LISTED.intersection(wanted)):
        conditions.extend(lacks_label(label) for label in sorted(NOT_LISTED))
    return Condition.joined(conditions, "AND", "1")


def _after(token: str | None) -> tuple[int, str]:
    """The place in the list where the last page ended."""
    if not token:
        return 10**15, ""
    match = PAGE_TOKEN.fullmatch(token)
    if match is None:
        raise invalid_argument("Invalid pageToken")
    return int(match[1]), f"{int(match[2]):016x}"
