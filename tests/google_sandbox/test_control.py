"""The control page and its API: world, journal, clock, reset; nothing to other sites, no secret on show."""

import json
import re
import time
from typing import Any

import pytest
import requests

from google_sandbox import journal
from google_sandbox.server import RunningSandbox
from tests.google_sandbox.consenting import (
    CLIENT_ID,
    COMPOSE,
    EMAIL,
    OPENID,
    READONLY,
    TIMEOUT,
    authorized,
    consent,
    exchange,
    grant,
    refresh,
)

ADA, BEN = "ada@acme.example", "ben@acme.example"
SCOPES = (OPENID, EMAIL, READONLY, COMPOSE)


def get(origin: str, path: str, /, **parameters: str) -> Any:
    return requests.get(f"{origin}/_sandbox/api/{path}", params=parameters, timeout=TIMEOUT).json()


def send(origin: str, path: str, body: object = None, **headers: str) -> requests.Response:
    return requests.post(f"{origin}/_sandbox/api/{path}", json=body, headers=headers, timeout=TIMEOUT)


def test_world_has_every_type_of_account(origin: str) -> None:
    accounts = {account["email"]: account for account in get(origin, "state")["accounts"]}
    assert len(accounts) == 11
    assert {account["kind"] for account in accounts.values()} == {"workspace", "gmail", "consumer", "service_account"}
    assert accounts["emil@acme.example"]["suspended"]
    assert not accounts["fay@acme.example"]["has_gmail"]
    assert not accounts["jo@private.test"]["has_gmail"]
    assert accounts["gus@other.example"]["hosted_domain"] == "other.example"
    assert all(re.fullmatch(r"1\d{20}", account["sub"]) for account in accounts.values())


def test_reset_forgets_grants_scenarios_journal_and_clock(sandbox: RunningSandbox) -> None:
    origin = sandbox.origin
    token = grant(origin, ADA, SCOPES)["refresh_token"]
    send(origin, "scenarios", {"name": "cancel"})
    send(origin, "clock", {"offset": 60})
    send(origin, f"accounts/{BEN}", {"suspended": True})
    assert send(origin, "reset").status_code == 204
    state = get(origin, "state")
    assert state["grants"] == state["scenarios"] == []
    assert state["offset"] == 0
    assert not any(account["suspended"] for account in state["accounts"] if account["email"] == BEN)
    assert get(origin, "journal") == {"entries": []}
    assert refresh(origin, token).status_code == 400


def test_journal_says_who_asked_what_and_how_it_was_answered(origin: str) -> None:
    tokens = grant(origin, ADA, SCOPES)
    refresh(origin, tokens["refresh_token"])
    exchanged, refreshed = get(origin, "journal", path="/token", method="POST", account=ADA)["entries"]
    for entry in (exchanged, refreshed):
        assert (entry["account"], entry["client"], entry["status"], entry["fault"]) == (ADA, CLIENT_ID, 200, None)
    assert exchanged["detail"]["grant_type"] == "authorization_code"
    assert refreshed["detail"]["grant_type"] == "refresh_token"
    assert get(origin, "journal", path="/token", account=BEN) == {"entries": []}
    assert get(origin, "journal", path="/tokeninfo") == {"entries": []}
    requests.delete(f"{origin}/_sandbox/api/journal", timeout=TIMEOUT)
    assert get(origin, "journal") == {"entries": []}


def test_journal_state_and_page_show_no_secret(origin: str) -> None:
    code = consent(origin, ADA, SCOPES, state="a-long-and-secret-state-value")["code"]
    tokens = exchange(origin, code).json()
    requests.get(f"{origin}/v1/userinfo", params={"access_token": tokens["access_token"]}, timeout=TIMEOUT)
    requests.get(f"{origin}/v1/userinfo", headers=authorized(tokens["access_token"]), timeout=TIMEOUT)
    refresh(origin, tokens["refresh_token"])
    requests.post(f"{origin}/tokeninfo", data={"access_token": tokens["access_token"]}, timeout=TIMEOUT)
    shown = [
        json.dumps(get(origin, "journal")),
        json.dumps(get(origin, "state")),
        requests.get(f"{origin}/_sandbox/", timeout=TIMEOUT).text,
    ]
    secrets = (code, tokens["access_token"], tokens["refresh_token"], tokens["id_token"], "a-long-and-secret-state")
    for text in shown:
        assert not [secret for secret in secrets if secret in text]
        assert "GOCSPX" not in text
    assert f"{tokens['access_token'][:4]}…{tokens['access_token'][-4:]}" in shown[2]


def test_control_requests_are_not_in_the_journal(origin: str) -> None:
    get(origin, "state")
    assert get(origin, "journal") == {"entries": []}


def test_clock_moves_the_sandbox_not_the_machine(origin: str) -> None:
    before = time.time()
    answer = send(origin, "clock", {"offset": 7 * 86400}).json()
    assert answer["offset"] == 7 * 86400
    assert get(origin, "clock")["now"] > time.strftime("%Y-%m-%d", time.gmtime(before + 6 * 86400))
    for wrong in ("tomorrow", None, True, 1e300, 10**400):
        assert send(origin, "clock", {"offset": wrong}).status_code == 400
    assert get(origin, "clock")["offset"] == 7 * 86400


def test_journal_keeps_the_newest_only(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEPT", 5)
    for number in range(9):
        requests.get(f"{sandbox.origin}/tokeninfo", params={"access_token": f"short-{number}"}, timeout=TIMEOUT)
    entries = get(sandbox.origin, "journal")["entries"]
    assert len(entries) == 5
    assert entries[-1]["id"] - entries[0]["id"] == 4


def test_account_can_be_changed_and_only_in_known_fields(origin: str) -> None:
    assert send(origin, f"accounts/{ADA}", {"password": "another"}).json()["password"] == "another"
    assert send(origin, f"accounts/{ADA}", {"sub": "1"}).status_code == 400
    assert send(origin, f"accounts/{ADA}", {"suspended": "yes"}).status_code == 400
    assert send(origin, "accounts/nobody@acme.example", {"suspended": True}).status_code == 404
    assert send(origin, "revoke", {"account": "nobody@acme.example"}).status_code == 404


@pytest.mark.parametrize("path", ["reset", "scenarios", "clock", "revoke", f"accounts/{ADA}"])
def test_post_from_another_site_is_refused(origin: str, path: str) -> None:
    token = grant(origin, ADA, SCOPES)["refresh_token"]
    for other in ("http://127.0.0.1:8000", "https://evil.example", "null"):
        assert send(origin, path, {"account": ADA, "name": "cancel"}, Origin=other).status_code == 403
    assert get(origin, "scenarios") == {"scenarios": []}
    assert refresh(origin, token).status_code == 200


def test_post_from_its_own_page_is_taken(origin: str) -> None:
    assert send(origin, "reset", None, Origin=origin).status_code == 204
    assert send(origin, "reset", None, Origin=origin.replace("localhost", "127.0.0.1")).status_code == 204


def test_stylesheets_are_served_and_nothing_beside_them(origin: str) -> None:
    for name in ("tokens.css", "components.css", "sandbox.css"):
        answer = requests.get(f"{origin}/_sandbox/static/{name}", timeout=TIMEOUT)
        assert answer.headers["Content-Type"].startswith("text/css")
    beside = requests.get(f"{origin}/_sandbox/static/..%2F__init__.py", timeout=TIMEOUT)
    assert beside.status_code == 404


def test_pages_need_no_script_and_have_no_inline_style(origin: str) -> None:
    page = requests.get(f"{origin}/_sandbox/", timeout=TIMEOUT)
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_unknown_address_is_a_404_page(origin: str) -> None:
    assert requests.get(f"{origin}/no/such/thing", timeout=TIMEOUT).status_code == 404
    assert get(origin, "healthz") == {"status": "ok"}
