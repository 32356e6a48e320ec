"""Id token, certificates, userinfo, and how an API refuses a caller it does not know (rows 16, 30, 33)."""

import base64
import hashlib
from typing import Any

import pytest
import requests
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.consenting import (
    CLIENT_ID,
    EMAIL,
    OPENID,
    PROFILE,
    READONLY,
    TIMEOUT,
    authorized,
    grant,
)
from tests.google_sandbox.fidelity import rows

WHO = (OPENID, EMAIL, PROFILE)
GMAIL_PROFILE = "/gmail/v1/users/me/profile"


def claims_of(origin: str, token: str) -> dict[str, Any]:
    """As the console verifies it: Google's own library against the certificates."""
    return dict(id_token.verify_token(token, Request(), CLIENT_ID, f"{origin}/oauth2/v1/certs"))


def userinfo(origin: str, path: str, token: str) -> dict[str, Any]:
    answer = requests.get(f"{origin}{path}", headers=authorized(token), timeout=TIMEOUT)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@rows.row(16)
def test_id_token_is_signed_and_says_who_for_whom_and_when(origin: str) -> None:
    tokens = grant(origin, "ada@acme.example", (*WHO, READONLY), nonce="a-nonce")
    claims = claims_of(origin, tokens["id_token"])
    digest = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["iss"] == origin
    assert claims["aud"] == claims["azp"] == CLIENT_ID
    assert len(claims["sub"]) == 21
    assert claims["email"] == "ada@acme.example"
    assert claims["email_verified"] is True
    assert claims["hd"] == "acme.example"
    assert claims["nonce"] == "a-nonce"
    assert claims["at_hash"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert claims["exp"] - claims["iat"] == 3599


def test_subject_is_the_same_after_a_reset(sandbox: RunningSandbox) -> None:
    first = claims_of(sandbox.origin, grant(sandbox.origin, "ben@acme.example", WHO)["id_token"])
    sandbox.sandbox.reset()
    again = claims_of(sandbox.origin, grant(sandbox.origin, "ben@acme.example", WHO)["id_token"])
    assert first["sub"] == again["sub"]


def test_both_forms_of_the_keys_name_the_same_key(origin: str) -> None:
    pem = requests.get(f"{origin}/oauth2/v1/certs", timeout=TIMEOUT)
    jwks = requests.get(f"{origin}/oauth2/v3/certs", timeout=TIMEOUT).json()
    assert list(pem.json()) == [key["kid"] for key in jwks["keys"]]
    assert "max-age=" in pem.headers["Cache-Control"]


def test_configuration_names_endpoints_of_this_origin(origin: str) -> None:
    configuration = requests.get(f"{origin}/.well-known/openid-configuration", timeout=TIMEOUT).json()
    assert configuration["issuer"] == origin
    for name, value in configuration.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith(f"{origin}/")


@rows.row(30)
@pytest.mark.parametrize(
    ("account", "domain"),
    [("ada@acme.example", "acme.example"), ("hanna@gmail.com", None), ("jo@private.test", None)],
)
def test_hosted_domain_is_there_for_workspace_accounts_only(origin: str, account: str, domain: str | None) -> None:
    tokens = grant(origin, account, WHO)
    for path in ("/v1/userinfo", "/oauth2/v3/userinfo"):
        said = userinfo(origin, path, tokens["access_token"])
        assert said.get("hd") == domain
        assert said["email"] == account
        assert said["email_verified"] is True
        assert said["sub"] == claims_of(origin, tokens["id_token"])["sub"]
    older = userinfo(origin, "/oauth2/v2/userinfo", tokens["access_token"])
    assert older["id"] == said["sub"]
    assert older["verified_email"] is True
    assert older.get("hd") == domain
    assert "sub" not in older
    assert claims_of(origin, tokens["id_token"]).get("hd") == domain


@rows.row(30)
def test_userinfo_without_profile_has_no_name(origin: str) -> None:
    token = grant(origin, "hanna@gmail.com", (OPENID, EMAIL))["access_token"]
    assert set(userinfo(origin, "/v1/userinfo", token)) == {"sub", "email", "email_verified"}


@rows.row(33)
@pytest.mark.parametrize("path", [GMAIL_PROFILE, "/oauth2/v2/userinfo"])
def test_api_refuses_a_bad_token(origin: str, path: str) -> None:
    answer = requests.get(f"{origin}{path}", headers=authorized("garbage"), timeout=TIMEOUT)
    error = answer.json()["error"]
    assert answer.status_code == error["code"] == 401
    assert error["status"] == "UNAUTHENTICATED"
    assert error["message"].startswith("Request had invalid authentication credentials.")
    assert error["errors"] == [
        {
            "message": "Invalid Credentials",
            "domain": "global",
            "reason": "authError",
            "location": "Authorization",
            "locationType": "header",
        }
    ]
    assert answer.headers["WWW-Authenticate"] == ('Bearer realm="https://accounts.google.com/", error="invalid_token"')


@rows.row(33)
def test_api_refuses_an_expired_token(sandbox: RunningSandbox) -> None:
    token = grant(sandbox.origin, "ada@acme.example", (*WHO, READONLY))["access_token"]
    sandbox.sandbox.clock.offset = 3600
    answer = requests.get(f"{sandbox.origin}{GMAIL_PROFILE}", headers=authorized(token), timeout=TIMEOUT)
    assert answer.status_code == 401
    assert answer.json()["error"]["errors"][0]["reason"] == "authError"


@rows.row(33)
def test_api_refuses_a_call_without_a_token(origin: str) -> None:
    answer = requests.get(f"{origin}{GMAIL_PROFILE}", timeout=TIMEOUT)
    error = answer.json()["error"]
    assert answer.status_code == 401
    assert error["status"] == "UNAUTHENTICATED"
    assert error["errors"][0]["reason"] == "required"
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="https://accounts.google.com/"'


def test_userinfo_refuses_in_the_flat_form(origin: str) -> None:
    answer = requests.get(f"{origin}/v1/userinfo", headers=authorized("garbage"), timeout=TIMEOUT)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_request"
