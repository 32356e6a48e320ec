"""What happened in a mailbox since it was looked at last: Gmail's history, and a search where that was lost."""

from collections.abc import Iterator, Mapping
from typing import Any

from gmail_connector.client import GmailClient
from gmail_connector.scopes import READ_MAIL
from kernel.clock import now

PAGE = 500
MARGIN_SECONDS = 10 * 60
"""A search looks so much further back than the last look: Gmail's index and clock may lag behind."""
NOT_ARRIVED = frozenset({"SENT", "DRAFT", "SPAM", "TRASH", "CHAT"})
ARRIVED = "-in:sent -in:drafts"


def has_history(cursor: Mapping[str, Any]) -> bool:
    """False for the first look."""
    return "history_id" in cursor


def cursor_of_now(client: GmailClient, cursor: Mapping[str, Any]) -> dict[str, Any]:
    """Where the mailbox stands: history goes on from here."""
    request = client.users().getProfile(userId="me")
    answer = client.call("Reading where the mailbox stands", request, needs=READ_MAIL)
    return next_cursor(cursor, answer["historyId"])


def next_cursor(cursor: Mapping[str, Any], history_id: str) -> dict[str, Any]:
    return {"began": cursor["began"], "history_id": history_id, "looked": int(now().timestamp())}


def records(client: GmailClient, cursor: Mapping[str, Any], *kinds: str) -> tuple[list[dict[str, Any]], str]:
    """Every record since the cursor, and the history id to go on from.

    That is the one of the first page: what happens while the others are read may come again, and isn't left out.

    :raises MessageNotFound: Gmail answers 404 for a history id that it doesn't keep any more, often after a week.
    """
    found: list[dict[str, Any]] = []
    history_id = token = None
    while True:
        request = client.users("history").list(
            userId="me",
            startHistoryId=cursor["history_id"],
            historyTypes=list(kinds),
            maxResults=PAGE,
            pageToken=token,
        )
        answer = client.call("Reading what happened in the mailbox", request, needs=READ_MAIL, field="History ID")
        history_id = history_id or answer["historyId"]
        found += answer.get("history") or []
        token = answer.get("nextPageToken")
        if not token:
            return found, str(history_id)


def search(client: GmailClient, query: str, since: int, *, label_ids: tuple[str, ...] = ()) -> Iterator[str]:
    """Ids of messages that match and arrived since, in seconds since 1970, the newest first.

    The query comes last, so that a quote or bracket it doesn't close swallows nothing of the rest.
    """
    asked = f"after:{since} {ARRIVED}" + (f" ({query.strip()})" if query.strip() else "")
    token: str | None = None
    while True:
        request = client.users("messages").list(
            userId="me", q=asked, labelIds=list(label_ids) or None, maxResults=PAGE, pageToken=token
        )
        answer = client.call("Searching the mailbox", request, needs=READ_MAIL)
        yield from (each["id"] for each in answer.get("messages") or [])
        token = answer.get("nextPageToken")
        if not token:
            return


def since_last_look(cursor: Mapping[str, Any]) -> int:
    """From when on a search finds what the last look can't have seen: some minutes earlier. Zero before the first."""
    return int(cursor.get("looked", MARGIN_SECONDS)) - MARGIN_SECONDS


def since_on(cursor: Mapping[str, Any]) -> int:
    """The second after the one in which the flow was turned on: what is older is no news."""
    return int(cursor["began"]) + 1
