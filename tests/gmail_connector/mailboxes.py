"""What lies in the sandbox's mailboxes, looked at from behind: deliveries and drafts are counted here."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from google_sandbox.server import RunningSandbox

SQL = """
SELECT m.id, m.labels, c.raw FROM messages m JOIN contents c ON c.id = m.content_id
JOIN mailboxes b ON b.sub = m.sub WHERE b.email = ? AND c.subject = ? ORDER BY m.internal_date DESC
"""


def _messages(google: RunningSandbox, account: str, subject: str, label: str) -> list[tuple[str, bytes]]:
    with google.sandbox.store.read() as db:
        rows = db.execute(SQL, (account, subject)).fetchall()
    return [(row["id"], row["raw"]) for row in rows if label in row["labels"].split()]


def received(google: RunningSandbox, account: str, subject: str) -> list[EmailMessage]:
    """Messages of that subject in an account's inbox."""
    found = [message_from_bytes(raw, policy=SMTP) for _id, raw in _messages(google, account, subject, "INBOX")]
    return [each for each in found if isinstance(each, EmailMessage)]


def drafts(google: RunningSandbox, account: str, subject: str) -> int:
    return len(_messages(google, account, subject, "DRAFT"))


def message_id(google: RunningSandbox, account: str, subject: str, label: str = "INBOX") -> str:
    """The newest message of that subject."""
    return _messages(google, account, subject, label)[0][0]
