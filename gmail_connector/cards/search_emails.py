"""Search Emails: the first message that matches, or all of them up to a limit."""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum

from connections.requirements import Requirements
from flows.cards import Card, Effect, Fields, Noted, field
from flows.derive.field_types import size_words
from gmail_connector.client import GmailClient
from gmail_connector.errors import MessageNotFound
from gmail_connector.labels import label_ids
from gmail_connector.reading import Attachment, Message, Reader
from gmail_connector.scopes import READ_MAIL

DEFAULT_LIMIT, HIGHEST_LIMIT = 100, 2000
PAGE = 500
"""As many ids as Google lists at once."""
MOST_TEXT = 20 * 1024 * 1024
"""Characters of all bodies together. More of them would fill this process's memory."""


class ResultSet(StrEnum):
    FIRST = "first_matching_email"
    ALL = "all_matching_emails"


class Options(Fields):
    result_set: ResultSet = field("Result Set")


class Inputs(Fields):
    query: str = field("Query", help="As in Gmail's search box: from:ben@acme.example has:attachment.", default="")
    with_labels: tuple[str, ...] = field(
        "With Labels", help="By name or id. A message must have all of them.", default=()
    )
    include_spam_and_trash: bool = field("Include Spam and Trash", default=False)
    limit: int = field(
        "Limit",
        help=f"How many messages are read at most, the newest first: {DEFAULT_LIMIT} unless given.",
        when={"result_set": ResultSet.ALL.value},
        between=(1, HIGHEST_LIMIT),
        default=DEFAULT_LIMIT,
    )


class Email(Fields):
    message_id: str = field("Message ID")
    thread_id: str = field("Thread ID")
    subject: str = field("Subject", heading=True)
    text_body: str = field("Text Body", multiline=True)
    html_body: str = field("HTML Body", multiline=True)
    to: str = field("To")
    from_: str = field("From", heading=True)
    cc: tuple[str, ...] = field("CC")
    attachment_ids: tuple[Attachment, ...] = field("Attachment IDs")
    labels: tuple[str, ...] = field("Labels")


class Emails(Fields):
    emails: tuple[Email, ...] = field("Emails")
    limit_reached: bool = field("Limit Reached", help="Whether more messages match than were read.")


NOTHING = Email(
    message_id="",
    thread_id="",
    subject="",
    text_body="",
    html_body="",
    to="",
    from_="",
    cc=(),
    attachment_ids=(),
    labels=(),
)


def run(client: GmailClient, options: Options, inputs: Inputs) -> Email | Emails | Noted[Email | Emails]:
    """:raises InputRejected: the mailbox has no such label. :raises ConsoleError: Gmail refused."""
    reader = Reader(client)
    labels = label_ids(reader, inputs.with_labels, field="with_labels")
    if options.result_set is ResultSet.FIRST:
        first = next(_messages(reader, _ids(client, inputs, labels, page=1)), None)
        return _email(first) if first else Noted(outputs=NOTHING, note="No message matches.")
    ids = _ids(client, inputs, labels, page=min(inputs.limit + 1, PAGE))
    return _all(_messages(reader, ids), ids, inputs.limit)


def _ids(client: GmailClient, inputs: Inputs, labels: tuple[str, ...], page: int) -> Iterator[str]:
    """Of all messages that match, the newest first. The next page is asked for when it is needed."""
    token: str | None = None
    while True:
        request = client.users("messages").list(
            userId="me",
            q=inputs.query.strip() or None,
            labelIds=list(labels) or None,
            includeSpamTrash=inputs.include_spam_and_trash,
            maxResults=page,
            pageToken=token,
        )
        answer = client.call("Searching the mailbox", request, needs=READ_MAIL)
        yield from (each["id"] for each in answer.get("messages") or [])
        token = answer.get("nextPageToken")
        if not token:
            return


def _messages(reader: Reader, ids: Iterator[str]) -> Iterator[Message]:
    for message_id in ids:
        try:
            message = reader.read(message_id)
        except MessageNotFound:
            continue  # deleted since it was listed
        yield message


def _all(messages: Iterator[Message], ids: Iterator[str], limit: int) -> Emails | Noted[Email | Emails]:
    emails: list[Email] = []
    length = 0
    while len(emails) < limit and length < MOST_TEXT:
        message = next(messages, None)
        if message is None:
            break
        emails.append(_email(message))
        length += len(message.content.text_body) + len(message.content.html_body)
    found = Emails(emails=tuple(emails), limit_reached=next(ids, None) is not None)
    return Noted(outputs=found, note=_note(len(emails), limit)) if found.limit_reached else found


def _note(count: int, limit: int) -> str:
    if count < limit:
        return f"More messages match. Reading stopped after {count:,}, since their texts have {size_words(MOST_TEXT)}."
    return f"More messages match than the limit of {limit:,}. Narrow the search, or raise Limit to at most 2,000."


def _email(message: Message) -> Email:
    content = message.content
    return Email(
        message_id=message.id,
        thread_id=message.thread_id,
        subject=content.subject,
        text_body=content.text_body,
        html_body=content.html_body,
        to=content.to,
        from_=content.sender,
        cc=content.cc,
        attachment_ids=message.attachments,
        labels=message.labels,
    )


card = Card(
    key="gmail.search_emails",
    title="Search Emails",
    summary="Search the mailbox, and read the first message that matches or all of them up to a limit.",
    effect=Effect.READ,
    quota_units=25,
    needs=Requirements(scopes=(READ_MAIL,)),
    options=Options,
    inputs=Inputs,
    outputs={ResultSet.FIRST.value: Email, ResultSet.ALL.value: Emails},
    outputs_by="result_set",
    run=run,
    longest=timedelta(minutes=15),
    notes=(
        "All matching emails costs 20 units a message. Google gives a mailbox 6,000 units a minute, so after 300 "
        "messages the rest is read at 5 a second."
    ),
)
