"""Read Email: one message of the mailbox, by its id."""

import re
from datetime import datetime

from connections.requirements import Requirements
from flows.cards import Card, Effect, Fields, NoFields, field
from gmail_connector.client import GmailClient
from gmail_connector.reading import Attachment, Reader
from gmail_connector.scopes import READ_MAIL
from kernel.errors import InputRejected

ID_LETTERS = re.compile(r"[A-Za-z0-9_-]+")
"""Gmail judges an id's form; here only what could change the address that is called is kept out."""


class Inputs(Fields):
    message_id: str = field("Message ID", help="As Gmail gives it, such as 19e1acd465710c93.")


class Outputs(Fields):
    thread_id: str = field("Thread ID")
    message_id: str = field("Message ID")
    subject: str = field("Subject")
    text_body: str = field("Text Body", multiline=True)
    html_body: str = field("HTML Body", multiline=True)
    to: str = field("To")
    from_: str = field("From")
    cc: tuple[str, ...] = field("CC")
    bcc: tuple[str, ...] = field("BCC")
    date: datetime | None = field("Date")
    attachment_ids: tuple[Attachment, ...] = field("Attachment IDs")
    labels: tuple[str, ...] = field("Labels")


def run(client: GmailClient, _options: NoFields, inputs: Inputs) -> Outputs:
    """:raises InputRejected: what was entered is no id. :raises ConsoleError: Gmail refused."""
    message_id = inputs.message_id.strip()
    if not ID_LETTERS.fullmatch(message_id):
        text = "Enter the id that Gmail gave the message, such as 19e1acd465710c93, not its Message-ID header."
        raise InputRejected(fields={"message_id": [text]})
    message = Reader(client).read(message_id)
    content = message.content
    return Outputs(
        thread_id=message.thread_id,
        message_id=message.id,
        subject=content.subject,
        text_body=content.text_body,
        html_body=content.html_body,
        to=content.to,
        from_=content.sender,
        cc=content.cc,
        bcc=content.bcc,
        date=content.date,
        attachment_ids=message.attachments,
        labels=message.labels,
    )


card = Card(
    key="gmail.read_email",
    title="Read Email",
    summary="Read one message of the mailbox: its texts, addresses, labels, and which files are attached.",
    effect=Effect.READ,
    quota_units=20,
    needs=Requirements(scopes=(READ_MAIL,)),
    options=NoFields,
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)
