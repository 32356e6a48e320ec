"""The seven faults of sending, on a kept connection: what the client meets, and whether Gmail did it."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import ADA, BEN, Caller, caller, client, encoded, letter
from tests.staged_google import requests_to, stage

SECONDS = 0.5
FAULTS: dict[str | None, tuple[type[Exception] | int, bool]] = {
    None: (200, True),
    "close_after": (requests.ConnectionError, True),
    "reset_after": (requests.ConnectionError, True),
    "hang_after": (requests.ReadTimeout, True),
    "503_before": (503, False),
    "503_after": (503, True),
    "half_answer": (requests.exceptions.ChunkedEncodingError, True),
}
"""Fault: what the client meets, and whether the request was carried out."""


@dataclass(frozen=True)
class Attempt:
    """One way of writing to Gmail: the call, and how often it was carried out, as Google's side knows."""

    path: str
    options: Callable[[Caller], dict[str, Any]]
    done: Callable[[Caller, Caller], int]

    @property
    def address(self) -> str:
        return self.path if self.path.startswith("/") else f"/gmail/v1/users/me/{self.path}"


RAW = letter(subject="Zeppelin")
UPLOADED = {"data": RAW, "headers": {"Content-Type": "message/rfc822"}}
UPLOAD = "/upload/gmail/v1/users/me"


def made_draft(ada: Caller) -> dict[str, Any]:
    made = ada.post("drafts", {"message": {"raw": encoded(RAW)}})
    return {"json": {"id": made["id"]}}


def arrived(_ada: Caller, ben: Caller) -> int:
    return len(ben.find("subject:zeppelin"))


def kept(ada: Caller, _ben: Caller) -> int:
    return len(ada.get("drafts").get("drafts", ()))


ATTEMPTS = {
    "send": Attempt("messages/send", lambda _: {"json": {"raw": encoded(RAW)}}, arrived),
    "upload and send": Attempt(f"{UPLOAD}/messages/send", lambda _: UPLOADED, arrived),
    "create a draft": Attempt("drafts", lambda _: {"json": {"message": {"raw": encoded(RAW)}}}, kept),
    "upload a draft": Attempt(f"{UPLOAD}/drafts", lambda _: UPLOADED, kept),
    "send a draft": Attempt("drafts/send", made_draft, arrived),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ATTEMPTS)
def test_fault(sandbox: RunningSandbox, ada: Caller, ben: Caller, name: str, fault: str | None) -> None:
    attempt = ATTEMPTS[name]
    meets, is_done = FAULTS[fault]
    options = attempt.options(ada)
    with requests.Session() as session:
        assert ada.send("GET", "profile", session=session).status_code == 200
        if fault is not None:
            stage(sandbox, fault, path=attempt.address, method="POST", account=ADA, count=1)
        if isinstance(meets, int):
            answer = ada.send("POST", attempt.path, session=session, timeout=SECONDS, **options)
            assert answer.status_code == meets
            if meets == 503:
                assert answer.json()["error"]["status"] == "UNAVAILABLE"
        else:
            with pytest.raises(meets):
                ada.send("POST", attempt.path, session=session, timeout=SECONDS, **options)
        assert ada.send("GET", "profile", session=session).status_code == 200
    assert attempt.done(ada, ben) == int(is_done)
    [entry] = [entry for entry in requests_to(sandbox, attempt.address) if entry["path"] == attempt.address]
    status = meets if isinstance(meets, int) else 200
    assert (entry["status"], entry["fault"], entry["account"]) == (status, fault, ADA)


def test_fault_meets_the_path_method_and_account_it_was_staged_for(
    sandbox: RunningSandbox, ada: Caller, ben: Caller
) -> None:
    stage(sandbox, "503_before", path="*/messages/send", method="POST", account=ADA, count=2)
    body = {"raw": encoded(RAW)}
    assert ben.send("POST", "messages/send", json=body).status_code == 200
    assert ada.send("GET", "messages").status_code == 200
    assert ada.send("POST", "drafts", json={"message": body}).status_code == 200
    assert ada.send("POST", "messages/send", json=body).status_code == 503
    assert ada.send("POST", f"{UPLOAD}/messages/send", **UPLOADED).status_code == 503
    assert ada.send("POST", "messages/send", json=body).status_code == 200


@pytest.mark.parametrize("fault", ["close_after", "reset_after", "hang_after", "half_answer", "503_after"])
def test_draft_whose_answer_was_lost_is_gone_at_once(sandbox: RunningSandbox, ada: Caller, fault: str) -> None:
    """What the console rests on: it re-reads the draft, and gone means sent."""
    options = made_draft(ada)
    stage(sandbox, fault, path="*/drafts/send", count=1)
    with contextlib.suppress(requests.RequestException):
        ada.send("POST", "drafts/send", timeout=SECONDS, **options)
    assert ada.send("GET", f"drafts/{options['json']['id']}").status_code == 404
    assert ada.send("POST", "drafts/send", **options).status_code == 404


def test_last_piece_of_an_upload_whose_answer_was_lost_is_not_sent_again(
    sandbox: RunningSandbox, ada: Caller, ben: Caller
) -> None:
    begun = ada.send("POST", f"{UPLOAD}/messages/send", params={"uploadType": "resumable"}, json={})
    address = begun.headers["Location"]
    stage(sandbox, "close_after", method="PUT", count=1)
    with pytest.raises(requests.ConnectionError):
        requests.put(address, data=RAW, timeout=SECONDS)
    repeated = [requests.put(address, data=RAW, timeout=SECONDS).json()["id"] for _ in range(2)]
    assert repeated[0] == repeated[1]
    assert len(ben.find("subject:zeppelin")) == 1


def test_googles_own_transport_sends_twice_when_an_answer_is_lost(
    sandbox: RunningSandbox, ada: Caller, ben: Caller
) -> None:
    """httplib2 repeats a POST by itself: the reason why the console brings a transport of its own."""
    stage(sandbox, "close_after", path="*/messages/send", count=1)
    client(ada).users().messages().send(userId="me", body={"raw": encoded(RAW)}).execute()
    assert [entry["fault"] for entry in requests_to(sandbox, "/gmail/")] == ["close_after", None]
    assert len(ben.find("subject:zeppelin")) == 2


def test_connections_are_kept(ada: Caller) -> None:
    with requests.Session() as session:
        for _ in range(5):
            ada.send("GET", "profile", session=session)
            ada.send("POST", "messages/send", session=session, json={"raw": encoded(RAW)})
            ada.send("POST", f"{UPLOAD}/drafts", session=session, **UPLOADED)
            ada.send("GET", "messages/none", session=session)
        adapter = session.get_adapter(ada.origin)
        assert isinstance(adapter, requests.adapters.HTTPAdapter)
        pools = adapter.poolmanager.pools
        [key] = pools.keys()
        pool = pools[key]
        assert (pool.num_connections, pool.num_requests) == (1, 20)


def test_answers_of_two_accounts_do_not_mix_on_one_connection(sandbox: RunningSandbox) -> None:
    people = [caller(sandbox, ADA), caller(sandbox, BEN)]
    with requests.Session() as session:
        for turn in range(10):
            person = people[turn % 2]
            assert person.send("GET", "profile", session=session).json()["emailAddress"] == person.email
