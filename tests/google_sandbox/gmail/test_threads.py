"""users.threads: the messages of one thread, in the order they came."""

from typing import Any

import pytest

from tests.google_sandbox.calling import ADA, BEN, NOT_FOUND, UNKNOWN_ID, Caller, headers


def message_id(mailbox: Caller, message: dict[str, Any]) -> str:
    return headers(mailbox.get(f"messages/{message['id']}", format="metadata"))["Message-ID"]


@pytest.fixture
def talk(ada: Caller, ben: Caller) -> tuple[str, str]:
    """Ada writes, Ben answers: the thread's id in each mailbox."""
    first = ada.send_mail(subject="Zeppelin")
    arrived = ben.only("subject:zeppelin")
    answered = message_id(ben, arrived)
    extra = [("In-Reply-To", answered), ("References", answered)]
    ben.send_mail(to=ADA, subject="Re: Zeppelin", text="Yes.\n", extra=extra, thread=arrived["threadId"])
    return first["threadId"], arrived["threadId"]


def test_question_and_answer_are_one_thread_in_both_mailboxes(ada: Caller, ben: Caller, talk: tuple[str, str]) -> None:
    for mailbox, thread, labels in (
        (ada, talk[0], [["SENT"], ["UNREAD", "CATEGORY_PERSONAL", "INBOX"]]),
        (ben, talk[1], [["UNREAD", "CATEGORY_PERSONAL", "INBOX"], ["SENT"]]),
    ):
        found = mailbox.get(f"threads/{thread}")
        assert [headers(message)["Subject"] for message in found["messages"]] == ["Zeppelin", "Re: Zeppelin"]
        assert [message["labelIds"] for message in found["messages"]] == labels
        assert found["messages"][0]["id"] == found["id"] == thread
        assert found["historyId"] == max((message["historyId"] for message in found["messages"]), key=int)


def test_threads_are_listed_by_their_newest_message(ada: Caller, talk: tuple[str, str]) -> None:
    listed = ada.get("threads", q="subject:zeppelin")
    [thread] = listed["threads"]
    assert set(thread) == {"id", "snippet", "historyId"}
    assert (thread["id"], thread["snippet"], listed["resultSizeEstimate"]) == (talk[0], "Yes.", 1)
    page = ada.get("threads", maxResults=1)
    assert page["threads"][0]["id"] == talk[0]
    following = ada.get("threads", maxResults=1, pageToken=page["nextPageToken"])
    assert following["threads"][0]["id"] != talk[0]


def test_thread_is_found_when_any_of_its_messages_fits(ada: Caller, talk: tuple[str, str]) -> None:
    for query in (f"from:{ADA} subject:zeppelin", f"from:{BEN} subject:zeppelin"):
        assert [each["id"] for each in ada.get("threads", q=query)["threads"]] == [talk[0]]


@pytest.mark.parametrize("message_format", ["full", "metadata", "minimal"])
def test_format_holds_for_every_message(ada: Caller, talk: tuple[str, str], message_format: str) -> None:
    found = ada.get(f"threads/{talk[0]}", format=message_format)
    assert ["payload" in message for message in found["messages"]] == [message_format != "minimal"] * 2


def test_labels_are_changed_on_the_whole_thread(ada: Caller, talk: tuple[str, str]) -> None:
    ada.post(f"threads/{talk[0]}/modify", {"addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD"]})
    labels = [set(message["labelIds"]) for message in ada.get(f"threads/{talk[0]}")["messages"]]
    assert labels == [{"SENT", "STARRED"}, {"CATEGORY_PERSONAL", "INBOX", "STARRED"}]


def test_thread_to_the_trash_and_back_and_away(ada: Caller, talk: tuple[str, str]) -> None:
    ada.post(f"threads/{talk[0]}/trash")
    assert ada.find("subject:zeppelin") == []
    ada.post(f"threads/{talk[0]}/untrash")
    assert len(ada.find("subject:zeppelin")) == 2
    assert ada.send("DELETE", f"threads/{talk[0]}").status_code == 204
    assert ada.send("GET", f"threads/{talk[0]}").json() == NOT_FOUND
    assert ada.send("GET", f"threads/{UNKNOWN_ID}").json() == NOT_FOUND


def test_thread_of_another_mailbox_is_not_there(ada: Caller, ben: Caller, talk: tuple[str, str]) -> None:
    assert ben.send("GET", f"threads/{talk[0]}").json() == NOT_FOUND
