"""Messages of the mailbox as cards give them out: taken apart, with labels by the names that people know."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flows.cards import Fields
from flows.cards import field as card_field
from gmail_connector.client import GmailClient
from gmail_connector.mime import Received, decode, read_message
from gmail_connector.scopes import READ_MAIL

USER_LABEL = "Label_"
"""How ids of labels that people made begin. The others are their own names."""
READING = "Reading the message"


class Attachment(Fields):
    filename: str = card_field("Filename", heading=True)
    attachment_id: str = card_field("Attachment ID", help="Gmail gives another one at each reading: don't keep it.")
    message_id: str = card_field("Message ID")
    type: str = card_field("Type", help="The media type, such as application/pdf.")


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of the mailbox. ``labels`` are names."""

    id: str
    thread_id: str
    content: Received
    attachments: tuple[Attachment, ...]
    labels: tuple[str, ...]


@dataclass
class Reader:
    """Reads messages of one mailbox. Its labels are asked for once, and only where they are needed."""

    client: GmailClient
    known: dict[str, str] | None = field(default=None, init=False)

    def read(self, message_id: str) -> Message:
        """:raises MessageNotFound: the mailbox has none of this id. :raises ConsoleError: Gmail refused."""
        request = self.client.users("messages").get(userId="me", id=message_id, format="full")
        message = self.client.call(READING, request, needs=READ_MAIL, field="Message ID")
        content = read_message(message, lambda attachment_id: self._attachment(message["id"], attachment_id))
        return Message(
            id=message["id"],
            thread_id=message["threadId"],
            content=content,
            attachments=_attachments(message, content),
            labels=self.names(message.get("labelIds") or []),
        )

    def labels(self) -> Mapping[str, str]:
        """Names by id, of every label that the mailbox has."""
        if self.known is None:
            answer = self.client.call(
                "Reading the labels", self.client.users("labels").list(userId="me"), needs=READ_MAIL
            )
            self.known = {each["id"]: each["name"] for each in answer.get("labels") or []}
        return self.known

    def _attachment(self, message_id: str, attachment_id: str) -> bytes:
        """The bytes of a text that Gmail found too long to give with its message."""
        attachments = self.client.users("messages", "attachments")
        request = attachments.get(userId="me", messageId=message_id, id=attachment_id)
        return decode(self.client.call(READING, request, needs=READ_MAIL).get("data") or "")

    def names(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Names of labels by their ids. Only where a label is somebody's own has Gmail to be asked."""
        ids = tuple(ids)
        names = self.labels() if any(each.startswith(USER_LABEL) for each in ids) else {}
        return tuple(names.get(each, each) for each in ids)


def _attachments(message: Mapping[str, Any], content: Received) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(filename=each.filename, attachment_id=each.attachment_id, message_id=message["id"], type=each.type)
        for each in content.attachments
    )
