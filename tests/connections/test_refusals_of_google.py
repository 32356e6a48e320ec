"""What Google's refusals of a consent, a code and a refresh mean: what mends each, who can, and what is kept."""

from dataclasses import replace
from datetime import timedelta

import pytest
import requests
import time_machine
from django.conf import settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from connections.errors import (
    ClientRejected,
    ConsentDenied,
    ConsentRefused,
    ExchangeRefused,
    GoogleUnavailable,
    GrantEnded,
    UnrecognizedAnswer,
)
from connections.google.errors import (
    AccountGone,
    AccountNotAllowed,
    AppNotTrusted,
    BrowserRefused,
    GrantRanOut,
    ScopeRefused,
    SessionEnded,
)
from connections.google.failures import Refreshing, TokenError, callback_error, exchange_error, no_answer, refresh_error
from connections.models import Connection
from connections.operations.get_access_token import get_access_token
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from kernel.errors import ConsoleError, Fixer
from kernel.http import ForbiddenAddress
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import requests_to, stage

ADA = Refreshing(nickname="Payroll", email="ada@acme.example", client_id=settings.GOOGLE_CLIENT_ID)


@pytest.fixture
def ada(db: None, google: RunningSandbox) -> Browser:
    return Browser(UserFactory(administrator=True))


def kept(ada: Browser) -> str:
    """The code of what an authorization ended with."""
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt))
    attempt.refresh_from_db()
    assert attempt.failure is not None
    return str(attempt.failure["code"])


# ------------------------------------------------------------------ at the callback


@pytest.mark.parametrize(
    ("error", "meaning", "fixer"),
    [
        ("access_denied", ConsentDenied, Fixer.YOU),
        ("admin_policy_enforced", ConsentRefused, Fixer.WORKSPACE_ADMINISTRATOR),
        ("access_not_configured", ConsentRefused, Fixer.WORKSPACE_ADMINISTRATOR),
        ("org_internal", AccountNotAllowed, Fixer.YOU),
        ("disallowed_useragent", BrowserRefused, Fixer.YOU),
        ("invalid_scope", ScopeRefused, Fixer.YOU),
    ],
)
def test_an_error_in_the_redirect(
    google: RunningSandbox, ada: Browser, error: str, meaning: type[ConsoleError], fixer: Fixer
) -> None:
    found = callback_error(error)
    assert (type(found), found.fixer, found.reauthorizing_helps) == (meaning, fixer, False)
    stage(google, "redirect_error", value=error, count=1)
    assert kept(ada) == meaning.code
    assert requests_to(google, "/token") == []
    assert not Connection.objects.exists()


@pytest.mark.parametrize("error", ["", "temporarily_unavailable", "something_new"])
def test_an_error_nobody_knows(error: str) -> None:
    found = callback_error(error)
    assert type(found) is ConsentRefused
    assert "doesn't know" in found.cause
    assert not error or error not in found.cause


def test_a_page_of_googles_own_leads_nowhere_and_the_authorization_expires(
    google: RunningSandbox, ada: Browser
) -> None:
    stage(google, "internal_client", value="other.example")
    attempt = ada.ask()
    with pytest.raises(Exception, match="403"):
        ada.consent(attempt)
    with time_machine.travel(now() + timedelta(minutes=11)):
        ada.client.force_login(ada.user)
        page = ada.client.get(reverse("authorization", args=[attempt.pk]))
    assert page.context["error"].code == "consent.expired"


def test_a_clock_that_goes_wrong(google: RunningSandbox, ada: Browser) -> None:
    """The id token is not valid yet: the console's settings and clock are the operator's."""
    stage(google, "id_token:early", value=3_600, count=1)
    assert kept(ada) == "consent.identity_rejected"
    assert not Connection.objects.exists()


# ------------------------------------------------------------------ at the exchange


@pytest.mark.parametrize(
    ("failure", "meaning"),
    [
        (TokenError(http_status=400, error="invalid_grant"), ExchangeRefused),
        (TokenError(http_status=400, error="redirect_uri_mismatch"), ExchangeRefused),
        (TokenError(http_status=401, error="invalid_client"), ClientRejected),
        (TokenError(http_status=401, error="unauthorized_client"), ClientRejected),
        (TokenError(http_status=401, error="deleted_client"), ClientRejected),
        (TokenError(http_status=400, error="admin_policy_enforced"), ConsentRefused),
        (TokenError(http_status=400, error="invalid_scope"), ScopeRefused),
        (TokenError(http_status=500, error="internal_failure"), GoogleUnavailable),
        (TokenError(http_status=429, error="rate_limit_exceeded"), GoogleUnavailable),
        (TokenError(http_status=403, error=""), GoogleUnavailable),
    ],
)
def test_a_refused_code(failure: TokenError, meaning: type[ConsoleError]) -> None:
    assert type(exchange_error(failure)) is meaning


# ------------------------------------------------------------------ at a refresh


@pytest.mark.parametrize(
    ("failure", "meaning"),
    [
        (TokenError(http_status=400, error="invalid_grant", description="Bad Request"), GrantEnded),
        (TokenError(http_status=400, error="invalid_grant", subtype="invalid_rapt"), SessionEnded),
        (TokenError(http_status=400, error="invalid_grant", subtype="rapt_required"), SessionEnded),
        (
            TokenError(http_status=400, error="invalid_grant", description="reauth related error (invalid_rapt)"),
            SessionEnded,
        ),
        (TokenError(http_status=400, error="invalid_grant", description="Account has been deleted"), AccountGone),
        (TokenError(http_status=400, error="invalid_grant", description="The account has been deleted"), AccountGone),
        (TokenError(http_status=400, error="access_denied", description="Account restricted"), AccountGone),
        (TokenError(http_status=400, error="access_denied"), UnrecognizedAnswer),
        (TokenError(http_status=400, error="admin_policy_enforced"), AppNotTrusted),
        (TokenError(http_status=401, error="invalid_client"), ClientRejected),
        (TokenError(http_status=401, error="unauthorized_client"), ClientRejected),
        (TokenError(http_status=401, error="deleted_client"), ClientRejected),
        (TokenError(http_status=503, error="temporarily_unavailable"), GoogleUnavailable),
        (TokenError(http_status=500, error="invalid_request"), GoogleUnavailable),
        (TokenError(http_status=403, error=""), GoogleUnavailable),
        (TokenError(http_status=400, error="invalid_scope"), UnrecognizedAnswer),
    ],
)
def test_a_refused_refresh(failure: TokenError, meaning: type[ConsoleError]) -> None:
    assert type(refresh_error(failure, ADA)) is meaning


@pytest.mark.parametrize(
    ("left", "meaning"),
    [(timedelta(days=-30), GrantRanOut), (timedelta(minutes=4), GrantRanOut), (timedelta(minutes=6), GrantEnded)],
)
def test_the_end_that_was_known_is_said(left: timedelta, meaning: type[ConsoleError]) -> None:
    ends_at = now() + left
    of = replace(ADA, ends_at=ends_at)
    error = refresh_error(TokenError(http_status=400, error="invalid_grant"), of)
    assert type(error) is meaning
    assert (f"{ends_at:%H:%M} UTC" in error.cause) == (meaning is GrantRanOut)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("close_after", "the connection ended before an answer came"),
        ("half_answer", "the answer broke off"),
        ("token_endpoint:oversized", "the answer was longer than this console reads"),
        ("token_endpoint:garbage", "the answer lacks"),
    ],
)
def test_an_answer_that_never_came_whole_is_put_in_words(
    google: RunningSandbox, ada: Browser, fault: str, words: str
) -> None:
    connection = ada.connect()
    stage(google, fault, path="/token" if "_" in fault and ":" not in fault else None)
    with time_machine.travel(now() + timedelta(hours=1)), pytest.raises(GoogleUnavailable) as raised:
        get_access_token(connection)
    assert words in raised.value.cause
    assert "Error" not in raised.value.cause


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ConnectTimeout(), "in time"),
        (requests.ReadTimeout(), "in time"),
        (ForbiddenAddress(), "may call"),
        (ValueError(), "can be read"),
    ],
)
def test_what_else_can_break_is_put_in_words(error: Exception, words: str) -> None:
    assert words in no_answer("Asking", error).cause


def test_session_control_says_that_it_comes_back_and_who_can_end_it() -> None:
    error = refresh_error(TokenError(http_status=400, error="invalid_grant", subtype="invalid_rapt"), ADA)
    assert error.reauthorizing_helps
    assert "over again" in error.cause
    assert "Workspace administrator to exempt" in error.remedy


@given(status=st.integers(400, 599), error=st.text(max_size=200), subtype=st.text(), description=st.text())
def test_no_refusal_is_beyond_reading(status: int, error: str, subtype: str, description: str) -> None:
    failure = TokenError(http_status=status, error=error, subtype=subtype, description=description)
    for found in (refresh_error(failure, ADA), exchange_error(failure)):
        assert isinstance(found, ConsoleError)
        assert len(found.cause) < 600
