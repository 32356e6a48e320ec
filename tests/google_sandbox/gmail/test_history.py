"""users.history: what happened since, in order, in pages."""

from typing import Any

import pytest

from tests.google_sandbox.calling import BEN, Caller, client, encoded, letter


def since(mailbox: Caller, start: str, **parameters: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = mailbox.get("history", startHistoryId=start, **parameters).get("history", [])
    return found


def kinds(records: list[dict[str, Any]]) -> list[str]:
    return [name for record in records for name in record if name not in {"id", "messages"}]


@pytest.fixture
def start(ada: Caller) -> str:
    return str(ada.get("profile")["historyId"])


def test_message_added_says_which_message_with_which_labels(ada: Caller, ben: Caller) -> None:
    start = ben.get("profile")["historyId"]
    ada.send_mail(subject="Zeppelin")
    [record] = since(ben, start)
    message = {"id": ben.only("subject:zeppelin")["id"], "threadId": ben.only("subject:zeppelin")["threadId"]}
    labeled = {**message, "labelIds": ["UNREAD", "CATEGORY_PERSONAL", "INBOX"]}
    assert record == {"id": record["id"], "messages": [message], "messagesAdded": [{"message": labeled}]}
    assert int(record["id"]) > int(start)
    assert ben.get("history", startHistoryId=start)["historyId"] == ben.get("profile")["historyId"]
    assert since(ben, record["id"]) == []


def test_labels_added_and_removed_say_which(ada: Caller, start: str) -> None:
    sent = ada.send_mail()
    ada.post(f"messages/{sent['id']}/modify", {"addLabelIds": ["STARRED", "IMPORTANT"]})
    ada.post(f"messages/{sent['id']}/modify", {"removeLabelIds": ["STARRED"]})
    ada.post(f"messages/{sent['id']}/modify", {"removeLabelIds": ["STARRED"]})
    records = since(ada, start)
    assert kinds(records) == ["messagesAdded", "labelsAdded", "labelsRemoved"], "what was so already makes no record"
    assert records[1]["labelsAdded"][0]["labelIds"] == ["STARRED", "IMPORTANT"]
    assert records[2]["labelsRemoved"][0]["labelIds"] == ["STARRED"]
    assert records[2]["labelsRemoved"][0]["message"]["labelIds"] == ["SENT", "IMPORTANT"]


def test_message_deleted(ada: Caller, start: str) -> None:
    sent = ada.send_mail()
    ada.send("DELETE", f"messages/{sent['id']}")
    records = since(ada, start)
    assert kinds(records) == ["messagesAdded", "messagesDeleted"]
    assert records[1]["messagesDeleted"][0]["message"]["id"] == sent["id"]


def test_sent_draft_is_an_end_and_a_beginning(ada: Caller, start: str) -> None:
    made = ada.post("drafts", {"message": {"raw": encoded(letter())}})
    sent = ada.post("drafts/send", {"id": made["id"]})
    records = since(ada, start)
    assert kinds(records) == ["messagesAdded", "messagesDeleted", "messagesAdded"]
    ids = [record["messages"][0]["id"] for record in records]
    assert ids == [made["message"]["id"], made["message"]["id"], sent["id"]]


def test_types_and_label_narrow_it(ada: Caller, start: str) -> None:
    first, second = (ada.send_mail()["id"] for _ in range(2))
    ada.post(f"messages/{first}/modify", {"addLabelIds": ["STARRED"]})
    assert kinds(since(ada, start, historyTypes="labelAdded")) == ["labelsAdded"]
    assert kinds(since(ada, start, historyTypes=["messageAdded", "labelRemoved"])) == ["messagesAdded"] * 2
    assert [record["messages"][0]["id"] for record in since(ada, start, labelId="STARRED")] == [first]
    assert second in {record["messages"][0]["id"] for record in since(ada, start, labelId="SENT")}
    assert ada.send("GET", "history", params={"startHistoryId": start, "historyTypes": "any"}).status_code == 400


def test_pages_hold_every_record_once_in_order(ada: Caller, start: str) -> None:
    for _ in range(7):
        ada.send_mail()
    whole = since(ada, start)
    history = client(ada).users().history()
    request, paged = history.list(userId="me", startHistoryId=start, maxResults=3), []
    sizes = []
    while request is not None:
        answer = request.execute()
        sizes.append(len(answer["history"]))
        paged += answer["history"]
        request = history.list_next(request, answer)
    assert paged == whole
    assert sizes == [3, 3, 1]
    ids = [int(record["id"]) for record in whole]
    assert ids == sorted(ids)


def test_start_is_needed(ada: Caller) -> None:
    assert ada.send("GET", "history").status_code == 400
    assert ada.send("GET", "history", params={"startHistoryId": "x"}).status_code == 400


def test_history_belongs_to_one_mailbox(ada: Caller, ben: Caller, start: str) -> None:
    ben.send_mail(to=BEN)
    assert since(ada, start) == []
