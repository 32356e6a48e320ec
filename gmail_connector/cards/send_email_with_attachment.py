"""Send Email with Attachment: a message with one file, sent once."""

from datetime import timedelta

from connections.requirements import Requirements
from flows.cards import Card, Effect, Fields, OnceOnly, field
from gmail_connector.client import GmailClient
from gmail_connector.composing import MessageInputs, MessageOptions, compose
from gmail_connector.mime import EnclosedFile
from gmail_connector.scopes import SEND_MAIL
from gmail_connector.sending import SENT_ONCE, SentMessage, can_stage, dispatch_by_upload, find, stage_by_upload

MAX_FILE_BYTES = 10 * 1024 * 1024


class File(Fields):
    file_name: str = field("File Name", help="With its ending, such as invoice.pdf, from which its type follows.")
    file_content: bytes = field(
        "File Content", help="10 MB at most.", most_bytes=MAX_FILE_BYTES, file_name_in="file_name"
    )


class Inputs(MessageInputs):
    file: File = field("File")


def prepare(client: GmailClient, options: MessageOptions, inputs: Inputs, marker: str) -> bytes:
    file = EnclosedFile(name=inputs.file.file_name, content=inputs.file.file_content)
    return compose(client, options, inputs, marker, file)


card = Card(
    key="gmail.send_email_with_attachment",
    title="Send Email with Attachment",
    summary="Send a message with one file of 10 MB or less. Where the grant allows drafts it is sent exactly once.",
    effect=Effect.SEND,
    quota_units=110,
    needs=Requirements(scopes=(SEND_MAIL,)),
    options=MessageOptions,
    inputs=Inputs,
    outputs=SentMessage,
    send=OnceOnly(prepare=prepare, can_stage=can_stage, stage=stage_by_upload, dispatch=dispatch_by_upload, find=find),
    longest=timedelta(minutes=10),
    notes=SENT_ONCE,
)
