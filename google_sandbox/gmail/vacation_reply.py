"""The vacation responder's answers: to whom, how often, and what they say."""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from google_sandbox.gmail.addresses import domain_of, own_addresses
from google_sandbox.gmail.content import Content, parse_message, text_of_html, words
from google_sandbox.gmail.header_block import POLICY
from google_sandbox.gmail.ids import message_id_header
from google_sandbox.gmail.mailbox import MESSAGES, Mailbox
from google_sandbox.gmail.recipients import canonical
from google_sandbox.gmail.search import has_label
from google_sandbox.gmail.settings import VACATION, read_setting

# The same person is told once in four days
SILENT_SECONDS = 4 * 86_400
OF_MANY = frozenset({"bulk", "list", "junk"})
MACHINES = frozenset({"mailer-daemon", "postmaster", "noreply", "no-reply"})


def answer_to(mailbox: Mailbox, account: sqlite3.Row, received: Content, sender: str) -> Content | None:
    """The answer to a message that just came, None where there is none. Noted, so that the next one is not answered."""
    vacation = read_setting(mailbox.db, mailbox.sub, VACATION)
    if not is_on(vacation, mailbox.at) or not _is_person(account, received, sender):
        return None
    if vacation.get("restrictToDomain") and domain_of(sender) != account["hosted_domain"]:
        return None
    if vacation.get("restrictToContacts") and not _has_written_to(mailbox, sender):
        return None
    if _was_told(mailbox, sender):
        return None
    mailbox.db.execute(
        "INSERT OR REPLACE INTO vacation_answers VALUES (?, ?, ?)", (mailbox.sub, canonical(sender), mailbox.at)
    )
    return _written(mailbox, vacation, received, sender)


def is_on(vacation: Mapping[str, Any], at: float) -> bool:
    """Whether mail that comes at this moment is answered: not before the start, and no more from the end on."""
    starts_at = int(vacation.get("startTime", 0)) / 1000
    ends_at = int(vacation["endTime"]) / 1000 if "endTime" in vacation else float("inf")
    return bool(vacation.get("enableAutoReply")) and starts_at <= at < ends_at


def _is_person(account: sqlite3.Row, received: Content, sender: str) -> bool:
    """No list, no machine, nobody's bounce, and not oneself."""
    if not sender or sender in own_addresses(account) or sender.partition("@")[0] in MACHINES:
        return False
    message = parse_message(received.raw)
    automatic = str(message.get("Auto-Submitted", "no")).strip().lower() != "no"
    of_many = str(message.get("Precedence", "")).strip().lower() in OF_MANY
    return not (automatic or of_many or "List-Id" in message or "List-Unsubscribe" in message)


def _has_written_to(mailbox: Mailbox, address: str) -> bool:
    """Gmail takes up into the contacts whom a person writes to: those are the contacts here."""
    sent, phrase = has_label("SENT"), words(address)
    row = mailbox.db.execute(
        f"SELECT 1 FROM {MESSAGES} WHERE m.sub = ? AND {sent.sql} AND"  # noqa: S608  (values are bound)
        " (instr(c.to_words, ?) > 0 OR instr(c.cc_words, ?) > 0 OR instr(c.bcc_words, ?) > 0) LIMIT 1",
        (mailbox.sub, *sent.values, phrase, phrase, phrase),
    ).fetchone()
    return row is not None


def _was_told(mailbox: Mailbox, sender: str) -> bool:
    row = mailbox.db.execute(
        "SELECT 1 FROM vacation_answers WHERE sub = ? AND sender = ? AND at > ?",
        (mailbox.sub, canonical(sender), mailbox.at - SILENT_SECONDS),
    ).fetchone()
    return row is not None


def _written(mailbox: Mailbox, vacation: Mapping[str, Any], received: Content, sender: str) -> Content:
    answer = EmailMessage(policy=POLICY)
    answer["From"] = str(_author(mailbox))
    answer["To"] = sender
    subject = received.subject if received.subject.lower().startswith("re:") else f"Re: {received.subject}"
    answer["Subject"] = " ".join(filter(None, (vacation.get("responseSubject", "").strip(), subject.strip())))
    answer["Auto-Submitted"] = "auto-replied"
    answer["Precedence"] = "bulk"
    answer["X-Autoreply"] = "yes"
    if received.message_id:
        answer["In-Reply-To"] = received.message_id
        answer["References"] = " ".join((*received.references, received.message_id))
    answer["Message-ID"] = message_id_header()
    answer["Date"] = format_datetime(datetime.fromtimestamp(mailbox.at, tz=UTC))
    page = vacation.get("responseBodyHtml", "")
    answer.set_content(text_of_html(page) if page else vacation.get("responseBodyPlainText", ""))
    if page:
        answer.add_alternative(page, subtype="html")
    return Content.parse(answer.as_bytes())


def _author(mailbox: Mailbox) -> Address:
    """The address that is the default to send as; without a name of its own it bears the mailbox's."""
    rows = mailbox.db.execute("SELECT * FROM send_as WHERE sub = ?", (mailbox.sub,)).fetchall()
    default = next(row for row in rows if row["is_default"])
    primary = next(row for row in rows if row["is_primary"])
    return Address(display_name=default["display_name"] or primary["display_name"], addr_spec=default["email"])
