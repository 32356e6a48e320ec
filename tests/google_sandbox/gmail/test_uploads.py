"""The upload protocol: what is refused, and what becomes of sessions."""

from typing import Any

import pytest
import requests

from google_sandbox.gmail import uploads
from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import BEN, NOT_FOUND, Caller, caller, letter
from tests.google_sandbox.consenting import TIMEOUT

UPLOAD = "/upload/gmail/v1/users/me/messages/send"
RESUMABLE = "/resumable/upload/gmail/v1/users/me/messages/send"
RAW = letter(subject="Zeppelin")


def begin(mailbox: Caller, path: str = UPLOAD) -> str:
    """The address of a new session."""
    answer = mailbox.send("POST", path, params={"uploadType": "resumable"}, json={})
    assert answer.status_code == 200, answer.text
    return str(answer.headers["Location"])


def put(address: str, data: bytes = RAW, **headers: str) -> requests.Response:
    return requests.put(address, data=data, headers=headers, timeout=TIMEOUT, allow_redirects=False)


@pytest.mark.parametrize(
    "options",
    [
        {"params": {"uploadType": "other"}, "data": RAW},
        {"params": {"uploadType": "media"}, "data": RAW, "headers": {"Content-Type": "application/json"}},
        {"params": {"uploadType": "multipart"}, "data": RAW, "headers": {"Content-Type": "message/rfc822"}},
        {
            "params": {"uploadType": "multipart"},
            "data": b"--b\r\n\r\n{}\r\n--b--",
            "headers": {"Content-Type": "multipart/related; boundary=b"},
        },
        {
            "params": {"uploadType": "multipart"},
            "data": b"no part at all",
            "headers": {"Content-Type": "multipart/related; boundary=b"},
        },
        {"params": {"uploadType": "resumable"}, "headers": {"X-Upload-Content-Type": "image/png"}},
    ],
)
def test_upload_of_a_wrong_form_is_refused(ada: Caller, ben: Caller, options: dict[str, Any]) -> None:
    assert ada.send("POST", UPLOAD, **options).status_code == 400
    assert ben.find("subject:zeppelin") == []


@pytest.mark.parametrize("path", [UPLOAD, RESUMABLE])
def test_session_is_sent_whole_at_both_of_its_addresses(ada: Caller, ben: Caller, path: str) -> None:
    assert put(begin(ada, path)).json()["labelIds"] == ["SENT"]
    assert ben.subjects("subject:zeppelin") == ["Zeppelin"]


def test_session_of_unknown_length_ends_with_its_last_piece(ada: Caller, ben: Caller) -> None:
    address = begin(ada)
    first = put(address, RAW[:50], **{"Content-Range": "bytes 0-49/*"})
    assert (first.status_code, first.headers["Range"]) == (308, "bytes=0-49")
    overlapping = put(address, RAW[40:], **{"Content-Range": f"bytes 40-{len(RAW) - 1}/{len(RAW)}"})
    assert overlapping.status_code == 200
    assert ben.subjects("subject:zeppelin") == ["Zeppelin"]


@pytest.mark.parametrize("content_range", ["bytes 9-20/100", "bytes 0-1/100", "nonsense", "bytes 0-/9"])
def test_piece_that_does_not_fit_is_refused(ada: Caller, content_range: str) -> None:
    assert put(begin(ada), b"12345", **{"Content-Range": content_range}).status_code == 400


def test_address_of_no_session(ada: Caller) -> None:
    answer = put(f"{ada.origin}{UPLOAD}?uploadType=resumable&upload_id=unknown")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_session_ends_with_the_token_it_was_begun_with(sandbox: RunningSandbox, ada: Caller, ben: Caller) -> None:
    address = begin(ada)
    sandbox.sandbox.clock.offset = 3600
    assert put(address).status_code == 401
    assert caller(sandbox, BEN).find("subject:zeppelin") == []


def test_sessions_given_up_do_not_pile_up(ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SESSIONS_KEPT", 3)
    addresses = [begin(ada) for _ in range(5)]
    assert [put(address).status_code for address in addresses] == [404, 404, 200, 200, 200]
