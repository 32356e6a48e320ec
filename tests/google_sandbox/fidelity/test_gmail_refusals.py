"""How Gmail refuses: token, scope, mailbox, ids, its own trouble (rows 33, 34, 36, 38, 39, 44, 45, 50)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError

from google_sandbox import world
from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import (
    ADA,
    BEN,
    FULL,
    INVALID_ID,
    NOT_FOUND,
    UNKNOWN_ID,
    Caller,
    caller,
    client,
    encoded,
    letter,
    refusal,
)
from tests.google_sandbox.consenting import (
    COMPOSE,
    EMAIL,
    METADATA,
    MODIFY,
    OPENID,
    READONLY,
    SEND,
    TIMEOUT,
    grant,
)
from tests.google_sandbox.fidelity import rows

REALM = 'Bearer realm="https://accounts.google.com/"'
EXPECTED = (
    " Expected OAuth 2 access token, login cookie or other valid authentication credential."
    " See https://developers.google.com/identity/sign-in/web/devconsole-project."
)
BAD_TOKEN = refusal(
    401,
    f"Request had invalid authentication credentials.{EXPECTED}",
    "authError",
    "UNAUTHENTICATED",
    errors_message="Invalid Credentials",
    location="Authorization",
    locationType="header",
)
MAIL_NOT_ENABLED = refusal(400, "Mail service not enabled", "failedPrecondition", "FAILED_PRECONDITION")
ADD_ON = "https://www.googleapis.com/auth/gmail.addons.current.action.compose"
UPLOAD = "/upload/gmail/v1/users/me"
CALLS = [("GET", "profile"), ("GET", "messages"), ("POST", "messages/send"), ("POST", f"{UPLOAD}/drafts")]


def scope_missing(method: str) -> Any:
    return refusal(
        403,
        "Request had insufficient authentication scopes.",
        "insufficientPermissions",
        "PERMISSION_DENIED",
        errors_message="Insufficient Permission",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "domain": "googleapis.com",
                "metadata": {
                    "method": f"caribou.api.proto.MailboxService.{method}",
                    "service": "gmail.googleapis.com",
                },
            }
        ],
    )


def assert_bad_token(answer: requests.Response) -> None:
    assert answer.status_code == 401
    assert answer.json() == BAD_TOKEN
    assert answer.headers["WWW-Authenticate"] == f'{REALM}, error="invalid_token"'
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


@rows.row(33)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_garbage_for_a_token(origin: str, method: str, path: str) -> None:
    assert_bad_token(Caller(origin, ADA, "garbage").send(method, path))


@rows.row(33)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_no_token(origin: str, method: str, path: str) -> None:
    address = path if path.startswith("/") else f"/gmail/v1/users/me/{path}"
    answer = requests.request(method, f"{origin}{address}", timeout=TIMEOUT)
    assert answer.status_code == 401
    [error] = answer.json()["error"]["errors"]
    assert (error["domain"], error["reason"]) == ("global", "required")
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"
    assert answer.headers["WWW-Authenticate"] == REALM


@rows.row(33)
def test_token_after_its_hour(sandbox: RunningSandbox, ada: Caller) -> None:
    assert ada.send("GET", "profile").status_code == 200
    sandbox.sandbox.clock.offset = 3600
    assert_bad_token(ada.send("GET", "profile"))


@rows.row(27, 33)
def test_token_of_a_grant_that_was_revoked(origin: str) -> None:
    tokens = grant(origin, ADA, (OPENID, EMAIL, READONLY, SEND))
    ada = Caller(origin, ADA, tokens["access_token"])
    assert ada.send("GET", "messages").status_code == 200
    requests.post(f"{origin}/revoke", data={"token": tokens["refresh_token"]}, timeout=TIMEOUT)
    assert_bad_token(ada.send("GET", "messages"))


@rows.row(33)
def test_refresh_token_is_no_access_token(origin: str) -> None:
    assert_bad_token(Caller(origin, ADA, grant(origin, ADA, (READONLY,))["refresh_token"]).send("GET", "messages"))


@rows.row(33)
def test_client_library_turns_a_bad_token_into_its_own_error(origin: str) -> None:
    """It tries to refresh and has nothing to do it with; the 401 itself never reaches the caller."""
    with pytest.raises(RefreshError, match="do not contain the necessary fields"):
        client(Caller(origin, ADA, "garbage")).users().getProfile(userId="me").execute()


@rows.row(34)
@pytest.mark.parametrize(
    ("scope", "call", "rpc", "would_do"),
    [
        (SEND, ("GET", "profile"), "GetProfile", {FULL, COMPOSE, METADATA, MODIFY, READONLY}),
        (READONLY, ("POST", "messages/send"), "SendMessage", {FULL, COMPOSE, MODIFY, SEND, ADD_ON}),
        (COMPOSE, ("GET", "messages"), "ListMessages", {FULL, METADATA, MODIFY, READONLY}),
        (SEND, ("POST", f"{UPLOAD}/drafts"), "CreateDraft", {FULL, COMPOSE, MODIFY, ADD_ON}),
    ],
)
def test_token_without_the_methods_scope(
    sandbox: RunningSandbox, scope: str, call: tuple[str, str], rpc: str, would_do: set[str]
) -> None:
    answer = caller(sandbox, ADA, scope).send(*call)
    assert (answer.status_code, answer.json()) == (403, scope_missing(rpc))
    challenge, _, named = answer.headers["WWW-Authenticate"].partition(", scope=")
    assert challenge == f'{REALM}, error="insufficient_scope"'
    assert set(named.strip('"').split()) == would_do


@rows.row(34)
def test_client_library_sees_the_body_of_a_missing_scope(sandbox: RunningSandbox) -> None:
    service = client(caller(sandbox, ADA, SEND))
    with pytest.raises(HttpError) as raised:
        service.users().labels().list(userId="me").execute()
    assert raised.value.status_code == 403
    assert raised.value.reason == "Request had insufficient authentication scopes."
    assert json.loads(raised.value.content) == scope_missing("ListLabels")


@rows.row(36)
@pytest.mark.parametrize("other", [BEN, "nobody@acme.example", "someone@gmail.com"])
def test_another_persons_mailbox(ada: Caller, other: str) -> None:
    """The caller is named, not the mailbox asked for, whether there is one or not."""
    denied = refusal(403, f"Delegation denied for {ADA}", "forbidden", "PERMISSION_DENIED")
    for method, path in (("GET", "profile"), ("GET", "messages"), ("POST", "messages/send"), ("POST", "drafts")):
        answer = ada.send(method, f"/gmail/v1/users/{other}/{path}")
        assert (answer.status_code, answer.json()) == (403, denied)
    answer = ada.send("POST", f"/upload/gmail/v1/users/{other}/messages/send")
    assert (answer.status_code, answer.json()) == (403, denied)


@rows.row(36)
def test_own_address_is_as_good_as_me(ada: Caller) -> None:
    for address in (ADA, "Ada@Acme.example"):
        assert ada.get(f"/gmail/v1/users/{address}/profile")["emailAddress"] == ADA


@rows.row(38)
@pytest.mark.parametrize("account", ["fay@acme.example", "jo@private.test"])
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_account_without_a_mailbox(sandbox: RunningSandbox, account: str, method: str, path: str) -> None:
    answer = caller(sandbox, account).send(method, path)
    assert (answer.status_code, answer.json()) == (400, MAIL_NOT_ENABLED)


@rows.row(38)
def test_client_library_sees_a_mailbox_that_is_not_enabled(sandbox: RunningSandbox) -> None:
    with pytest.raises(HttpError) as raised:
        client(caller(sandbox, "fay@acme.example")).users().getProfile(userId="me").execute()
    assert (raised.value.status_code, raised.value.reason) == (400, "Mail service not enabled")


@rows.row(39)
def test_service_account_has_no_mailbox_of_its_own(sandbox: RunningSandbox) -> None:
    answer = caller(sandbox, world.SERVICE_ACCOUNT).send("GET", "profile")
    failed = refusal(400, "Precondition check failed.", "failedPrecondition", "FAILED_PRECONDITION")
    assert (answer.status_code, answer.json()) == (400, failed)


@rows.row(44)
@pytest.mark.parametrize(
    ("name", "status", "message", "rpc_status"),
    [
        ("500_before", 500, "Backend Error", "INTERNAL"),
        ("503_before", 503, "The service is currently unavailable.", "UNAVAILABLE"),
    ],
)
def test_trouble_at_gmail(ada: Caller, name: str, status: int, message: str, rpc_status: str) -> None:
    for method, path in CALLS:
        staged = {"name": name, "path": "*/gmail/*", "account": ADA, "method": method, "count": 1}
        assert ada.send("POST", "/_sandbox/api/scenarios", json=staged).status_code == 201
        answer = ada.send(method, path)
        assert (answer.status_code, answer.json()) == (status, refusal(status, message, "backendError", rpc_status))
        assert ada.send("GET", "profile").status_code == 200


@rows.row(45)
@pytest.mark.parametrize("path", ["messages/{}", "threads/{}", "messages/{}/attachments/x", "drafts/{}"])
def test_id_of_a_wrong_form_and_id_of_nothing(ada: Caller, path: str) -> None:
    for wrong in ("no-hex", "zz", "0123456789abcdef0123456789"):
        answer = ada.send("GET", path.format(wrong))
        assert (answer.status_code, answer.json()) == (400, INVALID_ID)
    answer = ada.send("GET", path.format(UNKNOWN_ID))
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@rows.row(45)
@pytest.mark.parametrize(
    "changing",
    [
        lambda ada: ada.send("POST", f"messages/{UNKNOWN_ID}/modify", json={"addLabelIds": ["STARRED"]}),
        lambda ada: ada.send("POST", f"messages/{UNKNOWN_ID}/trash"),
        lambda ada: ada.send("POST", "drafts/send", json={"id": f"r{10**18}"}),
        lambda ada: ada.send("DELETE", f"drafts/r-{10**18}"),
        lambda ada: ada.send("GET", "labels/Label_999"),
    ],
)
def test_changing_what_is_not_there(ada: Caller, changing: Callable[[Caller], requests.Response]) -> None:
    answer = changing(ada)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@rows.row(45)
def test_history_that_is_gone_or_never_was(sandbox: RunningSandbox, ada: Caller) -> None:
    start = ada.get("profile")["historyId"]
    ada.send_mail()
    assert ada.send("GET", "history", params={"startHistoryId": start}).status_code == 200
    for unknown in ("1", str(int(start) + 10_000)):
        answer = ada.send("GET", "history", params={"startHistoryId": unknown})
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)
    sandbox.sandbox.clock.offset = 8 * 86_400
    later = caller(sandbox, ADA)
    answer = later.send("GET", "history", params={"startHistoryId": start})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@rows.row(45)
def test_thread_to_send_into(ada: Caller) -> None:
    body = {"raw": encoded(letter()), "threadId": "no-hex"}
    answer = ada.send("POST", "messages/send", json=body)
    invalid = refusal(400, "Invalid thread_id value", "invalidArgument", "INVALID_ARGUMENT")
    assert (answer.status_code, answer.json()) == (400, invalid)
    answer = ada.send("POST", "messages/send", json=body | {"threadId": UNKNOWN_ID})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@rows.row(50)
@pytest.mark.parametrize("beside", [(), (MODIFY,), (READONLY,)])
def test_metadata_scope_spoils_queries_and_bodies(sandbox: RunningSandbox, beside: tuple[str, ...]) -> None:
    ada = caller(sandbox, ADA, METADATA, *beside)
    for query in ("from:ben", ""):
        answer = ada.send("GET", "messages", params={"q": query})
        no_query = refusal(403, "Metadata scope does not support 'q' parameter", "forbidden", "PERMISSION_DENIED")
        assert (answer.status_code, answer.json()) == (403, no_query)
    message = ada.get("messages", maxResults=1)["messages"][0]["id"]
    for wanted in ("full", "raw"):
        answer = ada.send("GET", f"messages/{message}", params={"format": wanted})
        text = f"Metadata scope doesn't allow format {wanted.upper()}"
        assert (answer.status_code, answer.json()) == (403, refusal(403, text, "forbidden", "PERMISSION_DENIED"))
    assert "payload" in ada.get(f"messages/{message}", format="metadata")
