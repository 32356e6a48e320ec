"""How a message leaves once: through a draft where the grant allows it, and what became of it after a lost answer.

Gmail replaces a caller's Message-ID, so looking for one's own proves nothing. A draft can be sent once, and
each message carries the id of its step in a header of its own (engine.md, Sending once).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Self

from googleapiclient.http import MediaIoBaseUpload

from flows.cards import AnswerLost, Fields, Sent, StillThere, Unknown, field
from gmail_connector.client import GmailClient
from gmail_connector.errors import DraftGone, MessageNotFound
from gmail_connector.mime import STEP_HEADER, encode, header_of
from gmail_connector.scopes import METADATA, READ_HEADERS, SEND_MAIL, WRITE_DRAFTS

ME = "me"
NEWEST = 50
"""So many drafts, or sent messages, are looked at after a lost answer."""
SEARCHING = "Looking for the message"
SAVING = "Saving the draft"
SENDING = "Sending the message"
GONE = "Draft"
"""Stands where a person's field would: an id that we have recorded can only be gone."""


SENT_ONCE = (
    "Gmail takes at most 100 recipients in one message. A message carries the header X-Workflows-Step with a "
    "random id, by which it is found again when Google's answer is lost."
)


class SentMessage(Fields):
    message_id: str = field("Message ID")
    thread_id: str = field("Thread ID")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A draft and its thread, which stays when the draft is sent. As text it is what the runner records."""

    id: str
    thread_id: str

    def __str__(self) -> str:
        return f"{self.id} {self.thread_id}"

    @classmethod
    def recorded(cls, text: str) -> Self:
        draft_id, _, thread_id = text.partition(" ")
        return cls(id=draft_id, thread_id=thread_id)

    @classmethod
    def of(cls, resource: Mapping[str, Any]) -> Self:
        """The draft in an answer. :raises AnswerLost: the answer names none."""
        thread_id = (resource.get("message") or {}).get("threadId")
        if not resource.get("id") or not thread_id:
            raise AnswerLost("Google's answer names no draft")
        return cls(id=resource["id"], thread_id=thread_id)


def can_stage(client: GmailClient) -> bool:
    """Whether the grant allows drafts."""
    return client.has_any(WRITE_DRAFTS)


def stage(client: GmailClient, mime: bytes) -> str:
    """Save the message as a draft."""
    request = client.users("drafts").create(userId=ME, body={"message": {"raw": encode(mime)}})
    return str(Draft.of(client.call(SAVING, request, needs=WRITE_DRAFTS)))


def stage_by_upload(client: GmailClient, mime: bytes) -> str:
    """As :func:`stage`, for a message too large to stand inside JSON."""
    request = client.users("drafts").create(userId=ME, media_body=_upload(mime))
    return str(Draft.of(client.call(SAVING, request, needs=WRITE_DRAFTS)))


def _upload(mime: bytes) -> MediaIoBaseUpload:
    """The whole message in one request: pieces of a resumable one would each have to be followed after a fault."""
    return MediaIoBaseUpload(BytesIO(mime), mimetype="message/rfc822", resumable=False)


def dispatch(client: GmailClient, draft_id: str | None, mime: bytes) -> SentMessage:
    """Send the draft, or the message itself where there is none.

    :raises DraftGone: an earlier try was carried out after all, or somebody deleted the draft or sent it by hand.
    """
    if draft_id is not None:
        return _send_draft(client, Draft.recorded(draft_id))
    request = client.users("messages").send(userId=ME, body={"raw": encode(mime)})
    return _sent(client.call(SENDING, request, needs=SEND_MAIL))


def dispatch_by_upload(client: GmailClient, draft_id: str | None, mime: bytes) -> SentMessage:
    """As :func:`dispatch`, for a message too large to stand inside JSON."""
    if draft_id is not None:
        return _send_draft(client, Draft.recorded(draft_id))
    request = client.users("messages").send(userId=ME, media_body=_upload(mime))
    return _sent(client.call(SENDING, request, needs=SEND_MAIL))


def _send_draft(client: GmailClient, draft: Draft) -> SentMessage:
    request = client.users("drafts").send(userId=ME, body={"id": draft.id})
    try:
        return _sent(client.call(SENDING, request, needs=WRITE_DRAFTS, field=GONE))
    except MessageNotFound:
        raise DraftGone(email=client.email) from None


def find(client: GmailClient, draft_id: str | None, marker: str) -> Sent[SentMessage] | StillThere | Unknown:
    """What became of a message after a lost answer."""
    if draft_id is not None:
        return _find_by_draft(client, Draft.recorded(draft_id), marker)
    if can_stage(client):
        return _find_in_drafts(client, marker)
    if client.has_any(READ_HEADERS):
        return _find_in_sent(client, marker)
    return Unknown(reason="Google's answer was lost, and this connection's grant can't read the mailbox.")


def _find_by_draft(client: GmailClient, draft: Draft, marker: str) -> Sent[SentMessage] | StillThere | Unknown:
    request = client.users("drafts").get(userId=ME, id=draft.id, format="minimal")
    if _lookup(client, request, WRITE_DRAFTS):
        return StillThere(draft_id=str(draft))
    if client.has_any(READ_HEADERS):
        return _find_in_thread(client, draft, marker)
    return Sent(
        outputs=SentMessage(message_id="", thread_id=draft.thread_id),
        note=(
            "Google's answer was lost. The draft is gone, so the message was sent, unless somebody deleted the draft. "
            "This grant can't read the Message ID back."
        ),
    )


def _find_in_thread(client: GmailClient, draft: Draft, marker: str) -> Sent[SentMessage] | Unknown:
    """The draft is gone; the message in its thread proves that it was sent."""
    request = client.users("threads").get(
        userId=ME, id=draft.thread_id, format="metadata", metadataHeaders=[STEP_HEADER]
    )
    thread = _lookup(client, request, READ_HEADERS) or {}
    return _marked(thread.get("messages") or [], marker) or Unknown(
        reason=(
            "The draft is gone, and its thread holds no message of this step. Somebody may have deleted the draft, or "
            "sent it by hand."
        )
    )


def _find_in_drafts(client: GmailClient, marker: str) -> StillThere | Unknown:
    """Saving the draft got no answer, so nothing was sent yet. At worst an unsent draft is left over."""
    # A grant that holds gmail.metadata may not search
    query = {} if METADATA in client.granted else {"q": "newer_than:1d"}
    newest = client.users("drafts").list(userId=ME, maxResults=NEWEST, **query)
    for each in client.call(SEARCHING, newest, needs=WRITE_DRAFTS).get("drafts") or []:
        draft = _lookup(client, client.users("drafts").get(userId=ME, id=each["id"], format="metadata"), WRITE_DRAFTS)
        if draft and header_of(draft.get("message") or {}, STEP_HEADER) == marker:
            return StillThere(draft_id=str(Draft.of(draft)))
    return Unknown(reason="Google's answer was lost, and no draft of this step was saved. Nothing was sent.")


def _find_in_sent(client: GmailClient, marker: str) -> Sent[SentMessage] | Unknown:
    """By label and not by search, whose index comes later, and which gmail.metadata forbids."""
    newest = client.users("messages").list(userId=ME, labelIds=["SENT"], maxResults=NEWEST)
    listed = client.call(SEARCHING, newest, needs=READ_HEADERS).get("messages") or []
    return _marked((_metadata(client, each["id"]) for each in listed), marker) or Unknown(
        reason="Google's answer was lost, and the message is not in Sent. It may still have been sent."
    )


def _metadata(client: GmailClient, message_id: str) -> dict[str, Any]:
    request = client.users("messages").get(userId=ME, id=message_id, format="metadata", metadataHeaders=[STEP_HEADER])
    return _lookup(client, request, READ_HEADERS) or {}


def _lookup(client: GmailClient, request: Any, needs: tuple[str, ...]) -> dict[str, Any] | None:
    """What is asked for, or nothing where it is gone."""
    try:
        return client.call(SEARCHING, request, needs=needs, field=GONE)
    except MessageNotFound:
        return None


def _marked(messages: Iterable[Mapping[str, Any]], marker: str) -> Sent[SentMessage] | None:
    """The sent message that carries the step's mark."""
    for message in messages:
        if "SENT" in (message.get("labelIds") or []) and header_of(message, STEP_HEADER) == marker:
            return Sent(outputs=_sent(message))
    return None


def _sent(message: Mapping[str, Any]) -> SentMessage:
    """:raises AnswerLost: the answer names no message."""
    if not message.get("id") or not message.get("threadId"):
        raise AnswerLost("Google's answer names no message")
    return SentMessage(message_id=message["id"], thread_id=message["threadId"])
