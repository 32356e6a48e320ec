"""Custom API Action, run as people run it, against the sandbox."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from connections.errors import UnrecognizedAnswer
from connections.models import Connection
from flows.engine.run_step import run_due_steps
from flows.models import Run, StepRun
from gmail_connector.client import GmailClient
from gmail_connector.scopes import SEND
from google_sandbox.server import RunningSandbox
from kernel.errors import InputRejected, OutcomeUnknown, as_problem
from tests.consents import Browser
from tests.gmail_connector.conftest import Connect
from tests.gmail_connector.mailboxes import received
from tests.gmail_connector.runs import CUSTOM, failure, outputs, run
from tests.gmail_connector.scripted_gmail import answer, scripted_gmail
from tests.staged_google import gmail_calls, stage

pytestmark = pytest.mark.django_db

ADA = "ada@acme.example"
LABELS = "/v1/users/me/labels"
JSON = "Content-Type: application/json"

Act = Callable[..., Run]


@pytest.fixture
def act(person: Browser, connect: Connect) -> Act:
    """Run the card with these inputs, on a connection with the default scopes."""

    def call(method: str, relative_url: str, **inputs: Any) -> Run:
        return run(person, connect(), CUSTOM, request_type=method, relative_url=relative_url, **inputs)

    return call


# ------------------------------------------------------------------ what it does


def test_a_list_is_read_with_its_query(google: RunningSandbox, act: Act) -> None:
    found = outputs(act("GET", "/v1/users/me/messages", query={"maxResults": 2, "labelIds": ["INBOX"]}))
    assert found["status_code"] == 200
    assert len(found["body"]["messages"]) == 2
    assert found["headers"]["content-type"].startswith("application/json")
    (call,) = gmail_calls(google)
    assert call["path"].startswith("/gmail/v1/users/me/messages")


def test_a_label_is_made_and_listed(google: RunningSandbox, person: Browser, connect: Connect) -> None:
    connection = connect(ADA, "https://www.googleapis.com/auth/gmail.modify")

    def call(method: str, relative_url: str, **inputs: Any) -> dict[str, Any]:
        return outputs(run(person, connection, CUSTOM, request_type=method, relative_url=relative_url, **inputs))

    made = call("POST", LABELS, body={"name": "Suppliers"})["body"]
    assert made["name"] == "Suppliers"
    names = [each["name"] for each in call("GET", LABELS)["body"]["labels"]]
    assert "Suppliers" in names


def test_an_answer_without_content_is_an_empty_body(
    google: RunningSandbox, settings: Settings, person: Browser, connect: Connect
) -> None:
    connection = connect()
    with scripted_gmail(settings, answer("204 No Content")):
        deleted = outputs(run(person, connection, CUSTOM, request_type="DELETE", relative_url="/v1/users/me/drafts/r1"))
    assert (deleted["status_code"], deleted["body"]) == (204, {})


def test_of_google_s_headers_only_harmless_ones_come_out(
    google: RunningSandbox, settings: Settings, person: Browser, connect: Connect
) -> None:
    connection = connect()
    headers = (JSON, "Set-Cookie: NID=secret", "ETag: x", "X-Goog-Session: s", "WWW-Authenticate: Bearer realm=r")
    with scripted_gmail(settings, answer("200 OK", b"{}", *headers)):
        found = outputs(run(person, connection, CUSTOM))
    assert found["headers"] == {"content-type": "application/json", "etag": "x"}


# ------------------------------------------------------------------ what is never sent

PATHS = [
    "",
    "v1/users/me/labels",
    "https://evil.example/v1/users/me/labels",
    "HTTPS://gmail.googleapis.com/gmail/v1/users/me/labels",
    "//evil.example/v1/users/me/labels",
    "///evil.example/v1/users/me/labels",
    "http:/v1/users/me/labels",
    "javascript:alert(1)",
    "@evil.example/v1/users/me/labels",
    "ada:secret@evil.example/v1/users/me/labels",
    "/@evil.example/v1/users/me/labels",
    "/v1@evil.example/users/me/labels",
    "/v1/users/@evil.example/labels",
    "/v1/users/me@evil.example:443/labels",
    "/v1/users/me@one@evil.example/labels",
    ".evil.example/v1/users/me/labels",
    ":443/v1/users/me/labels",
    "/v1/users/me/../../../upload/gmail/v1/users/me/messages/send",
    "/v1/users/./me/labels",
    "/v1/users/me/labels/..",
    "/v1/users/me/%2e%2e/labels",
    "/v1/users/me/.%2E/labels",
    "/v1/users/me/%252e%252e/labels",
    "/v1/users/me/%25252e%25252e/labels",
    "/v1/users/me/..;/labels",
    "/v1/users/me/.../labels",
    "/v1/users/me%2Flabels",
    "/v1/users/me%2flabels",
    "/v1/users/me%252Flabels",
    "/v1/users/me%5Clabels",
    "/v1/users/me%255clabels",
    "/v1\\users\\me\\labels",
    "\\\\evil.example\\v1\\users\\me",
    "/\\evil.example/v1/users/me/labels",
    "/v1/users/me/labels\r\nHost: evil.example",
    "/v1/users/me/labels\nX: y",
    "/v1/users/me/labels%0d%0aHost:%20evil.example",
    "/v1/users/me/labels%00",
    "/v1/users/me/labels\x00",
    "/v1/users/me/\tlabels",
    "\t/v1/users/me/labels",
    "/v1/users/me/la bels",
    "/v1/users/me/labels#part",
    "/v1/users/me/labels%u002e%u002e",
    "/v1/users/me/%c0%ae%c0%ae/labels",
    "/v1/users/me/%ff/labels",
    "/v1/users/me/labels%",
    "/v1/users/me//labels",
    "/v1/users/me/labels/",
    "/v1/users/me/labels;jsessionid=1",
    "/v1/users/me/／labels",
    "/v1/users/me/labels\u2028",
    "/v1/users",
    "/v1/users/",
    "/v2/users/me/labels",
    "/gmail/v1/projects/me",
    "/upload/gmail/v1/users/me/messages/send",
    "/batch/gmail/v1",
    "/$discovery/rest",
    "/gmail%2Fv1/users/me/labels",
    "/v1/users/me/labels?access_token=ya29.other",
    "/v1/users/me/labels?alt=media",
    "/v1/users/me/labels?%24httpMethod=DELETE",
    "/v1/users/me/labels?x",
    "/v1/users/me/messages?q=%zz",
]
QUERIES: list[dict[str, Any]] = [
    {"access_token": "ya29.other"},
    {"oauth_token": "x"},
    {"Key": "AIza"},
    {"alt": "proto"},
    {"callback": "f"},
    {"$httpMethod": "DELETE"},
    {"$httpHeaders": "Authorization:Bearer x"},
    {"uploadType": "media"},
    {"q&access_token": "x"},
    {"q": {"a": 1}},
    {"": "x"},
]
HEADERS: list[dict[str, Any]] = [
    {"Authorization": "Bearer other"},
    {"authorization": "Bearer other"},
    {"AUTHORIZATION ": "Bearer other"},
    {"Proxy-Authorization": "x"},
    {"Host": "evil.example"},
    {"Cookie": "NID=1"},
    {"Content-Length": 0},
    {"Transfer-Encoding": "chunked"},
    {"Connection": "close, X-Ticket"},
    {"Upgrade": "h2c"},
    {"Expect": "100-continue"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"X-Http-Method": "DELETE"},
    {"X-Method-Override": "DELETE"},
    {"X_HTTP_Method_Override": "DELETE"},
    {"X-Goog-User-Project": "another"},
    {"X-Goog-Api-Key": "AIza"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Original-URL": "/admin"},
    {"Content-Type": "message/rfc822"},
    {"Accept": "application/x-protobuf"},
    {"X-Ticket": "41\r\nHost: evil.example"},
    {"X-Ticket": "41\nX: y"},
    {"X-Ticket\r\nHost": "evil.example"},
    {"X-Ticket: 1\r\nHost": "evil.example"},
    {"X-Ticket": "\x00"},
    {"X-Ticket": "ä"},
    {"X-Ticket": ["a", "b"]},
    {"X-Ticket": "a", "x-ticket": "b"},
    {"": "x"},
    {"X Ticket": "x"},
]
NEVER_SENT = [
    *(("relative_url", {"relative_url": each}) for each in PATHS),
    *(("query", {"query": each}) for each in QUERIES),
    *(("headers", {"headers": each}) for each in HEADERS),
]


def test_the_table_of_what_is_never_sent_is_long_enough() -> None:
    assert len(NEVER_SENT) >= 100


@pytest.mark.parametrize(("field", "given"), NEVER_SENT, ids=ascii)
def test_what_could_reach_anything_else_is_refused_before_any_call(
    google: RunningSandbox, person: Browser, connect: Connect, field: str, given: dict[str, Any]
) -> None:
    connection = connect()
    for method in ("GET", "POST"):
        refused = _refusal(person, connection, request_type=method, **given)
        assert list(refused.fields) == [field]
    assert google.sandbox.journal.entries() == []


def _refusal(person: Browser, connection: Connection, **given: Any) -> InputRejected:
    """However it is refused: before there is a run, or by the card itself."""
    try:
        error: Exception = failure(run(person, connection, CUSTOM, **given))
    except InputRejected as rejected:
        return rejected
    assert isinstance(error, InputRejected), error
    return error


# ------------------------------------------------------------------ what it needs


def test_a_missing_scope_is_named_before_any_call(google: RunningSandbox, person: Browser, connect: Connect) -> None:
    error = failure(run(person, connect(ADA, SEND), CUSTOM, relative_url="/v1/users/me/messages"))
    assert error.code == "scope.missing"
    assert "gmail.readonly" in error.cause
    assert gmail_calls(google) == []


def test_of_an_unknown_address_google_is_the_judge(google: RunningSandbox, act: Act) -> None:
    error = failure(act("GET", "/v1/users/me/not/yet/known"))
    assert error.code in {"gmail.request_refused", "google.unrecognized_answer"}
    assert len(gmail_calls(google)) == 1


def test_what_google_does_not_allow_a_person_s_token_is_said_as_google_s(google: RunningSandbox, act: Act) -> None:
    body = {"delegateEmail": "ben@acme.example"}
    error = failure(act("POST", "/v1/users/me/settings/delegates", body=body))
    assert "service account" in error.cause.lower()
    assert len(gmail_calls(google)) == 1


def test_another_person_s_mailbox_is_refused_by_google(google: RunningSandbox, act: Act) -> None:
    assert failure(act("GET", "/v1/users/ben@acme.example/messages")).code == "gmail.mailbox_refused"


# ------------------------------------------------------------------ what Google answers


def test_a_refusal_is_told_with_its_status_and_reason(google: RunningSandbox, act: Act) -> None:
    error = failure(act("GET", "/v1/users/me/messages/19e1acd465710c93"))
    assert isinstance(error, UnrecognizedAnswer)
    assert (error.code, error.http_status, error.reason) == ("gmail.request_refused", 404, "notFound")
    assert error.cause.startswith("GET /gmail/v1/users/me/messages/19e1acd465710c93: ")


def test_a_limit_is_told_as_for_every_card(google: RunningSandbox, person: Browser, connect: Connect) -> None:
    connection = connect()
    stage(google, "429", path="/gmail/*")
    assert failure(run(person, connection, CUSTOM)).code == "google.rate_limited"


def test_a_read_whose_answer_is_lost_may_be_asked_again(
    google: RunningSandbox, person: Browser, connect: Connect
) -> None:
    connection = connect()
    stage(google, "reset_after", path="/gmail/*", count=1)
    assert failure(run(person, connection, CUSTOM)).code == "google.unavailable"
    assert len(gmail_calls(google)) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("fault", ["lost", "500", "not json"])
def test_a_write_whose_answer_is_lost_is_unknown_and_is_not_sent_again(
    google: RunningSandbox, settings: Settings, person: Browser, *, connect: Connect, method: str, fault: str
) -> None:
    answers = {
        "lost": answer("200 OK", b"{}", JSON, length=9),
        "500": answer("500 Oops", b"{}"),
        "not json": answer("200 OK", b"<"),
    }
    connection = connect()
    with scripted_gmail(settings, answers[fault]) as gmail:
        settings.GMAIL_READ_SECONDS = 0.5
        ended = run(person, connection, CUSTOM, request_type=method, relative_url="/v1/users/me/drafts/r1")
    error = failure(ended)
    assert isinstance(error, OutcomeUnknown)
    assert error.code == "gmail.request_outcome_unknown"
    assert as_problem(error)["retry"] == "unknown outcome"
    assert "run the card again" in error.remedy
    assert len([each for each in gmail.asked if each.startswith(method)]) == 1


def test_a_message_whose_answer_is_lost_arrives_once(google: RunningSandbox, person: Browser, connect: Connect) -> None:
    connection = connect(ADA, SEND)
    stage(google, "reset_after", path="/gmail/*", count=1)
    raw = base64.urlsafe_b64encode(b"To: ben@acme.example\r\nSubject: By hand\r\n\r\nHi").decode()
    ended = run(
        person, connection, CUSTOM, request_type="POST", relative_url="/v1/users/me/messages/send", body={"raw": raw}
    )
    assert failure(ended).code == "gmail.request_outcome_unknown"
    assert len(received(google, "ben@acme.example", "By hand")) == 1


def test_a_request_whose_process_died_is_not_sent_again(
    google: RunningSandbox, person: Browser, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = _left_behind(person, connect(), monkeypatch, "POST")
    assert failure(ended).code == "gmail.request_outcome_unknown"
    assert gmail_calls(google) == []


def test_a_read_whose_process_died_is_asked_again(
    google: RunningSandbox, person: Browser, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outputs(_left_behind(person, connect(), monkeypatch, "GET"))["status_code"] == 200
    assert len(gmail_calls(google)) == 1


class _Died(BaseException):
    pass


def _left_behind(person: Browser, connection: Connection, monkeypatch: pytest.MonkeyPatch, method: str) -> Run:
    """The run of a process that died at its call, taken over by another."""

    def die(*_args: Any, **_options: Any) -> None:
        raise _Died

    with monkeypatch.context() as patched:
        patched.setattr(GmailClient, "call", die)
        with pytest.raises(_Died):
            run(person, connection, CUSTOM, request_type=method, relative_url="/v1/users/me/drafts")
    step = StepRun.objects.get()
    StepRun.objects.update(lease_until=step.started_at)
    run_due_steps(step.run)
    return Run.objects.get()
