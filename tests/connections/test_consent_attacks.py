"""Every attack of security.md (Consent): no token request, nothing changed, one audit entry, one neutral page."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from access.models import AuditEntry, RoleAssignment, User
from connections.models import Connection, ConsentAttempt, Credential, Grant
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.consents import CALLBACK, Browser
from tests.factories import UserFactory
from tests.staged_google import requests_to, stage
from vault.models import DataKey

pytestmark = pytest.mark.django_db
Parameters = dict[str, list[str]]


@pytest.fixture
def victim() -> Browser:
    return Browser(UserFactory(administrator=True))


@pytest.fixture
def attacker() -> Browser:
    return Browser(UserFactory(administrator=True))


def without_state(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    return victim.come_back({name: values for name, values in answer.items() if name != "state"})


def random_state(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    return victim.come_back(answer | {"state": ["never-made-by-us"]})


def another_persons_state(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    """Cross-user session fixation: the attacker starts, the victim ends."""
    planted = attacker.consent(attacker.ask("Planted"), "gus@other.example")
    return victim.come_back(planted)


def expired(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    with time_machine.travel(now() + timedelta(minutes=10, seconds=1), tick=False):
        victim.client.force_login(victim.user)
        return victim.come_back(answer)


def another_browser(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    return Browser(victim.user).come_back(answer)


def wrong_issuer(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    return victim.come_back(answer | {"iss": ["https://accounts.attacker.example"]})


def two_issuers(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    return victim.come_back(answer | {"iss": [answer["iss"][0], "https://accounts.attacker.example"]})


def two_codes(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    return victim.come_back(answer | {"code": [answer["code"][0], "4/0Another-code"]})


def two_states(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    return victim.come_back(answer | {"state": [answer["state"][0], "other"]})


def two_errors(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    changed = {name: values for name, values in answer.items() if name != "code"}
    return victim.come_back(changed | {"error": ["access_denied", "access_denied"]})


def neither_code_nor_error(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    return victim.come_back({name: values for name, values in answer.items() if name != "code"})


def error_from_a_wrong_issuer(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    return victim.come_back({"state": answer["state"], "error": ["access_denied"], "iss": ["https://other.example"]})


def forged_cookie(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    for name in [each for each in victim.client.cookies if "consent" in each]:
        victim.client.cookies[name] = "guessed"
    return victim.come_back(answer)


def cookie_of_another_attempt(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    (name,) = [each for each in victim.client.cookies if "consent" in each]
    victim.leave(victim.ask("Other"))
    (other,) = [each for each in victim.client.cookies if "consent" in each and each != name]
    victim.client.cookies[name] = victim.client.cookies[other].value
    return victim.come_back(answer)


def code_in_brackets(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    changed = {name: values for name, values in answer.items() if name != "code"}
    return victim.come_back(changed | {"code[]": answer["code"]})


def code_and_error(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    return victim.come_back(answer | {"error": ["access_denied"]})


def other_person_signed_in(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    victim.client.force_login(attacker.user)
    return victim.come_back(answer)


def signed_out(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    cookies = {name: cookie.value for name, cookie in victim.client.cookies.items() if "consent" in name}
    victim.client = Client()
    victim.client.cookies.load(cookies)
    return victim.come_back(answer)


def role_removed(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    RoleAssignment.objects.filter(user=victim.user).delete()
    return victim.come_back(answer)


def made_inactive(victim: Browser, attacker: Browser, answer: Parameters) -> HttpResponse:
    User.objects.filter(pk=victim.user.pk).update(is_active=False)
    return victim.come_back(answer)


ATTACKS = [
    without_state,
    random_state,
    another_persons_state,
    expired,
    another_browser,
    wrong_issuer,
    two_issuers,
    two_codes,
    two_states,
    two_errors,
    neither_code_nor_error,
    error_from_a_wrong_issuer,
    forged_cookie,
    cookie_of_another_attempt,
    code_in_brackets,
    code_and_error,
    other_person_signed_in,
    signed_out,
    role_removed,
    made_inactive,
]


def _counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Connection, Grant, Credential))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_changes_nothing_and_asks_google_nothing(
    attack: Callable[[Browser, Browser, Parameters], HttpResponse],
    google: RunningSandbox,
    victim: Browser,
    attacker: Browser,
) -> None:
    answer = victim.consent(victim.ask())
    before, entries = _counts(), AuditEntry.objects.filter(event="authorization.rejected").count()

    response = attack(victim, attacker, answer)

    assert requests_to(google, "/token") == []
    assert _counts() == before
    assert response.status_code == 303
    assert response.headers["Location"] == reverse("consent_mismatch")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response.headers["Cache-Control"]
    assert response.content == b""
    assert AuditEntry.objects.filter(event="authorization.rejected").count() == entries + 1
    assert not ConsentAttempt.objects.filter(user=victim.user).exclude(used_at=None).exists()


def test_a_used_answer_is_refused_the_second_time(google: RunningSandbox, victim: Browser) -> None:
    answer = victim.consent(victim.ask())
    assert "mismatch" not in victim.come_back(answer).headers["Location"]
    before = _counts()

    response = victim.come_back(answer)

    assert response.headers["Location"] == reverse("consent_mismatch")
    assert len(requests_to(google, "/token")) == 1
    assert _counts() == before
    assert AuditEntry.objects.filter(event="authorization.rejected").count() == 1


def test_the_neutral_page_is_the_same_for_everybody(victim: Browser) -> None:
    page = Client().get(reverse("consent_mismatch"))
    assert page.status_code == 400
    assert b"belong" in page.content


@pytest.mark.parametrize(
    "forgery", ["nonce", "aud", "iss", "exp", "alg_none", "other_key", "no_sub", "email_unverified"]
)
def test_a_forged_id_token_saves_nothing(forgery: str, google: RunningSandbox, victim: Browser) -> None:
    stage(google, f"id_token:{forgery}", count=1)
    attempt = victim.ask()
    before = _counts()

    victim.come_back(victim.consent(attempt))

    attempt.refresh_from_db()
    assert attempt.outcome == "failed"
    assert attempt.failure is not None
    assert attempt.failure["code"] == "consent.identity_rejected"
    assert _counts() == before
    assert not DataKey.objects.exists()
    assert AuditEntry.objects.filter(event="authorization.failed").count() == 1
    # Whose grant it is nobody knows, so it may be a living sibling's: nothing is revoked.
    assert requests_to(google, "/revoke") == []


@pytest.mark.parametrize("method", ["post", "put", "delete", "head"])
def test_the_callback_takes_nothing_but_googles_redirect(method: str, google: RunningSandbox, victim: Browser) -> None:
    answer = victim.consent(victim.ask())
    response = getattr(victim.client, method)(f"{CALLBACK}?{urlencode(answer, doseq=True)}")
    assert response.status_code == 405
    assert requests_to(google, "/token") == []
    assert "mismatch" not in victim.come_back(answer).headers["Location"]


def test_a_rejected_answer_leaves_the_attempt_for_its_own_answer(google: RunningSandbox, victim: Browser) -> None:
    answer = victim.consent(victim.ask())
    wrong_issuer(victim, victim, answer)
    assert "mismatch" not in victim.come_back(answer).headers["Location"]
    assert Connection.objects.count() == 1


def test_a_second_start_ends_the_first(google: RunningSandbox, victim: Browser) -> None:
    attempt = victim.ask()
    first = victim.consent(attempt)
    victim.client.post(f"/connections/authorizations/{attempt.pk}/")

    assert "mismatch" in victim.come_back(first).headers["Location"]
    assert requests_to(google, "/token") == []


def test_another_persons_authorization_is_not_there(google: RunningSandbox, victim: Browser, attacker: Browser) -> None:
    response = attacker.client.get(f"/connections/authorizations/{victim.ask().pk}/")
    assert response.status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:9", "console.evil.example:8000", "[::1]:8000"])
@pytest.mark.parametrize("header", ["HTTP_HOST", "HTTP_X_FORWARDED_HOST", "HTTP_X_HOST", "HTTP_FORWARDED"])
def test_the_redirect_uri_never_follows_a_header(
    header: str, host: str, google: RunningSandbox, victim: Browser
) -> None:
    attempt = victim.ask()
    response = victim.client.get(f"/connections/authorizations/{attempt.pk}/", **{header: host})  # type: ignore[arg-type]
    if response.status_code == 200:
        assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fconnections%2Fcallback%2Fgoogle%2F" in str(
            response.context["google_url"]
        )
    else:
        assert response.status_code in {302, 400}
        assert "evil" not in response.headers.get("Location", "")
