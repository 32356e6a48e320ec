"""Google's mail to an address that somebody wants to forward to or to send as: its owner has to agree."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime

from google_sandbox.gmail.arrival import post
from google_sandbox.gmail.call import Call
from google_sandbox.gmail.content import Content
from google_sandbox.gmail.header_block import POLICY
from google_sandbox.gmail.ids import message_id_header
from google_sandbox.gmail.mailbox import Mailbox


@dataclass(frozen=True)
class _Wording:
    team: str
    subject: str
    text: str


FORWARDING = _Wording(
    "Gmail Team <forwarding-noreply@google.com>",
    "Gmail Forwarding Confirmation - Receive Mail from {owner}",
    """{owner} has requested to automatically forward mail to your email address {address}.

Nothing is forwarded until you accept. To accept or to reject, open this page of the sandbox:
{page}
""",
)
SEND_AS = _Wording(
    "Gmail Team <send-as-noreply@google.com>",
    "Gmail Confirmation - Send Mail as {address}",
    """{owner} has requested to send mail as {address}.

Nothing is sent in your name until you accept. To accept or to reject, open this page of the sandbox:
{page}
""",
)


def ask_to_forward(call: Call, mailbox: Mailbox, address: str) -> None:
    _ask(call, mailbox, address, FORWARDING)


def ask_to_send_as(call: Call, mailbox: Mailbox, address: str) -> None:
    _ask(call, mailbox, address, SEND_AS)


def _ask(call: Call, mailbox: Mailbox, address: str, wording: _Wording) -> None:
    owner = call.token.email
    words = {
        "owner": owner,
        "address": address,
        "page": f"{call.request.sandbox.origin}/_sandbox/accounts/{owner}/#settings",
    }
    letter = EmailMessage(policy=POLICY)
    letter["From"] = wording.team
    letter["To"] = address
    letter["Subject"] = wording.subject.format_map(words)
    letter["Auto-Submitted"] = "auto-generated"
    letter["Message-ID"] = message_id_header()
    letter["Date"] = format_datetime(call.now)
    letter.set_content(wording.text.format_map(words))
    post(mailbox.db, mailbox.at, Content.parse(letter.as_bytes()), address)
