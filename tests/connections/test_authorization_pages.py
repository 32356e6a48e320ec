"""The pages of an authorization: leaving for Google, waiting, and how it went."""

from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django.fixtures import Settings

from connections.errors import ConsentExpired, ExchangeRefused
from connections.models import ConsentAttempt, Policy
from connections.operations.expire_attempts import expire_attempts
from connections.operations.finish_consent import binding_cookie
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.staged_google import requests_to, stage

pytestmark = pytest.mark.django_db
READONLY = "https://www.googleapis.com/auth/gmail.readonly"


@pytest.fixture
def ada() -> Browser:
    return Browser(UserFactory(administrator=True))


def page_of(browser: Browser, attempt: ConsentAttempt) -> HttpResponse:
    return browser.client.get(reverse("authorization", args=[attempt.pk]))  # type: ignore[return-value]


def text_of(browser: Browser, attempt: ConsentAttempt) -> str:
    return page_of(browser, attempt).content.decode()


# ------------------------------------------------------------------ leaving


def test_it_leaves_from_a_page_with_a_link_and_never_by_redirect(google: RunningSandbox, ada: Browser) -> None:
    response = page_of(ada, ada.ask())
    page = response.content.decode()
    assert response.status_code == 200
    assert f'<meta http-equiv="refresh" content="0; url={google.origin}/o/oauth2/v2/auth?' in page
    assert "Continue to Google</a>" in page
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["Referrer-Policy"] == "same-origin"


def test_the_binding_cookie_is_for_the_server_alone_and_ten_minutes(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    cookie = page_of(ada, attempt).cookies[binding_cookie(attempt)]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"], cookie["path"]) == (True, "Lax", 600, "/")


def test_the_cookie_goes_when_the_answer_has_come(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    response = ada.come_back(ada.consent(attempt))
    assert response.cookies[binding_cookie(attempt)]["max-age"] == 0


def test_google_is_asked_with_everything_that_binds_the_answer(google: RunningSandbox, ada: Browser) -> None:
    url = ada.leave(ada.ask())
    for part in (
        "response_type=code",
        "access_type=offline",
        "prompt=consent+select_account",
        "code_challenge_method=S256",
        "state=",
        "nonce=",
        "code_challenge=",
    ):
        assert part in url
    assert "include_granted_scopes" not in url
    assert "login_hint" not in url


def test_nothing_that_binds_is_kept_in_clear(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    url = ada.leave(attempt)
    attempt.refresh_from_db()
    state = url.split("state=")[1].split("&")[0]
    nonce = url.split("nonce=")[1].split("&")[0]
    kept = repr([getattr(attempt, field.attname) for field in attempt._meta.get_fields() if hasattr(field, "attname")])
    secret = ada.client.cookies[binding_cookie(attempt)].value
    assert not [value for value in (state, nonce, secret) if value in kept]


def test_signed_out_it_asks_to_sign_in_and_comes_back(ada: Browser) -> None:
    page = reverse("authorization", args=[ada.ask().pk])
    assert Client().get(page).headers["Location"] == f"/accounts/login/?next={page}"


def test_one_that_nobody_opens_ends_after_an_hour(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    with time_machine.travel(now() + timedelta(minutes=60, seconds=1)):
        ada.client.force_login(ada.user)
        page = text_of(ada, attempt)
    assert "The authorization took too long" in page
    assert google.origin not in page.split('id="main"')[1]


def test_a_policy_narrowed_after_the_request_holds_at_the_way_out(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask(scopes=("gmail.send",))
    Policy.objects.update_or_create(pk=1, defaults={"scope_ceiling": ["gmail.readonly"]})
    response = page_of(ada, attempt)
    assert response.status_code == 422
    assert "gmail.send" in response.content.decode()
    attempt.refresh_from_db()
    assert attempt.started_at is None


# ------------------------------------------------------------------ waiting


def test_while_google_is_asked_it_says_so_and_how_to_go_on(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    ada.leave(attempt)
    page = text_of(ada, attempt)
    assert "Waiting for Google’s answer" in page
    assert "invalid_scope" in page
    assert "Continue to Google again" in page
    assert f"?attempt={attempt.pk}" in page


def test_going_on_again_works_and_ends_in_a_connection(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    ada.leave(attempt)
    response = ada.client.post(reverse("authorization", args=[attempt.pk]))
    assert response.context["google_url"].startswith(google.origin)


def test_too_late_it_names_googles_own_error_pages_as_a_likely_cause(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask(scopes=("gmail.readonly", "gmail.send"))
    ada.leave(attempt)
    with time_machine.travel(now() + timedelta(minutes=10, seconds=1)):
        ada.client.force_login(ada.user)
        page = text_of(ada, attempt)
        assert ada.client.post(reverse("authorization", args=[attempt.pk])).context.get("google_url") is None
    assert "The authorization took too long" in page
    assert "invalid_scope" in page
    assert "gmail.send" in page
    assert f"?attempt={attempt.pk}" in page


def test_the_api_says_the_same(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    url = f"/api/v1/connections/authorizations/{attempt.pk}"
    assert ada.client.get(url).json()["state"] == "pending"
    with time_machine.travel(now() + timedelta(minutes=60, seconds=1)):
        ada.client.force_login(ada.user)
        assert ada.client.get(url).json()["state"] == "expired"


def test_what_the_console_has_marked_as_expired_is_told_and_found_again(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    ada.leave(attempt)
    with time_machine.travel(now() + timedelta(minutes=11)):
        ada.client.force_login(ada.user)
        assert expire_attempts() == 1
        page = text_of(ada, attempt)
        assert ConsentExpired.title in page
        assert reverse("authorization", args=[attempt.pk]) in ada.client.get("/connections/new/gmail/").content.decode()


def test_a_code_that_google_never_made_is_refused_and_told(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt) | {"code": ["4/0never-made"]})
    assert escape(ExchangeRefused.title) in text_of(ada, attempt)
    assert len(requests_to(google, "/token")) == 1


# ------------------------------------------------------------------ how it went


def test_a_success_says_as_whom_and_what(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(withhold=(READONLY,))
    attempt = ConsentAttempt.objects.get()
    page = text_of(ada, attempt)
    assert "Connected as ada@acme.example" in page
    assert "Google Workspace" in page
    assert "Limited" in page
    assert "gmail.readonly was asked for, but not granted at Google." in page
    assert "11 of 13" in page
    assert "Use another account" in page
    assert f"?attempt={attempt.pk}" in page
    assert reverse("connection", args=[connection.pk]) in page


def test_a_success_with_a_personal_account_says_that_no_card_runs(google: RunningSandbox, ada: Browser) -> None:
    ada.connect(account="hanna@gmail.com")
    page = text_of(ada, ConsentAttempt.objects.get())
    assert "Unsupported account" in page
    assert "hanna@gmail.com is a personal Google account" in page
    assert "0 of 13" in page


def test_others_with_the_same_account_are_named_only_to_who_sees_them(google: RunningSandbox) -> None:
    builder = Browser(UserFactory(flow_builder=True))
    Browser(UserFactory(administrator=True)).connect("Hidden from builders")
    builder.connect("First of mine")
    builder.connect("Second of mine")
    page = text_of(builder, ConsentAttempt.objects.get(form__nickname="Second of mine"))
    assert "First of mine" in page
    assert "Hidden from builders" not in page


def test_who_came_from_somewhere_is_led_back_there(google: RunningSandbox, ada: Browser) -> None:
    other = ConnectionFactory(owner=ada.user)
    attempt = ada.ask()
    attempt.return_to = {"route": "connection", "ids": {"connection_id": str(other.pk)}}
    attempt.save()
    ada.come_back(ada.consent(attempt))
    assert f'href="{reverse("connection", args=[other.pk])}">Go on where you were' in text_of(ada, attempt)


def test_a_place_that_is_gone_is_left_out(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    attempt.return_to = {"route": "a_page_of_an_older_version", "ids": {}}
    attempt.save()
    ada.come_back(ada.consent(attempt))
    assert "Go on where you were" not in text_of(ada, attempt)


def test_a_failure_says_why_what_to_do_and_keeps_the_form(google: RunningSandbox, ada: Browser) -> None:
    stage(google, "cancel", count=1)
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt))
    page = text_of(ada, attempt)
    assert "Access was not allowed at Google" in page
    assert "Start again and choose Allow at Google." in page
    assert f"?attempt={attempt.pk}" in page


def test_a_nickname_taken_meanwhile_revokes_nothing_that_lives(google: RunningSandbox, ada: Browser) -> None:
    first, second = ada.ask("Twin"), ada.ask("Twin")
    late = Browser(ada.user)
    answer = late.consent(second, "ada@acme.example")
    ada.come_back(ada.consent(first, "ada@acme.example"))
    late.come_back(answer)
    assert requests_to(google, "/revoke") == []
    assert "Another connection is called “Twin”." in text_of(ada, second)


def test_ticking_no_box_makes_a_connection_that_serves_no_card_that_needs_a_scope(
    google: RunningSandbox, ada: Browser
) -> None:
    attempt = ada.ask(scopes=("gmail.readonly", "gmail.send"))
    ada.come_back(ada.consent(attempt, withhold=tuple(attempt.scopes)))
    attempt.refresh_from_db()
    assert attempt.connection is not None
    assert attempt.connection.status == "limited"
    page = text_of(ada, attempt)
    assert "1 of 13" in page
    assert "gmail.readonly and gmail.send were asked for, but not granted at Google." in page


def test_ticking_no_box_for_an_account_that_is_known_already_is_a_refusal(google: RunningSandbox, ada: Browser) -> None:
    ada.connect("First", withhold=(READONLY,))
    attempt = ada.ask("Second", scopes=("gmail.readonly", "gmail.labels"))
    ada.come_back(ada.consent(attempt, withhold=tuple(attempt.scopes)))
    assert "ticked none of the boxes" in text_of(ada, attempt)


def test_the_account_is_the_one_google_proves_whatever_was_chosen(google: RunningSandbox, ada: Browser) -> None:
    stage(google, "answer_as_account", value="ben@acme.example", count=1)
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt, "ada@acme.example"))
    assert "Connected as ben@acme.example" in text_of(ada, attempt)


def test_an_answer_without_issuer_is_taken(google: RunningSandbox, ada: Browser) -> None:
    stage(google, "no_iss", count=1)
    assert ada.connect().status == "active"


def test_the_neutral_page_shows_nothing_of_the_answer(ada: Browser, settings: Settings) -> None:
    response = ada.client.get("/connections/callback/google/?state=planted&code=4/0planted&error=", follow=True)
    assert response.status_code == 400
    assert b"planted" not in response.content


def test_too_many_answers_from_one_address_end_on_the_neutral_page(ada: Browser, settings: Settings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"callback": 1}
    with time_machine.travel(now(), tick=False):
        ada.client.force_login(ada.user)
        places = [ada.client.get("/connections/callback/google/").headers["Location"] for _try in range(2)]
    assert places == [reverse("consent_mismatch")] * 2
