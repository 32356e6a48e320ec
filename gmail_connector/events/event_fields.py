"""What both events ask and give: how often the mailbox is looked at, the message, and the run that it started."""

from typing import Any

from flows.cards import Fields, field
from flows.context import FlowContext
from gmail_connector.reading import Attachment, Message

DEFAULT_MINUTES, MOST_MINUTES = 5, 24 * 60
NOTES = "Looking for news costs 2 units, and each message that is found 20."


class EventOptions(Fields):
    schedule: int = field(
        "Schedule",
        help=f"Every how many minutes the mailbox is looked at: {DEFAULT_MINUTES} unless given.",
        between=(1, MOST_MINUTES),
        default=DEFAULT_MINUTES,
    )


class EventOutputs(Fields):
    message_id: str = field("Message ID")
    thread_id: str = field("Thread ID")
    subject: str = field("Subject")
    to: str = field("To")
    from_: str = field("From")
    cc: tuple[str, ...] = field("CC")
    bcc: tuple[str, ...] = field("BCC")
    text_body: str = field("Text Body", multiline=True)
    html_body: str = field("HTML Body", multiline=True)
    labels: tuple[str, ...] = field("Labels")
    attachment_ids: tuple[Attachment, ...] = field("Attachment IDs")
    context: FlowContext | None = field("Context", default=None)


def message_outputs(message: Message) -> dict[str, Any]:
    """What both events give of a message. The context is added by the run."""
    content = message.content
    return {
        "message_id": message.id,
        "thread_id": message.thread_id,
        "subject": content.subject,
        "to": content.to,
        "from_": content.sender,
        "cc": content.cc,
        "bcc": content.bcc,
        "text_body": content.text_body,
        "html_body": content.html_body,
        "labels": message.labels,
        "attachment_ids": message.attachments,
    }
