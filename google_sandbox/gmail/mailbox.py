"""One account's mailbox inside a transaction: messages in and out, their labels, and the history of both."""

import sqlite3
from collections.abc import Iterable, Sequence

from google_sandbox.gmail.content import Content
from google_sandbox.gmail.ids import MOST_BITS, draft_id, following, message_id, not_found

# Everything a list or an answer needs; the bytes are fetched only where they are shown
COLUMNS = (
    "m.sub, m.id, m.thread_id, m.internal_date, m.history_id, m.labels, m.trace, m.content_id, c.message_id,"
    " c.subject, c.sender, c.recipients, c.snippet, c.size"
)
MESSAGES = "messages m JOIN contents c ON c.id = m.content_id"
NOT_LISTED = frozenset({"SPAM", "TRASH"})


def store_content(db: sqlite3.Connection, content: Content) -> int:
    columns = content.columns()
    row_id = db.execute(
        f"INSERT INTO contents ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608  (our own names)
        tuple(columns.values()),
    ).lastrowid
    assert row_id is not None  # noqa: S101  (an INSERT has one)
    return row_id


class Mailbox:
    """`at` is the time of whatever happens now, in seconds."""

    def __init__(self, db: sqlite3.Connection, sub: str, at: float) -> None:
        self.db = db
        self.sub = sub
        self.at = at

    def add(
        self, content_id: int, labels: Sequence[str], *, thread_id: str | None = None, trace: bytes = b""
    ) -> sqlite3.Row:
        """A new message of this content, in a thread of its own unless one is given."""
        milliseconds = int(self.at * 1000)
        new_id = self._new_id(milliseconds)
        self.db.execute(
            "INSERT INTO messages (sub, id, thread_id, internal_date, history_id, labels, trace, content_id)"
            " VALUES (?, ?, ?, ?, 0, ?, ?, ?)",
            (self.sub, new_id, thread_id or new_id, milliseconds, " ".join(labels), trace, content_id),
        )
        self._record("messageAdded", self.message(new_id), labels)
        return self.message(new_id)

    def message(self, wanted: str) -> sqlite3.Row:
        row: sqlite3.Row | None = self.db.execute(
            f"SELECT {COLUMNS} FROM {MESSAGES} WHERE m.sub = ? AND m.id = ?",  # noqa: S608  (our own names)
            (self.sub, wanted),
        ).fetchone()
        if row is None:
            raise not_found()
        return row

    def thread(self, wanted: str) -> list[sqlite3.Row]:
        rows = self.db.execute(
            f"SELECT {COLUMNS} FROM {MESSAGES} WHERE m.sub = ? AND m.thread_id = ?"  # noqa: S608  (our own names)
            " ORDER BY m.internal_date, m.id",
            (self.sub, wanted),
        ).fetchall()
        if not rows:
            raise not_found()
        return rows

    def raw(self, row: sqlite3.Row) -> bytes:
        """The bytes of one copy: what its way added, then what all copies share."""
        raw = self.db.execute("SELECT raw FROM contents WHERE id = ?", (row["content_id"],)).fetchone()["raw"]
        return bytes(row["trace"]) + bytes(raw)

    def relabel(self, row: sqlite3.Row, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> sqlite3.Row:
        """Change a message's labels. What it has, or lacks, already makes no history."""
        present = row["labels"].split()
        removed = [label for label in dict.fromkeys(remove) if label in present]
        added = [label for label in dict.fromkeys(add) if label not in present and label not in removed]
        labels = [label for label in present if label not in removed] + added
        self.db.execute(
            "UPDATE messages SET labels = ? WHERE sub = ? AND id = ?", (" ".join(labels), self.sub, row["id"])
        )
        changed = self.message(row["id"])
        if added:
            self._record("labelAdded", changed, added)
        if removed:
            self._record("labelRemoved", changed, removed)
        return self.message(row["id"])

    def delete(self, row: sqlite3.Row) -> None:
        """Take a message out for good, its draft with it, and its bytes when no other mailbox has them."""
        owner = (self.sub, row["id"])
        self.db.execute("DELETE FROM messages WHERE sub = ? AND id = ?", owner)
        self.db.execute("DELETE FROM drafts WHERE sub = ? AND message_id = ?", owner)
        self.db.execute(
            "DELETE FROM contents WHERE id = ? AND NOT EXISTS (SELECT 1 FROM messages WHERE content_id = contents.id)",
            (row["content_id"],),
        )
        self._record("messageDeleted", row, row["labels"].split())

    def thread_answered(self, references: Sequence[str], thread_subject: str) -> str | None:
        """The thread that holds a message referred to, under the same subject."""
        if not references:
            return None
        row = self.db.execute(
            f"SELECT m.thread_id FROM {MESSAGES} WHERE m.sub = ? AND c.thread_subject = ?"  # noqa: S608  (placeholders)
            f" AND c.message_id IN ({', '.join('?' * len(references))}) ORDER BY m.internal_date DESC LIMIT 1",
            (self.sub, thread_subject, *references),
        ).fetchone()
        return None if row is None else str(row["thread_id"])

    def chosen_thread(self, wanted: str | None, content: Content) -> str | None:
        """The thread a caller asked for, if the message refers to one of its messages under its subject as well."""
        if wanted is None:
            return None
        rows = self.thread(wanted)
        named = {row["message_id"] for row in rows}
        if named.intersection(content.references) and self.thread_answered(content.references, content.thread_subject):
            return wanted
        return None

    def draft(self, wanted: str) -> sqlite3.Row:
        """The message that a draft holds now."""
        row = self.db.execute("SELECT message_id FROM drafts WHERE sub = ? AND id = ?", (self.sub, wanted)).fetchone()
        if row is None:
            raise not_found()
        return self.message(row["message_id"])

    def hold_draft(self, message: str, wanted: str | None = None) -> str:
        """Point a draft at a message; a new draft unless one is named."""
        new_id = wanted or draft_id()
        self.db.execute("INSERT OR REPLACE INTO drafts VALUES (?, ?, ?)", (self.sub, new_id, message))
        return new_id

    def _new_id(self, milliseconds: int) -> str:
        """An id nobody has, after those of the same millisecond: what comes at one moment keeps its order."""
        newest = self.db.execute(
            "SELECT max(id) AS id FROM messages WHERE sub = ? AND id BETWEEN ? AND ?",
            (self.sub, message_id(milliseconds, 0), message_id(milliseconds, MOST_BITS)),
        ).fetchone()["id"]
        new_id = message_id(milliseconds) if newest is None else following(newest)
        while self._is_taken(new_id):
            new_id = following(new_id)
        return new_id

    def _is_taken(self, wanted: str) -> bool:
        row = self.db.execute(
            "SELECT 1 FROM messages WHERE sub = ? AND (id = ? OR thread_id = ?)", (self.sub, wanted, wanted)
        ).fetchone()
        return row is not None

    def _record(self, kind: str, row: sqlite3.Row, changed: Iterable[str]) -> None:
        history_id = self.db.execute(
            "UPDATE mailboxes SET history_id = history_id + 1 WHERE sub = ? RETURNING history_id", (self.sub,)
        ).fetchone()["history_id"]
        self.db.execute(
            "UPDATE messages SET history_id = ? WHERE sub = ? AND id = ?", (history_id, self.sub, row["id"])
        )
        self.db.execute(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (self.sub, history_id, self.at, kind, row["id"], row["thread_id"], row["labels"], " ".join(changed)),
        )
