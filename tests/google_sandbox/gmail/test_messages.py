"""users.messages: the four formats, lists and their pages, attachments, labels, trash, deletion."""

import pytest

from tests.google_sandbox.calling import (
    ADA,
    BEN,
    NOT_FOUND,
    UNKNOWN_ID,
    Caller,
    client,
    decoded,
    encoded,
    headers,
    letter,
    refusal,
)

MARKER = ("X-Workflows-Step", "3f2a-marker")


def received(ada: Caller, ben: Caller, **fields: object) -> str:
    """A message from Ada as it lies in Ben's mailbox: its id."""
    ada.send_mail(subject="Zeppelin", **fields)
    [found] = ben.find("subject:zeppelin")
    return str(found["id"])


def test_full_shows_the_tree_of_parts_with_their_content(ada: Caller, ben: Caller) -> None:
    text, page = "Grüße,\nAda\n", "<p>Grüße</p>"
    wanted = received(ada, ben, text=text, page=page, attachment=b"1,2", filename="numbers.csv")
    message = ben.get(f"messages/{wanted}")
    assert set(message) == {
        "id", "threadId", "labelIds", "snippet", "payload", "sizeEstimate", "historyId", "internalDate",
    }  # fmt: skip
    assert message["snippet"] == "Grüße, Ada"
    assert isinstance(message["historyId"], str)
    assert isinstance(message["internalDate"], str)
    payload = message["payload"]
    assert (payload["mimeType"], payload["partId"], payload["filename"]) == ("multipart/mixed", "", "")
    alternatives, attachment = payload["parts"]
    plain, html = alternatives["parts"]
    assert [part["partId"] for part in (alternatives, plain, html, attachment)] == ["0", "0.0", "0.1", "1"]
    assert [part["mimeType"] for part in (plain, html)] == ["text/plain", "text/html"]
    assert decoded(plain["body"]["data"]).decode().replace("\r\n", "\n") == text
    assert decoded(html["body"]["data"]).decode().strip() == page
    assert plain["body"]["size"] == len(decoded(plain["body"]["data"]))
    assert attachment["filename"] == "numbers.csv"
    assert set(attachment["body"]) == {"attachmentId", "size"}


def test_metadata_has_all_headers_or_those_asked_for(ada: Caller, ben: Caller) -> None:
    wanted = received(ada, ben, extra=[MARKER])
    every = ben.get(f"messages/{wanted}", format="metadata")
    assert set(every["payload"]) == {"mimeType", "headers"}
    assert {"From", "To", "Subject", "Date", "Message-ID", "X-Workflows-Step"} <= set(headers(every))
    some = ben.get(f"messages/{wanted}", format="metadata", metadataHeaders=["subject", "From"])
    assert set(headers(some)) == {"Subject", "From"}
    assert "headers" not in ben.get(f"messages/{wanted}", format="metadata", metadataHeaders="X-None")["payload"]


def test_minimal_and_raw(ada: Caller, ben: Caller) -> None:
    wanted = received(ada, ben, extra=[MARKER])
    minimal = ben.get(f"messages/{wanted}", format="minimal")
    assert "payload" not in minimal
    assert "raw" not in minimal
    raw = ben.get(f"messages/{wanted}", format="raw")
    assert "payload" not in raw
    content = decoded(raw["raw"])
    assert len(content) == raw["sizeEstimate"]
    assert b"X-Workflows-Step: 3f2a-marker\r\n" in content
    assert content.endswith(b"Some text.\r\n")


def test_format_takes_either_case_and_no_other_word(ada: Caller) -> None:
    wanted = ada.get("messages", maxResults=1)["messages"][0]["id"]
    assert "raw" in ada.get(f"messages/{wanted}", format="RAW")
    answer = ada.send("GET", f"messages/{wanted}", params={"format": "whole"})
    wrong = refusal(400, "Invalid value at 'format' (TYPE_ENUM), \"whole\"", "invalidArgument", "INVALID_ARGUMENT")
    assert (answer.status_code, answer.json()) == (400, wrong)


def test_parameter_that_does_not_exist(ada: Caller) -> None:
    answer = ada.send("GET", "messages", params={"query": "x"})
    assert answer.status_code == 400
    assert 'Unknown name "query": Cannot bind query parameter.' in answer.json()["error"]["message"]


def test_list_in_pages_gives_every_message_once_newest_first(ada: Caller) -> None:
    whole = ada.get("messages", maxResults=500)
    paged, token = [], ""
    while True:
        page = ada.get("messages", maxResults=7, **({"pageToken": token} if token else {}))
        assert len(page["messages"]) <= 7
        assert page["resultSizeEstimate"] == whole["resultSizeEstimate"]
        paged += page["messages"]
        token = page.get("nextPageToken", "")
        if not token:
            break
    assert paged == whole["messages"]
    dates = [int(ada.get(f"messages/{each['id']}", format="minimal")["internalDate"]) for each in paged]
    assert dates == sorted(dates, reverse=True)
    assert len(paged) > 24
    assert ada.send("GET", "messages", params={"pageToken": "nonsense"}).status_code == 400


def test_client_library_pages_through_the_list(ada: Caller) -> None:
    messages = client(ada).users().messages()
    request, found = messages.list(userId="me", maxResults=10, labelIds=["INBOX"]), []
    while request is not None:
        answer = request.execute()
        found += answer["messages"]
        request = messages.list_next(request, answer)
    assert found == ada.get("messages", maxResults=500, labelIds="INBOX")["messages"]


def test_labels_narrow_a_list_and_spam_and_trash_need_asking(ada: Caller) -> None:
    inbox = ada.get("messages", labelIds=["INBOX", "UNREAD"], maxResults=500)["messages"]
    assert inbox
    assert all({"INBOX", "UNREAD"} <= ada.labels_of(each["id"]) for each in inbox)
    usual = {each["id"] for each in ada.get("messages", maxResults=500)["messages"]}
    every = {each["id"] for each in ada.get("messages", maxResults=500, includeSpamTrash="true")["messages"]}
    hidden = every - usual
    assert hidden
    assert all({"SPAM", "TRASH"} & ada.labels_of(each) for each in hidden)
    assert {each["id"] for label in ("SPAM", "TRASH") for each in ada.find("", labelIds=label)} == hidden
    assert ada.send("GET", "messages", params={"labelIds": "NOSUCHLABEL"}).status_code == 400


def test_attachment_is_fetched_by_an_id_that_changes_with_each_read(ada: Caller, ben: Caller) -> None:
    content = bytes(range(256)) * 40
    wanted = received(ada, ben, attachment=content)
    first, second = (ben.get(f"messages/{wanted}")["payload"]["parts"][1]["body"] for _ in range(2))
    assert first["attachmentId"] != second["attachmentId"]
    assert first["size"] == len(content)
    for body in (first, second):
        attachment = ben.get(f"messages/{wanted}/attachments/{body['attachmentId']}")
        assert attachment["size"] == len(content)
        assert decoded(attachment["data"]) == content


def test_attachment_id_of_another_message_opens_nothing(ada: Caller, ben: Caller) -> None:
    wanted = received(ada, ben, attachment=b"x")
    attachment = ben.get(f"messages/{wanted}")["payload"]["parts"][1]["body"]["attachmentId"]
    other = ben.find("-subject:zeppelin")[0]["id"]
    for message, given in ((other, attachment), (wanted, "garbage"), (wanted, attachment[:-1])):
        assert ben.send("GET", f"messages/{message}/attachments/{given}").status_code == 400
    assert ben.send("GET", f"messages/{UNKNOWN_ID}/attachments/{attachment}").json() == NOT_FOUND


def test_custom_header_survives_a_send_by_body_and_by_upload(ada: Caller, ben: Caller) -> None:
    raw = letter(subject="Marked", extra=[MARKER])
    by_body = ada.post("messages/send", {"raw": encoded(raw)})
    by_upload = ada.post(
        "/upload/gmail/v1/users/me/messages/send", data=raw, headers={"Content-Type": "message/rfc822"}
    )
    for sent in (by_body, by_upload):
        assert headers(ada.get(f"messages/{sent['id']}"))["X-Workflows-Step"] == "3f2a-marker"
    arrived = [headers(ben.get(f"messages/{each['id']}")) for each in ben.find("subject:marked")]
    assert [each["X-Workflows-Step"] for each in arrived] == ["3f2a-marker"] * 2


def test_from_is_an_address_of_the_mailbox_whatever_was_written(ada: Caller, ben: Caller) -> None:
    for given, left in (
        ("IT desk <it@acme.example>", "IT desk <it@acme.example>"),
        ("ben@acme.example", f"Ada Lindqvist <{ADA}>"),
        ("press@acme.example", f"Ada Lindqvist <{ADA}>"),
        ("Ada L. <ada@acme.example>", f'"Ada L." <{ADA}>'),
    ):
        ada.send_mail(subject="From", extra=[("From", given)])
        newest = ben.find("subject:from")[0]["id"]
        assert headers(ben.get(f"messages/{newest}"))["From"] == left


def test_modify_adds_and_removes_labels(ada: Caller, ben: Caller) -> None:
    wanted = received(ada, ben)
    before = ben.labels_of(wanted)
    answer = ben.post(f"messages/{wanted}/modify", {"addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD"]})
    assert set(answer) == {"id", "threadId", "labelIds"}
    assert set(answer["labelIds"]) == ben.labels_of(wanted) == before - {"UNREAD"} | {"STARRED"}
    for wrong in ({}, {"addLabelIds": ["NOSUCH"]}, {"addLabelIds": ["SENT"]}, {"removeLabelIds": "UNREAD"}):
        assert ben.send("POST", f"messages/{wanted}/modify", json=wrong).status_code == 400


def test_trash_and_untrash(ada: Caller, ben: Caller) -> None:
    wanted = received(ada, ben)
    assert "TRASH" in ben.post(f"messages/{wanted}/trash")["labelIds"]
    assert ben.find("subject:zeppelin") == []
    assert len(ben.find("subject:zeppelin in:trash")) == 1
    ben.post(f"messages/{wanted}/untrash")
    assert len(ben.find("subject:zeppelin")) == 1


def test_delete_is_for_good_and_in_one_mailbox_only(ada: Caller, ben: Caller) -> None:
    wanted = received(ada, ben)
    answer = ben.send("DELETE", f"messages/{wanted}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert ben.send("GET", f"messages/{wanted}").json() == NOT_FOUND
    assert len(ada.find("subject:zeppelin in:sent")) == 1


def test_batches_change_and_delete_many_or_none(ada: Caller) -> None:
    ids = [ada.send_mail(to=BEN, subject=f"Batch {number}")["id"] for number in range(3)]
    ada.post("messages/batchModify", {"ids": ids, "addLabelIds": ["STARRED"]})
    assert all("STARRED" in ada.labels_of(each) for each in ids)
    failed = ada.send("POST", "messages/batchModify", json={"ids": [*ids, UNKNOWN_ID], "removeLabelIds": ["STARRED"]})
    assert failed.status_code == 404
    assert all("STARRED" in ada.labels_of(each) for each in ids)
    ada.post("messages/batchDelete", {"ids": ids})
    assert ada.find("subject:batch") == []
    assert ada.send("POST", "messages/batchDelete", json={"ids": []}).status_code == 400


@pytest.mark.parametrize("number", [0, 500, 501, 9999])
def test_no_page_is_longer_than_500(ada: Caller, number: int) -> None:
    listed = ada.get("messages", maxResults=number)
    assert len(listed["messages"]) == min(listed["resultSizeEstimate"], 500 if number else 100)


def test_profile_counts_the_mailbox(ada: Caller) -> None:
    before = ada.get("profile")
    assert before["emailAddress"] == ADA
    ada.send_mail()
    after = ada.get("profile")
    assert after["messagesTotal"] == before["messagesTotal"] + 1
    assert after["threadsTotal"] == before["threadsTotal"] + 1
    assert int(after["historyId"]) > int(before["historyId"])
