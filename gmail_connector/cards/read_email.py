"""Read Email: one message of the mailbox, by its id."""

import re
from datetime import datetime
from typing import Any

from connections.requirements import Requirements
from flows.cards import Card, Effect, Fields, NoFields, field
from gmail_connector.client import GmailClient
from gmail_connector.mime import decode, read_message
from gmail_connector.scopes import READ_MAIL
from kernel.errors import InputRejected

ID_LETTERS = re.compile(r"[A-Za-z0-9_-]+")
"""Gmail judges an id's form; here only what could change the address that is called is kept out."""
USER_LABEL = "Label_"
"""How ids of labels that people made begin. The others are their own names."""


class Inputs(Fields):
    message_id: str = field("Message ID", help="As Gmail gives it, such as 19e1acd465710c93.")


class Attachment(Fields):
    filename: str = field("Filename")
    attachment_id: str = field("Attachment ID", help="Gmail gives another one at each reading: don't keep it.")
    message_id: str = field("Message ID")
    type: str = field("Type", help="The media type, such as application/pdf.")


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
    message = client.call(
        "Reading the message",
        client.users("messages").get(userId="me", id=message_id, format="full"),
        needs=READ_MAIL,
        field="Message ID",
    )
    received = read_message(message, lambda attachment_id: _attachment(client, message["id"], attachment_id))
    return Outputs(
        thread_id=message["threadId"],
        message_id=message["id"],
        subject=received.subject,
        text_body=received.text_body,
        html_body=received.html_body,
        to=received.to,
        from_=received.sender,
        cc=received.cc,
        bcc=received.bcc,
        date=received.date,
        attachment_ids=tuple(
            Attachment(
                filename=each.filename, attachment_id=each.attachment_id, message_id=message["id"], type=each.type
            )
            for each in received.attachments
        ),
        labels=_label_names(client, message.get("labelIds") or []),
    )


def _attachment(client: GmailClient, message_id: str, attachment_id: str) -> bytes:
    """The bytes of a text that Gmail found too long to give with its message."""
    request = client.users("messages", "attachments").get(userId="me", messageId=message_id, id=attachment_id)
    return decode(client.call("Reading the message", request, needs=READ_MAIL).get("data") or "")


def _label_names(client: GmailClient, ids: list[str]) -> tuple[str, ...]:
    """Names as people see them. Only where a label is somebody's own has Gmail to be asked."""
    names: dict[str, Any] = {}
    if any(each.startswith(USER_LABEL) for each in ids):
        answer = client.call("Reading the labels", client.users("labels").list(userId="me"), needs=READ_MAIL)
        names = {each["id"]: each["name"] for each in answer.get("labels") or []}
    return tuple(names.get(each, each) for each in ids)


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
