"""Fills the mailboxes of a new world. Bytes and columns are made from the letters side by side, to be quick."""

import base64
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.header import Header
from email.utils import format_datetime, parseaddr

from google_sandbox.clock import Clock
from google_sandbox.gmail.content import Content, text_of_html
from google_sandbox.gmail.header_block import fold
from google_sandbox.gmail.ids import message_id
from google_sandbox.gmail.mailbox import store_content
from google_sandbox.gmail.seed_letters import CIRCULARS, CONVERSATIONS, Circular, Conversation, Letter

FIRST_HISTORY_ID = 5000
PENDING_ALIASES = {"ada@acme.example": "press@acme.example"}
LABELS = ("Offsite", "Invoices", "Expenses", "Contracts", "Candidates")
BOUNDARY = "000000000000sandbox"


@dataclass
class _Box:
    """A mailbox while it is filled, and the thread that a conversation has in it."""

    account: sqlite3.Row
    rows: list[tuple[int, str, str, str, str, bytes, int]] = field(default_factory=list)
    threads: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Copy:
    """One mailbox's copy of a letter."""

    sent_at: datetime
    labels: Sequence[str]
    trace: bytes
    content_id: int


def seed(db: sqlite3.Connection, clock: Clock, accounts: Sequence[sqlite3.Row]) -> None:
    """Mailboxes for all accounts, mail for those that have Gmail."""
    now = clock.now().replace(microsecond=0)
    boxes = {account["email"]: _Box(account) for account in accounts if account["kind"] != "service_account"}
    filled = {email: box for email, box in boxes.items() if box.account["has_gmail"] and not box.account["suspended"]}
    for conversation in CONVERSATIONS:
        _converse(db, conversation, filled, now)
    for at, circular in enumerate(CIRCULARS):
        for box in filled.values():
            _circulate(db, circular, at, box, now)
    for box in boxes.values():
        _store(db, box)


def _converse(db: sqlite3.Connection, conversation: Conversation, boxes: dict[str, _Box], now: datetime) -> None:
    before: list[str] = []
    for letter in conversation.letters:
        subject = f"Re: {conversation.subject}" if before else conversation.subject
        sent_at = now - timedelta(hours=letter.hours)
        content = _content(letter, subject, before, sent_at)
        before.append(content.message_id)
        content_id = store_content(db, content)
        for person in (letter.sender, *letter.to, *letter.cc):
            address = parseaddr(person)[1]
            if address in boxes:
                labels = _labels(letter, is_sender=person == letter.sender)
                trace = b"" if person == letter.sender else fold("Delivered-To", address)
                _place(boxes[address], conversation.subject, _Copy(sent_at, labels, trace, content_id))


def _circulate(db: sqlite3.Connection, circular: Circular, at: int, box: _Box, now: datetime) -> None:
    """Each mailbox gets the same at slightly other times."""
    address, given_name = box.account["email"], box.account["given_name"]
    shift = (zlib.crc32(address.encode()) % 97) / 10 + at
    for time in range(circular.times):
        number = 400 + at * 20 - time
        letter = Letter(
            sender=circular.sender,
            to=(f"{box.account['name']} <{address}>",),
            text=circular.text.format(number=number, given_name=given_name),
            page=circular.page.format(number=number, given_name=given_name),
            hours=shift + time * circular.every_hours,
            unread=time < circular.unread_first,
            place=circular.place,
            category=circular.category,
        )
        sent_at = now - timedelta(hours=letter.hours)
        subject = circular.subject.format(number=number, given_name=given_name)
        content_id = store_content(db, _content(letter, subject, (), sent_at))
        trace = fold("Delivered-To", address)
        _place(box, f"{at} {time}", _Copy(sent_at, _labels(letter, is_sender=False), trace, content_id))


def _place(box: _Box, conversation: str, copy: _Copy) -> None:
    milliseconds = int(copy.sent_at.timestamp() * 1000)
    bits = zlib.crc32(f"{box.account['email']} {len(box.rows)}".encode()) >> 12
    new_id = message_id(milliseconds, bits)
    thread_id = box.threads.setdefault(conversation, new_id)
    box.rows.append(
        (milliseconds, box.account["sub"], new_id, thread_id, " ".join(copy.labels), copy.trace, copy.content_id)
    )


def _store(db: sqlite3.Connection, box: _Box) -> None:
    account, count = box.account, len(box.rows)
    sub, newest = account["sub"], FIRST_HISTORY_ID + count
    db.execute("INSERT INTO mailboxes VALUES (?, ?, ?, ?, ?)", (sub, account["email"], newest, newest, len(LABELS) + 1))
    db.executemany(
        "INSERT INTO labels VALUES (?, ?, ?, 'show', 'labelShow', NULL)",
        [(sub, f"Label_{number}", name) for number, name in enumerate(LABELS, 1)],
    )
    aliases = [(alias, "accepted") for alias in json.loads(account["aliases"])]
    if account["email"] in PENDING_ALIASES:
        aliases.append((PENDING_ALIASES[account["email"]], "pending"))
    db.executemany(
        "INSERT INTO send_as (sub, email, display_name, is_primary, is_default, verification_status)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [(sub, account["email"], account["name"], 1, 1, None)]
        + [(sub, alias, account["name"], 0, 0, status) for alias, status in aliases],
    )
    db.executemany(
        "INSERT INTO messages (internal_date, sub, id, thread_id, labels, trace, content_id, history_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(*row, FIRST_HISTORY_ID + number) for number, row in enumerate(sorted(box.rows), 1)],
    )


def _labels(letter: Letter, *, is_sender: bool) -> list[str]:
    if is_sender:
        return ["SENT"]
    labels = ["UNREAD"] if letter.unread else []
    labels += ["STARRED"] if letter.starred else []
    labels += [f"Label_{LABELS.index(letter.label) + 1}"] if letter.label else []
    return [*labels, *filter(None, (letter.category, letter.place))]


def _content(letter: Letter, subject: str, before: Sequence[str], sent_at: datetime) -> Content:
    own_id = _message_id(letter, subject)
    to, cc = ", ".join(letter.to), ", ".join(letter.cc)
    fields = [("From", letter.sender), ("To", to), ("Cc", cc), ("Subject", _encoded(subject)), ("Message-ID", own_id)]
    if before:
        fields += [("In-Reply-To", before[-1]), ("References", "\r\n ".join(before))]
    fields += [("Date", format_datetime(sent_at)), ("MIME-Version", "1.0")]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields if value)
    return Content(
        raw=head.encode() + b"".join(_body(letter)),
        message_id=own_id,
        references=tuple(before),
        subject=subject,
        sender=letter.sender,
        to=to,
        cc=cc,
        text=_lines(letter.text) or text_of_html(letter.page),
        filenames=(letter.attachment.filename,) if letter.attachment else (),
    )


def _message_id(letter: Letter, subject: str) -> str:
    digest = hashlib.sha256(f"{letter.sender} {letter.to} {letter.hours} {subject}".encode()).digest()
    return f"<CA{base64.urlsafe_b64encode(digest[:30]).decode()}@mail.gmail.com>"


def _body(letter: Letter) -> Iterator[bytes]:
    """Plain, or plain and page as alternatives, or with an attachment beside."""
    parts = [part for part in (_text("plain", letter.text), _text("html", letter.page)) if part]
    kind = "alternative"
    if letter.attachment:
        kind = "mixed"
        parts.append(
            _leaf(
                f'{letter.attachment.media_type}; name="{letter.attachment.filename}"',
                letter.attachment.text,
                f'Content-Disposition: attachment; filename="{letter.attachment.filename}"\r\n',
            )
        )
    if len(parts) == 1:
        yield parts[0]
        return
    yield f'Content-Type: multipart/{kind}; boundary="{BOUNDARY}"\r\n\r\n'.encode()
    for part in parts:
        yield b"--" + BOUNDARY.encode() + b"\r\n" + part + b"\r\n"
    yield b"--" + BOUNDARY.encode() + b"--\r\n"


def _text(subtype: str, text: str) -> bytes:
    if not text:
        return b""
    if not text.isascii():
        return _leaf(f'text/{subtype}; charset="UTF-8"', _lines(text), "")
    return f'Content-Type: text/{subtype}; charset="UTF-8"\r\n\r\n{_lines(text)}'.encode()


def _leaf(content_type: str, text: str, disposition: str) -> bytes:
    head = f"Content-Type: {content_type}\r\n{disposition}Content-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + base64.encodebytes(text.encode()).replace(b"\n", b"\r\n")


def _lines(text: str) -> str:
    return text.replace("\n", "\r\n")


def _encoded(subject: str) -> str:
    return subject if subject.isascii() else Header(subject, "utf-8", maxlinelen=200).encode()
