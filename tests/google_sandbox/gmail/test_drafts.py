"""users.drafts: kept, found by a header, changed, and sent once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

from tests.google_sandbox.calling import (
    ADA,
    BEN,
    CLEO,
    NOT_FOUND,
    Caller,
    client,
    decoded,
    encoded,
    headers,
    letter,
    refusal,
)

UPLOAD = "/upload/gmail/v1/users/me/drafts"
MARKER = ("X-Workflows-Step", "7c41-marker")


def draft(mailbox: Caller, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = mailbox.post("drafts", {"message": {"raw": encoded(letter(**fields))}})
    return made


def test_draft_stands_in_the_mailbox_and_goes_nowhere(ada: Caller, ben: Caller) -> None:
    made = draft(ada, subject="Unsent", bcc=CLEO, extra=[MARKER])
    message = made["message"]
    assert made == {
        "id": made["id"],
        "message": {"id": message["id"], "threadId": message["id"], "labelIds": ["DRAFT"]},
    }
    kept = ada.get(f"drafts/{made['id']}")
    assert kept["id"] == made["id"]
    assert kept["message"]["labelIds"] == ["DRAFT"]
    assert headers(kept["message"])["X-Workflows-Step"] == "7c41-marker"
    assert headers(kept["message"])["Bcc"] == CLEO
    assert ben.find("subject:unsent") == []
    assert ada.find("in:drafts subject:unsent") == [{"id": message["id"], "threadId": message["threadId"]}]


@pytest.mark.parametrize("wanted", ["full", "metadata", "minimal", "raw"])
def test_draft_comes_in_each_format(ada: Caller, wanted: str) -> None:
    made = draft(ada)
    message = ada.get(f"drafts/{made['id']}", format=wanted)["message"]
    assert ("payload" in message, "raw" in message) == (wanted in {"full", "metadata"}, wanted == "raw")


def test_newest_drafts_are_listed_by_age_and_searched_by_their_header(ada: Caller) -> None:
    made = [draft(ada, subject=f"Draft {number}", extra=[("X-Workflows-Step", str(number))]) for number in range(3)]
    listed = ada.get("drafts", q="newer_than:1d", maxResults=50)["drafts"]
    assert [each["id"] for each in listed] == [each["id"] for each in reversed(made)]
    marked = [headers(ada.get(f"drafts/{each['id']}", format="metadata")["message"]) for each in listed]
    assert [each["X-Workflows-Step"] for each in marked] == ["2", "1", "0"]
    page = ada.get("drafts", maxResults=2)
    assert [each["id"] for each in page["drafts"]] == [made[2]["id"], made[1]["id"]]
    rest = ada.get("drafts", maxResults=2, pageToken=page["nextPageToken"])
    assert [each["id"] for each in rest["drafts"]] == [made[0]["id"]]
    assert "nextPageToken" not in rest


def test_old_drafts_are_not_newer_than_a_day(ada: Caller) -> None:
    draft(ada)
    ada.send("POST", "/_sandbox/api/clock", json={"offset": 1800})
    assert len(ada.get("drafts", q="newer_than:1d")["drafts"]) == 1
    assert ada.get("drafts", q="older_than:1d") == {"resultSizeEstimate": 0}


def test_sent_draft_is_gone_and_its_message_stands_in_sent_with_its_thread(ada: Caller, ben: Caller) -> None:
    made = draft(ada, subject="Once", bcc=CLEO, extra=[MARKER])
    sent = ada.post("drafts/send", {"id": made["id"]})
    assert sent == {"id": sent["id"], "threadId": made["message"]["threadId"], "labelIds": ["SENT"]}
    assert ada.send("GET", f"drafts/{made['id']}").json() == NOT_FOUND
    assert ada.get("drafts") == {"resultSizeEstimate": 0}
    thread = ada.get(f"threads/{made['message']['threadId']}")
    assert [message["labelIds"] for message in thread["messages"]] == [["SENT"]]
    own = headers(thread["messages"][0])
    assert (own["X-Workflows-Step"], own["Bcc"]) == ("7c41-marker", CLEO)
    arrived = headers(ben.only("subject:once"))
    assert arrived["X-Workflows-Step"] == "7c41-marker"
    assert arrived["Message-ID"] == own["Message-ID"]
    assert "Bcc" not in arrived


def test_draft_is_sent_once(ada: Caller, ben: Caller) -> None:
    made = draft(ada, subject="Once")
    ada.post("drafts/send", {"id": made["id"]})
    for _ in range(2):
        answer = ada.send("POST", "drafts/send", json={"id": made["id"]})
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    assert len(ben.find("subject:once")) == 1


def test_draft_sent_by_many_at_once_is_sent_once(ada: Caller, ben: Caller) -> None:
    made = draft(ada, subject="Once")
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: ada.send("POST", "drafts/send", json={"id": made["id"]}).status_code, range(8))
        )
    assert sorted(answers) == [200] + [404] * 7
    assert len(ben.find("subject:once")) == 1


def test_draft_that_cannot_be_sent_stays(ada: Caller) -> None:
    made = draft(ada, to=None, subject="For nobody")
    answer = ada.send("POST", "drafts/send", json={"id": made["id"]})
    nobody = refusal(400, "Recipient address required", "invalidArgument", "INVALID_ARGUMENT")
    assert (answer.status_code, answer.json()) == (400, nobody)
    assert headers(ada.get(f"drafts/{made['id']}")["message"])["Subject"] == "For nobody"


def test_send_takes_a_new_message_for_the_draft(ada: Caller, ben: Caller) -> None:
    made = draft(ada, subject="Old words")
    ada.post("drafts/send", {"id": made["id"], "message": {"raw": encoded(letter(subject="New words"))}})
    assert ben.subjects("subject:words") == ["New words"]
    assert ada.send("GET", f"drafts/{made['id']}").status_code == 404


def test_send_needs_an_id(ada: Caller) -> None:
    bodies: list[dict[str, Any]] = [{}, {"id": "no draft id"}, {"id": 7}]
    for body in bodies:
        assert ada.send("POST", "drafts/send", json=body).status_code == 400


def test_update_keeps_the_drafts_id_and_changes_its_message(ada: Caller) -> None:
    made = draft(ada, subject="First")
    updated = ada.send("PUT", f"drafts/{made['id']}", json={"message": {"raw": encoded(letter(subject="Second"))}})
    assert updated.status_code == 200
    assert updated.json()["id"] == made["id"]
    assert updated.json()["message"]["id"] != made["message"]["id"]
    assert updated.json()["message"]["threadId"] == made["message"]["threadId"]
    assert headers(ada.get(f"drafts/{made['id']}")["message"])["Subject"] == "Second"
    assert ada.send("GET", f"messages/{made['message']['id']}").json() == NOT_FOUND


def test_delete_throws_a_draft_away(ada: Caller) -> None:
    made = draft(ada, subject="Away")
    answer = ada.send("DELETE", f"drafts/{made['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    for path in (f"drafts/{made['id']}", f"messages/{made['message']['id']}"):
        assert ada.send("GET", path).json() == NOT_FOUND
    assert ada.find("in:anywhere subject:away") == []


def test_draft_of_another_mailbox_is_not_there(ada: Caller, ben: Caller) -> None:
    made = draft(ada)
    assert ben.send("GET", f"drafts/{made['id']}").json() == NOT_FOUND
    assert ben.send("POST", "drafts/send", json={"id": made["id"]}).json() == NOT_FOUND


def test_draft_without_a_message_is_refused(ada: Caller) -> None:
    bodies: list[Any] = [None, {}, {"message": {}}, {"message": {"raw": ""}}, {"message": "text"}]
    for body in bodies:
        answer = ada.send("POST", "drafts", json=body)
        assert answer.status_code == 400, body
    assert ada.get("drafts") == {"resultSizeEstimate": 0}


def test_draft_answers_in_a_thread_only_if_all_fits(ada: Caller) -> None:
    first = ada.send_mail(subject="Plans")
    message_id = headers(ada.get(f"messages/{first['id']}"))["Message-ID"]
    raw = encoded(letter(subject="Re: Plans", extra=[("References", message_id)]))
    joined = ada.post("drafts", {"message": {"raw": raw, "threadId": first["threadId"]}})
    assert joined["message"]["threadId"] == first["threadId"]
    sent = ada.post("drafts/send", {"id": joined["id"]})
    assert sent["threadId"] == first["threadId"]
    other = encoded(letter(subject="Re: Plans"))
    apart = ada.post("drafts", {"message": {"raw": other, "threadId": first["threadId"]}})
    assert apart["message"]["threadId"] != first["threadId"]


@pytest.mark.parametrize("resumable", [False, True])
def test_client_library_uploads_a_draft_and_sends_it_once(ada: Caller, ben: Caller, resumable: bool) -> None:
    content = bytes(range(256)) * 2048
    raw = letter(subject="Uploaded", attachment=content, extra=[MARKER])
    drafts = client(ada).users().drafts()
    media = MediaInMemoryUpload(raw, "message/rfc822", chunksize=256 * 1024, resumable=resumable)
    made = drafts.create(userId="me", body={}, media_body=media).execute()
    assert made["message"]["labelIds"] == ["DRAFT"]
    sent = drafts.send(userId="me", body={"id": made["id"]}).execute()
    assert sent["threadId"] == made["message"]["threadId"]
    with pytest.raises(HttpError) as raised:
        drafts.send(userId="me", body={"id": made["id"]}).execute()
    assert raised.value.status_code == 404
    arrived = decoded(ben.only("subject:uploaded", "raw")["raw"])
    assert b"X-Workflows-Step: 7c41-marker" in arrived


def test_simple_upload_of_a_draft(ada: Caller) -> None:
    made = ada.post(UPLOAD, data=letter(subject="Simple"), headers={"Content-Type": "message/rfc822"})
    assert headers(ada.get(f"drafts/{made['id']}")["message"])["Subject"] == "Simple"
    wrong = ada.send("POST", UPLOAD, data=b"text", headers={"Content-Type": "text/plain"})
    assert wrong.status_code == 400


def test_draft_to_oneself_arrives_in_the_inbox(ada: Caller) -> None:
    sent = ada.post("drafts/send", {"id": draft(ada, to=f"{ADA}, {BEN}")["id"]})
    assert sent["labelIds"] == ["UNREAD", "SENT", "INBOX"]
