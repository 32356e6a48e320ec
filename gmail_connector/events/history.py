"""What happened in a mailbox since it was looked at last: Gmail's history, and a search where that was lost."""

from collections.abc import Iterator, Mapping
from typing import Any

from gmail_connector.client import GmailClient
from gmail_connector.scopes import READ_MAIL
from kernel.clock import now

PAGE = 500
MARGIN_SECONDS = 10 * 60
"""A search after a lost history looks so much further back: Gmail's index and clock may lag behind."""
NOT_ARRIVED = frozenset({"SENT", "DRAFT", "SPAM", "TRASH", "CHAT"})


def first_cursor(client: GmailClient) -> dict[str, Any]:
    """Where the mailbox stands now: nothing before it is news."""
    request = client.users().getProfile(userId="me")
    answer = client.call("Reading where the mailbox stands", request, needs=READ_MAIL)
    moment = int(now().timestamp())
    return {"history_id": answer["historyId"], "began": moment, "looked": moment}


def next_cursor(cursor: Mapping[str, Any], history_id: str) -> dict[str, Any]:
    return {**cursor, "history_id": history_id, "looked": int(now().timestamp())}


def records(client: GmailClient, cursor: Mapping[str, Any], *kinds: str) -> tuple[list[dict[str, Any]], str]:
    """Every record since the cursor, and the history id to go on from.

    :raises MessageNotFound: Gmail answers 404 for a history id that it doesn't keep any more, often after a week.
    """
    found: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        request = client.users("history").list(
            userId="me",
            startHistoryId=cursor["history_id"],
            historyTypes=list(kinds),
            maxResults=PAGE,
            pageToken=token,
        )
        answer = client.call("Reading what happened in the mailbox", request, needs=READ_MAIL, field="History ID")
        found += answer.get("history") or []
        token = answer.get("nextPageToken")
        if not token:
            return found, answer["historyId"]


def search(client: GmailClient, query: str, label_ids: tuple[str, ...], since: int) -> Iterator[str]:
    """Ids of messages that match and came later, the newest first. :param since: seconds since 1970."""
    token: str | None = None
    while True:
        request = client.users("messages").list(
            userId="me",
            q=f"{query} after:{since}".strip(),
            labelIds=list(label_ids) or None,
            maxResults=PAGE,
            pageToken=token,
        )
        answer = client.call("Searching the mailbox", request, needs=READ_MAIL)
        yield from (each["id"] for each in answer.get("messages") or [])
        token = answer.get("nextPageToken")
        if not token:
            return


def since(cursor: Mapping[str, Any]) -> int:
    """From when on a search looks: some minutes before the last look, but nothing from before the flow was on."""
    return max(int(cursor["began"]), int(cursor["looked"]) - MARGIN_SECONDS)
