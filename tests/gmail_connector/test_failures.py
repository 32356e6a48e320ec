"""What Gmail's refusals mean: every body of google-facts.md 5, the unknown, and the unreadable."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.errors import ConnectionBlocked, GmailNotEnabled, GoogleUnavailable, RateLimited
from connections.errors import UnrecognizedAnswer as Unrecognized
from connections.scope_errors import ScopeMissing
from flows.cards import AnswerLost
from gmail_connector.asking import Asked
from gmail_connector.client import GmailClient
from gmail_connector.errors import (
    ApiNotEnabled,
    DraftGone,
    HeaderRefused,
    IdRefused,
    MailboxRefused,
    MailboxUnavailable,
    MessageNotFound,
    MessageTooLarge,
    MetadataScopeInTheWay,
    RecipientRequired,
)
from gmail_connector.failures import read
from gmail_connector.mime import encode
from gmail_connector.scopes import COMPOSE, READ_MAIL, READONLY, SEND_MAIL
from gmail_connector.sending import dispatch
from google_sandbox.server import RunningSandbox
from kernel.errors import ConsoleError, Fixer, as_problem, from_stored, to_stored

READING = Asked(
    what="Reading the message",
    email="ada@acme.example",
    needs=READ_MAIL,
    requested=frozenset({READONLY}),
    granted=frozenset(),
    is_write=False,
    field="Message ID",
)
SENDING = Asked(
    what="Sending the message",
    email="ada@acme.example",
    needs=(COMPOSE,),
    requested=frozenset(),
    granted=frozenset(),
    is_write=True,
)
QUOTA = (
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service"
    " 'gmail.googleapis.com' for consumer 'project_number:123'."
)
THROTTLED = "User-rate limit exceeded.  Retry after 2026-11-25T18:18:23.688Z"


def body(
    code: int,
    message: str,
    reason: str | None = None,
    domain: str = "global",
    *,
    status: str | None = None,
    detail: str | None = None,
) -> bytes:
    error: dict[str, Any] = {"code": code, "message": message}
    if reason:
        error["errors"] = [{"message": message, "domain": domain, "reason": reason}]
    if status:
        error["status"] = status
    if detail:
        error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": detail}]
    return json.dumps({"error": error}).encode()


SCOPE = "Request had insufficient authentication scopes."
API_OFF = "Gmail API has not been used in project 12 before or it is disabled."
CASES: list[tuple[int, bytes, type[ConsoleError]]] = [
    (400, body(400, "Mail service not enabled", "failedPrecondition", status="FAILED_PRECONDITION"), GmailNotEnabled),
    (400, body(400, "Mail service not enabled", "failedPrecondition"), GmailNotEnabled),
    (400, body(400, "Precondition check failed.", "failedPrecondition"), MailboxUnavailable),
    (400, body(400, "Precondition check failed.", status="FAILED_PRECONDITION"), MailboxUnavailable),
    (400, body(400, "Some other precondition", "failedPrecondition"), Unrecognized),
    (400, body(400, "Invalid To header", "invalidArgument", status="INVALID_ARGUMENT"), HeaderRefused),
    (400, body(400, "Invalid to header", "invalidArgument"), HeaderRefused),
    (400, body(400, "Recipient address required", "invalidArgument"), RecipientRequired),
    (400, body(400, "Invalid id value", "invalidArgument"), IdRefused),
    (400, body(400, "Invalid thread_id value", "invalidArgument"), Unrecognized),
    (400, body(400, "Bad Request", "badRequest"), Unrecognized),
    (401, body(401, "Invalid Credentials", "authError", status="UNAUTHENTICATED"), GoogleUnavailable),
    (403, body(403, SCOPE, "insufficientPermissions", detail="ACCESS_TOKEN_SCOPE_INSUFFICIENT"), ScopeMissing),
    (403, body(403, SCOPE, detail="ACCESS_TOKEN_SCOPE_INSUFFICIENT"), ScopeMissing),
    (403, body(403, "Insufficient Permission", "insufficientPermissions"), ScopeMissing),
    (403, body(403, "Delegation denied for ada@acme.example", "forbidden"), MailboxRefused),
    (403, body(403, "The domain administrators have disabled Gmail apps.", "domainPolicy"), ConnectionBlocked),
    (403, body(403, API_OFF, "accessNotConfigured", "usageLimits", detail="SERVICE_DISABLED"), ApiNotEnabled),
    (403, body(403, API_OFF, detail="SERVICE_DISABLED"), ApiNotEnabled),
    (403, body(403, QUOTA, "rateLimitExceeded", "usageLimits"), RateLimited),
    (403, body(403, "User Rate Limit Exceeded", "userRateLimitExceeded", "usageLimits"), RateLimited),
    (403, body(403, "Daily Limit Exceeded", "dailyLimitExceeded", "usageLimits"), RateLimited),
    (403, b"<html><title>403</title>User Rate Limit Exceeded</html>", RateLimited),
    (403, body(403, "Metadata scope does not support 'q' parameter", "forbidden"), MetadataScopeInTheWay),
    (403, body(403, "Metadata scope doesn't allow format FULL", "forbidden"), MetadataScopeInTheWay),
    (403, body(403, "Something new", "forbidden"), Unrecognized),
    (403, b"<html>Forbidden</html>", Unrecognized),
    (404, b"<html>Not Found</html>", Unrecognized),
    (404, body(404, "Requested entity was not found.", "notFound", status="NOT_FOUND"), MessageNotFound),
    (409, body(409, "Label name exists or conflicts", "aborted"), Unrecognized),
    (413, body(413, "Request Entity Too Large", "uploadTooLarge"), MessageTooLarge),
    (429, body(429, THROTTLED, "rateLimitExceeded"), RateLimited),
    (429, body(429, "Resource has been exhausted (e.g. check quota).", "rateLimitExceeded"), RateLimited),
    (429, b"Too many", RateLimited),
]


@pytest.mark.parametrize(("status", "content", "meaning"), CASES)
def test_a_refusal_means_what_google_means(status: int, content: bytes, meaning: type[ConsoleError]) -> None:
    for asked in (READING, SENDING):
        error = read(status, content, asked)
        if asked.field or meaning not in {IdRefused, MessageNotFound}:
            assert type(error) is meaning


@pytest.mark.parametrize(("status", "content", "_meaning"), CASES)
def test_every_meaning_can_be_stored_and_shown(status: int, content: bytes, _meaning: type[ConsoleError]) -> None:
    error = read(status, content, READING)
    assert isinstance(error, ConsoleError)
    assert as_problem(from_stored(to_stored(error))) == as_problem(error)
    assert error.remedy.endswith(".")
    assert "{" not in error.cause + error.remedy


@pytest.mark.parametrize("status", [302, 307, 408, 499, 500, 502, 503, 504])
def test_after_these_a_write_may_have_been_carried_out(status: int) -> None:
    content = body(status, "Backend Error", "backendError")
    assert isinstance(read(status, content, SENDING), AnswerLost)
    assert isinstance(read(status, content, READING), GoogleUnavailable)


@given(status=st.integers(300, 599), content=st.binary(max_size=200))
def test_no_answer_is_beyond_reading(status: int, content: bytes) -> None:
    assert isinstance(read(status, content, READING), ConsoleError)
    assert isinstance(read(status, content, SENDING), ConsoleError | AnswerLost)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["error", "errors", "details", "reason", "message", "status"]), inner)
        ),
        max_leaves=12,
    )
)
def test_no_json_is_beyond_reading(content: object) -> None:
    for status in (400, 401, 403, 404, 413, 429):
        assert isinstance(read(status, json.dumps(content).encode(), READING), ConsoleError)


def test_google_says_until_when() -> None:
    error = read(429, body(429, f"{THROTTLED} (Mail sending)", "rateLimitExceeded"), SENDING)
    assert isinstance(error, RateLimited)
    assert error.retry_at == datetime(2026, 11, 25, 18, 18, 23, 688000, UTC)
    assert "limit for sending mail" in error.cause


@pytest.mark.parametrize("when", ["soon", "2026-99-99T18:18:23.688Z", ""])
def test_a_time_that_cannot_be_read_is_none(when: str) -> None:
    error = read(429, body(429, f"User-rate limit exceeded.  Retry after {when}", "rateLimitExceeded"), SENDING)
    assert isinstance(error, RateLimited)
    assert error.retry_at is None


def test_the_header_that_was_refused_is_named() -> None:
    error = read(400, body(400, "Invalid Cc header", "invalidArgument"), SENDING)
    assert isinstance(error, HeaderRefused)
    assert error.field == "Cc"


def test_a_missing_scope_says_which_would_do_and_whether_it_was_asked_for() -> None:
    content = body(403, SCOPE, "insufficientPermissions")
    reading, sending = read(403, content, READING), read(403, content, SENDING)
    assert isinstance(reading, ScopeMissing)
    assert isinstance(sending, ScopeMissing)
    assert (reading.scopes, reading.withheld) == (["gmail.readonly"], True)
    assert (sending.scopes, sending.withheld) == (["gmail.compose"], False)


def test_a_scope_that_was_granted_and_is_refused_was_taken_back() -> None:
    shrunk = read(403, body(403, SCOPE, "insufficientPermissions"), replace(READING, granted=frozenset({READONLY})))
    assert isinstance(shrunk, ScopeMissing)
    assert shrunk.cause == "Reading the message needs gmail.readonly, which Google doesn't grant any more."


def test_who_can_mend_it() -> None:
    api_off = read(403, body(403, API_OFF, "accessNotConfigured", "usageLimits"), READING)
    policy = read(403, body(403, "x", "domainPolicy"), READING)
    assert isinstance(api_off, ConsoleError)
    assert isinstance(policy, ConsoleError)
    assert api_off.fixer is Fixer.CLOUD_PROJECT_ADMINISTRATOR
    assert policy.fixer is Fixer.WORKSPACE_ADMINISTRATOR


def test_of_an_unknown_refusal_the_reason_is_kept_and_nothing_else() -> None:
    secret = "Base64 decoding failed for SGVsbG8gQmVuLCB0aGUgc2FsYXJ5IGlz"
    error = read(400, body(400, secret, "someNewReason\x1b[31m"), SENDING)
    assert isinstance(error, Unrecognized)
    assert error.reason == "someNewReason[31m"
    assert "SGVsbG8" not in error.cause


# ------------------------------------------------------------------ as the sandbox says them


def raw(text: str) -> dict[str, str]:
    return {"raw": encode(text.replace("\n", "\r\n").encode())}


def refusal(client: GmailClient, user: str = "me", field: str = "", **body: Any) -> ConsoleError:
    request = client.users("messages").send(userId=user, body=body)
    with pytest.raises(ConsoleError) as raised:
        client.call("Sending the message", request, needs=SEND_MAIL, field=field)
    return raised.value


@pytest.mark.django_db
def test_the_sandbox_refuses_messages_in_these_words(client: GmailClient) -> None:
    assert isinstance(refusal(client, **raw("Subject: Hi\n\nHi")), RecipientRequired)
    header = refusal(client, **raw("To: ben@\nSubject: Hi\n\nHi"))
    assert isinstance(header, HeaderRefused)
    assert header.field == "To"
    assert isinstance(refusal(client, user="ben@acme.example", **raw("To: ben@acme.example\n\nHi")), MailboxRefused)
    assert isinstance(refusal(client, **raw(f"To: ben@acme.example\n\n{'x' * 36_700_161}")), MessageTooLarge)
    unknown = refusal(client, **raw("To: ben@acme.example\n\nHi"), threadId="not-hex")
    assert isinstance(unknown, Unrecognized)
    assert unknown.reason == "invalidArgument"


@pytest.mark.django_db
def test_the_sandbox_refuses_a_draft_that_is_gone(client: GmailClient) -> None:
    with pytest.raises(DraftGone):
        dispatch(client, "r1234567890 19e1acd465710c93", b"")


@pytest.mark.django_db
def test_the_sandbox_refuses_a_mailbox_that_is_none(google: RunningSandbox, client: GmailClient) -> None:
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE access_tokens SET sub = (SELECT sub FROM accounts WHERE kind = 'service_account')")
    assert isinstance(refusal(client, **raw("To: ben@acme.example\n\nHi")), MailboxUnavailable)
