"""What lies in the sandbox's mailboxes, looked at from behind: deliveries and drafts are counted here."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from google_sandbox.server import RunningSandbox

SQL = """
SELECT m.id, m.thread_id, m.labels, c.raw FROM messages m JOIN contents c ON c.id = m.content_id
JOIN mailboxes b ON b.sub = m.sub WHERE b.email = ? AND c.subject = ? ORDER BY m.internal_date DESC
"""

EVERYTHING = """
SELECT m.id, m.labels, b.email, c.raw FROM messages m JOIN contents c ON c.id = m.content_id
JOIN mailboxes b ON b.sub = m.sub
"""


@dataclass(frozen=True, kw_only=True)
class Stored:
    id: str
    thread_id: str
    message: EmailMessage


def stored(google: RunningSandbox, account: str, subject: str, label: str) -> list[Stored]:
    """Messages of that subject under a label, the newest first."""
    with google.sandbox.store.read() as db:
        rows = db.execute(SQL, (account, subject)).fetchall()
    found = [row for row in rows if label in row["labels"].split()]
    return [Stored(id=row["id"], thread_id=row["thread_id"], message=_parsed(row["raw"])) for row in found]


def _parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=SMTP)
    assert isinstance(message, EmailMessage)
    return message


def received(google: RunningSandbox, account: str, subject: str) -> list[EmailMessage]:
    return [each.message for each in stored(google, account, subject, "INBOX")]


def drafts(google: RunningSandbox, account: str, subject: str) -> int:
    return len(stored(google, account, subject, "DRAFT"))


def message_id(google: RunningSandbox, account: str, subject: str, label: str = "INBOX") -> str:
    return stored(google, account, subject, label)[0].id


def any_message(google: RunningSandbox, account: str) -> str:
    """The id of a message in the account's inbox."""
    mine = ((key, each) for key, each in everything_stored(google).items() if each[0] == account)
    return next(key for key, each in mine if "INBOX" in each[1])


def everything_stored(google: RunningSandbox) -> dict[str, tuple[str, ...]]:
    """Every message of every mailbox by its id: whose it is, its labels, and what a person sees of it."""
    with google.sandbox.store.read() as db:
        rows = db.execute(EVERYTHING).fetchall()
    return {row["id"]: (row["email"], row["labels"], *_seen(_parsed(row["raw"]))) for row in rows}


def _seen(message: EmailMessage) -> Iterator[str]:
    """Sender, recipients, subject, and the parts with their files' names: no id and no time."""
    yield from (f"{name}: {message[name]}" for name in ("From", "To", "Cc", "Bcc", "Subject"))
    for part in message.walk():
        if not part.is_multipart():
            yield f"{part.get_content_type()} {part.get_filename()} {part.get_payload(decode=True)!r}"
