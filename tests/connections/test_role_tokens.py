"""Tokens for somebody's mailbox: what is signed, how long one is kept, what each refusal means, and what is told."""

import base64
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
import time_machine
from pytest_django.fixtures import Settings

from connections.errors import GoogleUnavailable
from connections.google import cloud, delegation
from connections.google.cloud_failures import Asked, cloud_error, jwt_error
from connections.google.failures import TokenError
from connections.models import Connection
from connections.operations import get_delegated_token as module
from connections.operations.get_delegated_token import get_delegated_token
from connections.role_errors import ListingDenied
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from kernel.clock import now
from kernel.errors import ConsoleError
from tests.canary import Sink, search
from tests.connections.roles import ADA, BASIC, BEN, CLEO, ON_BEN, SHARING
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import cloud_calls, requests_to, stage

pytestmark = pytest.mark.django_db
ASKED = Asked(
    what="Listing projects", api="Cloud Resource Manager API", denied=ListingDenied(email=ADA, what="projects")
)


@pytest.fixture
def connection(google: RunningSandbox) -> Connection:
    made = Browser(UserFactory(administrator=True)).connect()
    google.sandbox.journal.clear()
    return made


@pytest.fixture
def later() -> Iterator[Callable[..., None]]:
    with time_machine.travel(now(), tick=True) as traveller:
        yield lambda **delta: traveller.shift(timedelta(**delta))


# ------------------------------------------------------------------ what is signed, and kept


def test_the_claims_are_those_of_the_mailbox_and_end_within_the_hour(
    google: RunningSandbox, connection: Connection, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    signed: list[dict[str, Any]] = []
    real = cloud.call

    def noted(*arguments: Any, **options: Any) -> dict[str, Any]:
        signed.append(json.loads(options["json"]["payload"]))
        return real(*arguments, **options)

    monkeypatch.setattr(delegation, "call", noted)
    get_delegated_token(connection, ON_BEN)
    (claims,) = signed
    assert {name: claims[name] for name in ("iss", "sub", "scope", "aud")} == {
        "iss": SERVICE_ACCOUNT,
        "sub": BEN,
        "scope": f"{BASIC} {SHARING}",
        "aud": settings.GOOGLE_ADDRESSES.google_token_url,
    }
    assert claims["exp"] - claims["iat"] == 3600


def test_the_token_is_the_mailboxs_and_no_key_and_no_client_secret_is_used(
    google: RunningSandbox, connection: Connection
) -> None:
    token = get_delegated_token(connection, ON_BEN)
    with google.sandbox.store.read() as db:
        row = db.execute("SELECT * FROM access_tokens WHERE token = ?", (token.reveal(),)).fetchone()
    assert row["delegated_by"] == SERVICE_ACCOUNT
    (asked,) = requests_to(google, "/token")
    assert "GOCSPX" not in str(asked)


def test_a_token_is_kept_until_it_nearly_ends(
    google: RunningSandbox, connection: Connection, later: Callable[..., None]
) -> None:
    first = get_delegated_token(connection, ON_BEN)
    later(minutes=54)
    assert get_delegated_token(connection, ON_BEN) is first
    later(minutes=2)
    assert get_delegated_token(connection, ON_BEN).reveal() != first.reveal()


def test_a_token_is_kept_for_its_connection_account_mailbox_and_scopes_alone(
    google: RunningSandbox, connection: Connection
) -> None:
    wanted = [ON_BEN, replace(ON_BEN, mailbox=CLEO), replace(ON_BEN, scopes=(BASIC,)), ON_BEN]
    tokens = [get_delegated_token(connection, of).reveal() for of in wanted]
    assert len(set(tokens)) == 3
    assert tokens[0] == tokens[3]
    other = Browser(UserFactory(administrator=True)).connect("Another")
    assert get_delegated_token(other, ON_BEN).reveal() not in tokens


def test_a_refused_token_is_replaced_and_a_newer_one_is_not(google: RunningSandbox, connection: Connection) -> None:
    refused = get_delegated_token(connection, ON_BEN)
    fresh = get_delegated_token(connection, ON_BEN, stale=refused)
    assert fresh.reveal() != refused.reveal()
    assert get_delegated_token(connection, ON_BEN, stale=refused) is fresh


def test_what_has_ended_is_not_kept_in_memory(
    google: RunningSandbox, connection: Connection, later: Callable[..., None]
) -> None:
    for mailbox in (ADA, BEN, CLEO):
        get_delegated_token(connection, replace(ON_BEN, mailbox=mailbox))
    later(minutes=61)
    get_delegated_token(connection, ON_BEN)
    assert [key for key in module._tokens if key[0] == connection.pk] == [(connection.pk, ON_BEN)]


def test_nothing_secret_is_in_a_repr_a_log_an_address_or_an_error(
    google: RunningSandbox, connection: Connection, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assertions: list[str] = []
    real = delegation._post

    def noted(form: dict[str, str]) -> requests.Response:
        assertions.append(form["assertion"])
        return real(form)

    monkeypatch.setattr(delegation, "_post", noted)
    with caplog.at_level(logging.DEBUG):
        token = get_delegated_token(connection, ON_BEN)
    secrets = {token.reveal(), *assertions}
    assert len(secrets) == 2
    seen = f"{token!r} {caplog.text} {google.sandbox.journal.entries()}"
    assert not [secret for secret in secrets if secret in seen]


@pytest.mark.parametrize("staged", ["close_after", "reset_after"])
@pytest.mark.parametrize("path", ["*:signJwt", "/token"])
def test_a_lost_answer_carries_no_request_along(
    google: RunningSandbox, connection: Connection, staged: str, path: str
) -> None:
    """A request that failed holds the token, and error reports follow an exception's context."""
    stage(google, staged, path=path, method="POST", count=1)
    with pytest.raises(GoogleUnavailable) as stopped:
        get_delegated_token(connection, ON_BEN)
    error: BaseException | None = stopped.value
    while error is not None:
        assert not isinstance(error, requests.RequestException)
        error = error.__context__


def test_only_hosts_from_settings_get_a_token(
    google: RunningSandbox, connection: Connection, settings: Settings
) -> None:
    settings.GOOGLE_ADDRESSES = replace(settings.GOOGLE_ADDRESSES, iam_credentials_api_url="http://elsewhere.example")
    with pytest.raises(GoogleUnavailable, match="isn't one that this console may call"):
        get_delegated_token(connection, ON_BEN)
    assert cloud_calls(google) == []


def test_a_redirect_is_not_followed(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = requests.Response()
    answer.status_code, answer._content = 302, b""
    answer.headers["Location"] = "http://elsewhere.example/"
    sent: list[Any] = []

    def once(_session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        sent.append((request.url, options["allow_redirects"]))
        return answer

    monkeypatch.setattr(requests.Session, "send", once)
    token = type("Token", (), {"reveal": lambda _self: "ya29.token"})()
    with pytest.raises(ConsoleError) as stopped:
        cloud.list_projects(lambda **_stale: token, ADA)
    assert stopped.value.code == "google.unrecognized_answer"
    assert [follows for _url, follows in sent] == [False]


# ------------------------------------------------------------------ what a refusal means


def envelope(status: str, *, reason: str = "", message: str = "") -> bytes:
    details = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}] if reason else []
    return json.dumps({"error": {"code": 0, "message": message, "status": status, "details": details}}).encode()


@pytest.mark.parametrize(
    ("status", "content", "code"),
    [
        (403, envelope("PERMISSION_DENIED", reason="IAM_PERMISSION_DENIED"), "role.listing_denied"),
        (403, envelope("PERMISSION_DENIED", message="The caller does not have permission"), "role.listing_denied"),
        (404, envelope("NOT_FOUND", message="Unknown service account"), "role.listing_denied"),
        (403, envelope("PERMISSION_DENIED", reason="SERVICE_DISABLED"), "role.unknown_api_off"),
        (403, envelope("PERMISSION_DENIED", reason="ACCESS_TOKEN_SCOPE_INSUFFICIENT"), "scope.missing"),
        (401, envelope("UNAUTHENTICATED", reason="CREDENTIALS_MISSING"), "google.unavailable"),
        (429, envelope("RESOURCE_EXHAUSTED", reason="RATE_LIMIT_EXCEEDED"), "google.unavailable"),
        (500, b"<html>", "google.unavailable"),
        (503, b"", "google.unavailable"),
        (400, envelope("INVALID_ARGUMENT"), "google.unrecognized_answer"),
        (403, envelope("PERMISSION_DENIED", reason="SECURITY_POLICY_VIOLATED"), "google.unrecognized_answer"),
        (403, b"<html>Forbidden</html>", "google.unrecognized_answer"),
        (403, b'{"error": "odd"}', "google.unrecognized_answer"),
        (403, b'{"error": {"details": "odd", "status": 7}}', "google.unrecognized_answer"),
    ],
)
def test_what_google_cloud_refuses(status: int, content: bytes, code: str) -> None:
    error = cloud_error(status, content, ASKED)
    assert error.code == code
    if code == "google.unrecognized_answer":
        assert str(status) in error.cause
    if code == "scope.missing":
        assert error.cause.endswith("needs cloud-platform, which Google doesn't grant any more.")


def test_an_unknown_reason_is_kept() -> None:
    content = envelope("PERMISSION_DENIED", reason="SECURITY_POLICY_VIOLATED")
    assert "SECURITY_POLICY_VIOLATED" in cloud_error(403, content, ASKED).cause


@pytest.mark.parametrize(
    ("status", "error", "description", "code"),
    [
        (401, "unauthorized_client", "Client is unauthorized to retrieve access tokens", "delegation.missing"),
        (400, "unauthorized_client", "Unauthorized client or scope in request.", "delegation.missing"),
        (400, "invalid_grant", "Invalid email or User ID", "mailbox.unknown"),
        (400, "invalid_grant", "Not a valid email or user ID.", "mailbox.unknown"),
        (400, "invalid_grant", "The account has been deleted", "mailbox.unknown"),
        (400, "invalid_grant", "Invalid grant: account not found", "role.service_account_unknown"),
        (400, "invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)", "role.clock_wrong"),
        (400, "invalid_grant", "Invalid JWT Signature.", "google.unrecognized_answer"),
        (400, "invalid_grant", "Bad Request", "google.unrecognized_answer"),
        (400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.", "google.unrecognized_answer"),
        (400, "access_denied", "Requested client not authorized.", "google.unrecognized_answer"),
        (500, "internal_failure", "Backend Error", "google.unavailable"),
        (429, "", "", "google.unavailable"),
        (200, "", "", "google.unavailable"),
    ],
)
def test_what_the_token_endpoint_refuses(status: int, error: str, description: str, code: str) -> None:
    failure = TokenError(http_status=status, error=error, description=description)
    assert jwt_error(failure, ADA, ON_BEN).code == code


@pytest.mark.parametrize("mailbox", ["hanna@gmail.com", "Hanna@GoogleMail.com"])
def test_a_personal_mailbox_is_no_missing_delegation(mailbox: str) -> None:
    failure = TokenError(http_status=401, error="unauthorized_client")
    assert jwt_error(failure, ADA, replace(ON_BEN, mailbox=mailbox)).code == "mailbox.unknown"


@pytest.mark.parametrize("content", [b"[]", b"{}", b'{"signedJwt": 7}', b"<html>", b"\xff"])
def test_an_answer_without_what_was_asked_for_is_none(
    google: RunningSandbox, connection: Connection, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    answer = requests.Response()
    answer.status_code, answer._content = 200, content
    monkeypatch.setattr(cloud, "_send", lambda *_arguments: answer)
    with pytest.raises(GoogleUnavailable):
        get_delegated_token(connection, ON_BEN)


def test_a_signed_jwt_is_searched_for_by_its_shape() -> None:
    """The canary finds one that nobody wrote down."""
    parts = (
        base64.urlsafe_b64encode(json.dumps(part).encode()) for part in ({"alg": "RS256"}, {"iss": SERVICE_ACCOUNT})
    )
    jwt = b".".join((*(part.rstrip(b"=") for part in parts), b"c2lnbmF0dXJl"))
    assert search([], [Sink(name="log", content=b"x " + jwt)])
