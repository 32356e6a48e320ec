"""What Gmail does with a message it is given, and how it refuses one (rows 46, 47, 48)."""

import json
import re
from typing import Any

import pytest
import requests
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

from tests.google_sandbox.calling import ADA, BEN, CLEO, Caller, client, decoded, encoded, headers, letter, refusal
from tests.google_sandbox.consenting import TIMEOUT
from tests.google_sandbox.fidelity import rows

RAW_MISSING = "'raw' RFC822 payload message string or uploading message via /upload/* URL required"
SEND = "messages/send"
UPLOAD = "/upload/gmail/v1/users/me/messages/send"
LIMIT = 36_700_160
HEX_ID = re.compile(r"[0-9a-f]{16}")
GOOGLES_MESSAGE_ID = re.compile(r"<CA[\w=+-]{30,}@mail\.gmail\.com>")


def invalid(message: str) -> Any:
    return refusal(400, message, "invalidArgument", "INVALID_ARGUMENT")


def read(mailbox: Caller, sent: dict[str, Any]) -> dict[str, str]:
    """The headers of a message just sent, as its sender reads them back."""
    return headers(mailbox.get(f"messages/{sent['id']}", format="metadata"))


@rows.row(46)
@pytest.mark.parametrize("body", [None, {}, {"raw": ""}, {"threadId": "0123456789abcdef"}])
def test_send_without_a_message(ada: Caller, body: object) -> None:
    answer = ada.send("POST", SEND, json=body)
    assert (answer.status_code, answer.json()) == (400, invalid(RAW_MISSING))


@rows.row(46)
def test_upload_without_a_message(ada: Caller) -> None:
    answer = ada.send("POST", UPLOAD, data=b"", headers={"Content-Type": "message/rfc822"})
    assert (answer.status_code, answer.json()) == (400, invalid(RAW_MISSING))


@rows.row(46)
@pytest.mark.parametrize("raw", [letter(to=None), b"Subject: no recipient\r\n\r\ntext", b"only text", b"To: \r\n\r\nx"])
def test_message_for_nobody(ada: Caller, raw: bytes) -> None:
    answer = ada.send("POST", SEND, json={"raw": encoded(raw)})
    assert (answer.status_code, answer.json()) == (400, invalid("Recipient address required"))


@rows.row(46)
@pytest.mark.parametrize("name", ["To", "Cc", "Bcc"])
@pytest.mark.parametrize(
    "address", ["nobody", "ben@", "@acme.example", "ben@acme", "ben@acme.example; cleo@acme.example", "a b@c.de"]
)
def test_message_for_a_bad_address(ada: Caller, name: str, address: str) -> None:
    raw = f"{name}: {address}\r\nSubject: x\r\n\r\ntext".encode()
    answer = ada.send("POST", SEND, json={"raw": encoded(raw)})
    assert (answer.status_code, answer.json()) == (400, invalid(f"Invalid {name} header"))


@rows.row(46)
@pytest.mark.parametrize("raw", ["not base64!", "a", "ab+/", "ab/c"])
def test_raw_that_is_no_base64(ada: Caller, raw: str) -> None:
    answer = ada.send("POST", SEND, json={"raw": raw})
    text = f"Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed for {json.dumps(raw)}"
    assert (answer.status_code, answer.json()) == (400, invalid(text))


@rows.row(46)
def test_nothing_that_was_refused_was_sent(ada: Caller, ben: Caller) -> None:
    before = ada.get("profile"), ben.get("profile")
    ada.send("POST", SEND, json={"raw": encoded(f"To: {BEN}\r\nCc: nobody\r\n\r\nx".encode())})
    ada.send(
        "POST", UPLOAD, data=f"To: {BEN}\r\nCc: nobody\r\n\r\nx".encode(), headers={"Content-Type": "message/rfc822"}
    )
    assert (ada.get("profile"), ben.get("profile")) == before


@rows.row(46)
def test_client_library_sees_the_refusal(ada: Caller) -> None:
    with pytest.raises(HttpError) as raised:
        client(ada).users().messages().send(userId="me", body={"raw": encoded(letter(to=None))}).execute()
    assert (raised.value.status_code, raised.value.reason) == (400, "Recipient address required")


@rows.row(47)
def test_answer_to_a_send_says_where_the_message_is_and_no_more(ada: Caller) -> None:
    answer = ada.send("POST", SEND, json={"raw": encoded(letter())})
    sent = answer.json()
    assert answer.status_code == 200
    assert HEX_ID.fullmatch(sent["id"])
    assert sent == {"id": sent["id"], "threadId": sent["id"], "labelIds": ["SENT"]}


@rows.row(47)
def test_message_to_oneself_comes_in_as_well(ada: Caller) -> None:
    sent = ada.send_mail(to=ADA)
    assert sent["labelIds"] == ["UNREAD", "SENT", "INBOX"]
    assert ada.find("subject:letter newer_than:1d") == [{"id": sent["id"], "threadId": sent["threadId"]}]


@rows.row(47)
@pytest.mark.parametrize("padded", [True, False])
def test_padding_of_base64_is_kept_or_left_off(ada: Caller, padded: bool) -> None:
    raw = encoded(letter(text="x"))
    while not raw.endswith("="):
        raw = encoded(decoded(raw) + b"\n")
    assert ada.post(SEND, {"raw": raw if padded else raw.rstrip("=")})["labelIds"] == ["SENT"]


@rows.row(47)
def test_message_id_of_the_caller_is_replaced_and_gone(ada: Caller, ben: Caller) -> None:
    own = "<own-1@console.example>"
    sent = ada.send_mail(extra=[("Message-ID", own)])
    given = read(ada, sent)["Message-ID"]
    assert GOOGLES_MESSAGE_ID.fullmatch(given)
    arrived = ben.only(f"rfc822msgid:{given}", "raw")
    for raw in (decoded(arrived["raw"]), decoded(ada.get(f"messages/{sent['id']}", format="raw")["raw"])):
        assert own.encode() not in raw
        assert raw.count(b"Message-ID:") == 1
    assert ada.find(f"rfc822msgid:{own}") == []


@rows.row(47)
def test_bcc_stays_in_the_senders_copy_only(ada: Caller, ben: Caller, cleo: Caller) -> None:
    sent = ada.send_mail(bcc=CLEO, subject="Between us")
    assert read(ada, sent)["Bcc"] == CLEO
    for mailbox in (ben, cleo):
        message = mailbox.only("subject:between")
        assert "Bcc" not in headers(message)
        assert CLEO.encode() not in decoded(mailbox.get(f"messages/{message['id']}", format="raw")["raw"]).replace(
            f"Delivered-To: {CLEO}".encode(), b""
        )


@rows.row(47)
@pytest.mark.parametrize(
    ("named", "answered", "subject", "joins"),
    [
        (True, True, "Re: Plans", True),
        (True, True, "plans", True),
        (True, True, "Other plans", False),
        (True, False, "Re: Plans", False),
        (False, True, "Re: Plans", False),
        (False, False, "Plans", False),
    ],
)
def test_thread_goes_on_only_if_id_references_and_subject_fit(
    ada: Caller, named: bool, answered: bool, subject: str, joins: bool
) -> None:
    first = ada.send_mail(subject="Plans")
    message_id = read(ada, first)["Message-ID"]
    extra = [("In-Reply-To", message_id), ("References", message_id)] if answered else []
    second = ada.send_mail(subject=subject, extra=extra, thread=first["threadId"] if named else None)
    assert (second["threadId"] == first["threadId"]) is joins
    assert joins or second["threadId"] == second["id"]


@rows.row(47)
def test_client_library_sends(ada: Caller, ben: Caller) -> None:
    sent = (
        client(ada).users().messages().send(userId="me", body={"raw": encoded(letter(subject="Hello Ben"))}).execute()
    )
    assert sent == {"id": sent["id"], "threadId": sent["id"], "labelIds": ["SENT"]}
    assert headers(ben.only("subject:hello"))["From"] == f"Ada Lindqvist <{ADA}>"


@rows.row(47, 48)
@pytest.mark.parametrize("resumable", [False, True])
def test_client_library_uploads(ada: Caller, ben: Caller, resumable: bool) -> None:
    content = bytes(range(256)) * 4096
    media = MediaInMemoryUpload(
        letter(subject="Figures", attachment=content), "message/rfc822", chunksize=256 * 1024, resumable=resumable
    )
    sent = client(ada).users().messages().send(userId="me", body={}, media_body=media).execute()
    assert sent == {"id": sent["id"], "threadId": sent["id"], "labelIds": ["SENT"]}
    [attachment] = [part for part in ben.only("subject:figures")["payload"]["parts"] if part["filename"]]
    message = ben.only("subject:figures")["id"]
    fetched = ben.get(f"messages/{message}/attachments/{attachment['body']['attachmentId']}")
    assert decoded(fetched["data"]) == content


def related(message: bytes, body: object) -> dict[str, Any]:
    """Options of a multipart upload: a JSON part and the message."""
    parts = [("application/json", json.dumps(body).encode()), ("message/rfc822", message)]
    data = b"".join(b"--limit\r\nContent-Type: %s\r\n\r\n%s\r\n" % (kind.encode(), part) for kind, part in parts)
    return {
        "params": {"uploadType": "multipart"},
        "headers": {"Content-Type": 'multipart/related; boundary="limit"'},
        "data": data + b"--limit--",
    }


@rows.row(48)
def test_multipart_upload_of_more_than_5_mb(ada: Caller, ben: Caller) -> None:
    content = bytes(6 * 1024 * 1024)
    raw = letter(subject="Big", attachment=content)
    first = ada.send_mail(subject="Big")
    answered = read(ada, first)["Message-ID"]
    threaded = f"References: {answered}\r\n".encode() + raw
    answer = ada.send("POST", UPLOAD, **related(threaded, {"threadId": first["threadId"]}))
    assert answer.status_code == 200
    assert answer.json() == {"id": answer.json()["id"], "threadId": first["threadId"], "labelIds": ["SENT"]}
    assert len(ben.find("subject:big has:attachment larger:6m")) == 1


@rows.row(48)
def test_resumable_upload_in_pieces(ada: Caller, ben: Caller) -> None:
    raw = letter(subject="Pieces", attachment=bytes(600_000))
    begun = ada.send(
        "POST",
        UPLOAD,
        params={"uploadType": "resumable"},
        headers={"X-Upload-Content-Type": "message/rfc822", "X-Upload-Content-Length": str(len(raw))},
        json={},
    )
    assert (begun.status_code, begun.content) == (200, b"")
    address, half = begun.headers["Location"], 262_144
    assert put(address, b"", f"bytes */{len(raw)}").headers.get("Range") is None
    more = put(address, raw[:half], f"bytes 0-{half - 1}/{len(raw)}")
    assert (more.status_code, more.headers["Range"]) == (308, f"bytes=0-{half - 1}")
    asked = put(address, b"", f"bytes */{len(raw)}")
    assert (asked.status_code, asked.headers["Range"]) == (308, f"bytes=0-{half - 1}")
    assert ben.find("subject:pieces") == []
    done = put(address, raw[half:], f"bytes {half}-{len(raw) - 1}/{len(raw)}")
    assert (done.status_code, done.json()["labelIds"]) == (200, ["SENT"])
    again = put(address, b"", f"bytes */{len(raw)}")
    assert again.json() == done.json(), "an answer that was lost can be asked for again"
    assert len(ben.find("subject:pieces")) == 1


def put(address: str, data: bytes, content_range: str) -> requests.Response:
    return requests.put(
        address, data=data, headers={"Content-Range": content_range}, timeout=TIMEOUT, allow_redirects=False
    )


@rows.row(48)
def test_message_above_the_limit(ada: Caller) -> None:
    too_much = b"To: ben@acme.example\r\n\r\n" + bytes(LIMIT)
    plain = ada.send("POST", UPLOAD, data=too_much, headers={"Content-Type": "message/rfc822"})
    multipart = ada.send("POST", UPLOAD, **related(too_much, {}))
    announced = ada.send(
        "POST",
        UPLOAD,
        params={"uploadType": "resumable"},
        headers={"X-Upload-Content-Type": "message/rfc822", "X-Upload-Content-Length": str(LIMIT + 1)},
    )
    assert [plain.status_code, multipart.status_code, announced.status_code] == [413, 413, 413]
    assert ada.find("in:sent newer_than:1h") == []
