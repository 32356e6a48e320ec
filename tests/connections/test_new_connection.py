"""New Connection: what it offers, what it checks as one types, and that nothing typed is ever lost."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from access.models import AuditEntry
from connections.extensions import IDENTITY_SCOPES, get_connector
from connections.models import ConsentAttempt, Policy
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.staged_google import stage

pytestmark = pytest.mark.django_db
FORM = "/connections/new/gmail/"
PREFIX = "https://www.googleapis.com/auth/"
READONLY, COMPOSE, SEND = (f"{PREFIX}gmail.{name}" for name in ("readonly", "compose", "send"))


@pytest.fixture
def ada() -> Browser:
    return Browser(UserFactory(administrator=True))


def entries(**changed: Any) -> dict[str, Any]:
    return {
        "nickname": "Support inbox",
        "description": "Mail to support@.",
        "scope_mode": "custom",
        "scope": [READONLY],
        "manual": "",
    } | changed


def check(browser: Browser, **changed: Any) -> HttpResponse:
    """What htmx asks while the form is filled in."""
    return browser.client.post(FORM, entries(**changed), headers={"HX-Request": "true"})  # type: ignore[return-value]


def text_of(response: HttpResponse) -> str:
    return response.content.decode()


# ------------------------------------------------------------------ connectors


def test_every_connector_is_there_with_a_way_into_its_form(ada: Browser) -> None:
    assert f'href="{FORM}"' in text_of(ada.client.get(reverse("choose_connector")))  # type: ignore[arg-type]


@pytest.mark.parametrize("search", ["gmail", "GMA", "send email", "workspace"])
def test_a_connector_is_found_by_title_card_and_description(search: str, ada: Browser) -> None:
    assert ada.client.get(reverse("choose_connector"), {"search": search}).context["connectors"]


def test_a_search_that_finds_nothing_says_so_and_keeps_what_was_typed(ada: Browser) -> None:
    page = ada.client.get(reverse("choose_connector"), {"search": "<b>fax"}).content.decode()
    assert "No connector is called that" in page
    assert "&lt;b&gt;fax" in page
    assert "<b>fax" not in page


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_who_may_not_create_gets_neither_list_nor_form(role: str) -> None:
    browser = Browser(UserFactory(**{role: True}))
    assert browser.client.get(reverse("choose_connector")).status_code == 403
    assert browser.client.get(FORM).status_code == 403
    assert browser.client.post(FORM, entries()).status_code == 403
    assert not ConsentAttempt.objects.exists()


def test_signed_out_the_form_asks_to_sign_in() -> None:
    assert Client().get(FORM).headers["Location"].startswith("/accounts/login/")


def test_an_unknown_connector_is_not_found(ada: Browser) -> None:
    assert ada.client.get("/connections/new/fax/").status_code == 404


# ------------------------------------------------------------------ what the form offers


def test_the_form_says_what_google_wants_said(ada: Browser) -> None:
    Policy.objects.update_or_create(pk=1, defaults={"privacy_url": "https://acme.example/privacy"})
    page = ada.client.get(FORM).content.decode()
    assert "Limited Use requirements" in page
    assert 'href="https://acme.example/privacy"' in page
    assert page.index("Limited Use") < page.rindex("Create")
    assert "A service account can’t be a connection" in page


def test_without_a_privacy_page_no_link_leads_nowhere(ada: Browser) -> None:
    assert 'href=""' not in ada.client.get(FORM).content.decode()


def test_every_scope_stands_there_in_words_with_its_cards_and_class(ada: Browser) -> None:
    page = ada.client.get(FORM).content.decode()
    for text in get_connector("gmail").scope_texts:
        assert text.title in page
        assert f'value="{text.scope}"' in page
        assert str(text.sensitivity) in page
    assert "Serves Read Email, Search Emails, New Email, Label Added or Removed." in page
    assert "Google Cloud session control" in page


def test_customizing_starts_from_the_default_scopes(ada: Browser) -> None:
    offer = ada.client.get(FORM).context["offer"]
    assert {each.text.scope for each in offer.scopes if each.is_chosen} == set(get_connector("gmail").default_scopes)


def test_the_policy_is_said_beside_the_form(ada: Browser) -> None:
    Policy.objects.update_or_create(
        pk=1, defaults={"refuse_consumer_accounts": True, "allowed_domains": ["acme.example"]}
    )
    page = ada.client.get(FORM).content.decode()
    assert "This console refuses personal accounts" in page
    assert "Allowed here: acme.example" in page


def test_scopes_above_the_ceiling_cannot_be_chosen(ada: Browser) -> None:
    Policy.objects.update_or_create(pk=1, defaults={"scope_ceiling": ["gmail.readonly"]})
    response = ada.client.get(FORM)
    offer = response.context["offer"]
    assert [each.short for each in offer.scopes if each.is_allowed] == ["gmail.readonly"]
    assert not offer.is_default_allowed
    assert response.context["is_custom"]
    assert (offer.coverage.served, {each.scope for each in offer.not_served}) == (3, {""})


# ------------------------------------------------------------------ checked while one types


def test_the_live_check_says_which_cards_the_choice_serves(ada: Browser) -> None:
    answer = text_of(check(ada))
    assert (
        "This choice serves 3 of 13 cards. Not served: Send Email, Send Email with Attachment. Not served: Add"
        in answer
    )
    assert "Not served without gmail.compose" in answer
    assert "<html" not in answer


def test_the_live_check_counts_a_manual_scope_too(ada: Browser) -> None:
    assert "This choice serves 5 of 13 cards." in text_of(check(ada, manual="gmail.send"))


def test_default_scopes_are_checked_whatever_is_ticked(ada: Browser) -> None:
    answer = text_of(check(ada, scope_mode="default", scope=[], manual="nonsense"))
    assert "This choice serves 13 of 13 cards." in answer
    assert "nonsense" not in answer


def test_the_live_check_names_a_wrong_line_and_the_nearest_real_scope(ada: Browser) -> None:
    answer = text_of(check(ada, manual="gmail.labels\n\n gmail.setings.basic \n"))
    assert "Line 3: Google has no scope named <code>gmail.setings.basic</code>" in answer
    assert "Did you mean <code>gmail.settings.basic</code>?" in answer
    assert 'value="3 gmail.settings.basic"' in answer


def test_the_live_check_never_swaps_the_box_one_types_in(ada: Browser) -> None:
    assert "<textarea" not in text_of(check(ada, manual="gmail.l"))


def test_the_live_check_neither_saves_nor_audits(ada: Browser) -> None:
    before = AuditEntry.objects.count()
    check(ada, manual="gmail.labels")
    assert not ConsentAttempt.objects.exists()
    assert AuditEntry.objects.count() == before


def test_what_is_typed_is_never_markup(ada: Browser) -> None:
    for response in (check(ada, manual="<script>alert(1)</script>"), ada.client.post(FORM, entries(manual="<script>"))):
        assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["without scripts", "htmx"])
def test_a_suggestion_is_taken_into_its_line(headers: dict[str, str], ada: Browser) -> None:
    typed = entries(manual="gmail.labels\ngmail.setings.basic", take="2 gmail.settings.basic")
    response = ada.client.post(FORM, typed, headers=headers)
    assert response.context["entries"].manual == "gmail.labels\ngmail.settings.basic"
    assert response.context["entries"].nickname == "Support inbox"
    assert not response.context["offer"].to_correct
    assert not ConsentAttempt.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["without scripts", "htmx"])
def test_a_missing_scope_is_added(headers: dict[str, str], ada: Browser) -> None:
    response = ada.client.post(FORM, entries(add=COMPOSE), headers=headers)
    assert response.context["offer"].coverage.served == 5
    assert not ConsentAttempt.objects.exists()


def test_a_scope_that_is_not_offered_is_added_as_a_line(ada: Browser) -> None:
    response = ada.client.post(FORM, entries(manual="gmail.labels", add=f"{PREFIX}gmail.insert"))
    assert response.context["entries"].manual == "gmail.labels\ngmail.insert"


@pytest.mark.parametrize("take", ["", "x", "9 gmail.labels", "0 gmail.labels", "1"])
def test_a_suggestion_for_a_line_that_is_not_there_changes_nothing(take: str, ada: Browser) -> None:
    response = ada.client.post(FORM, entries(manual="nonsense", take=take), headers={"HX-Request": "true"})
    assert response.context["entries"].manual == "nonsense"


# ------------------------------------------------------------------ Create


def test_create_leads_to_the_authorizations_own_page(ada: Browser) -> None:
    response = ada.client.post(FORM, entries(manual="gmail.labels\n\n"))
    attempt = ConsentAttempt.objects.get()
    assert response.headers["Location"] == reverse("authorization", args=[attempt.pk])
    assert attempt.scopes == [*IDENTITY_SCOPES, READONLY, f"{PREFIX}gmail.labels"]
    assert attempt.form == {"nickname": "Support inbox", "description": "Mail to support@.", "scope_mode": "custom"}


def test_default_scopes_are_asked_whatever_is_ticked(ada: Browser) -> None:
    ada.client.post(FORM, entries(scope_mode="default", scope=[SEND], manual="nonsense"))
    assert ConsentAttempt.objects.get().scopes == [*IDENTITY_SCOPES, *get_connector("gmail").default_scopes]


def test_the_same_scope_by_any_of_its_names_is_asked_once(ada: Browser) -> None:
    ada.client.post(FORM, entries(manual="gmail.readonly\nGMAIL.READONLY\nemail\nopenid"))
    assert ConsentAttempt.objects.get().scopes == [*IDENTITY_SCOPES, READONLY]


def test_everything_wrong_is_said_at_once_and_everything_typed_is_kept(ada: Browser) -> None:
    typed = entries(nickname=" ", description="x" * 501, scope=[SEND], manual="gmail.labels\nnonsense")
    response = ada.client.post(FORM, typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Correct 3 entries" in page
    assert 'href="#id_nickname"' in page
    assert 'href="#id_description"' in page
    assert 'href="#id_manual"' in page
    assert response.context["entries"].manual.splitlines() == ["gmail.labels", "nonsense"]
    assert f'value="{SEND}" checked' in page
    assert "x" * 501 in page
    assert not ConsentAttempt.objects.exists()


def test_errors_belong_to_their_fields_for_whoever_cannot_see_them(ada: Browser) -> None:
    page = ada.client.post(FORM, entries(nickname="")).content.decode()
    assert 'aria-describedby="id_nickname_helptext id_nickname_error"' in page
    assert 'id="id_nickname_error"' in page
    assert 'id="problems" tabindex="-1" autofocus' in page


def test_choosing_no_scope_at_all_is_named(ada: Browser) -> None:
    response = ada.client.post(FORM, entries(scope=[]))
    assert response.status_code == 422
    assert "Choose at least one scope, or use the default scopes." in response.content.decode()


def test_a_taken_nickname_is_a_conflict_and_the_form_stays(ada: Browser) -> None:
    ConnectionFactory(nickname="Support Inbox")
    response = ada.client.post(FORM, entries())
    assert response.status_code == 409
    assert "Another connection is called “Support inbox”." in response.content.decode()


def test_a_scope_above_the_ceiling_is_refused_even_when_sent_by_hand(ada: Browser) -> None:
    Policy.objects.update_or_create(pk=1, defaults={"scope_ceiling": ["gmail.readonly"]})
    response = ada.client.post(FORM, entries(scope=[SEND], manual="gmail.labels"))
    assert response.status_code == 422
    assert "The policy doesn&#x27;t allow gmail.send, gmail.labels." in response.content.decode()
    assert "the policy of this console doesn’t allow <code>gmail.labels</code>" in response.content.decode()


def test_more_scopes_than_anybody_needs_are_refused(ada: Browser) -> None:
    response = ada.client.post(FORM, entries(manual="\n".join(f"scope{number}" for number in range(200))))
    assert response.status_code == 422
    assert "Use at most 100 scopes; these are 201." in response.content.decode()


@pytest.mark.parametrize("nickname", ["\u202eevil", "a\u200bb", "\ufdfa" * 20])
def test_a_nickname_that_cannot_be_read_or_compared_is_refused(nickname: str, ada: Browser) -> None:
    assert ada.client.post(FORM, entries(nickname=nickname)).status_code == 422


def test_a_nickname_is_kept_with_single_spaces(ada: Browser) -> None:
    ada.client.post(FORM, entries(nickname="  Support \t inbox "))
    assert ConsentAttempt.objects.get().form["nickname"] == "Support inbox"


def test_the_form_needs_its_csrf_token(ada: Browser) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada.user)
    assert strict.post(FORM, entries()).status_code == 403
    assert not ConsentAttempt.objects.exists()


# ------------------------------------------------------------------ the kept form


def test_a_failed_authorization_gives_its_form_back(google: RunningSandbox, ada: Browser) -> None:
    stage(google, "cancel", count=1)
    ada.client.post(FORM, entries(scope=[SEND], manual="gmail.labels"))
    attempt = ConsentAttempt.objects.get()
    ada.come_back(ada.consent(attempt))
    kept = ada.client.get(FORM, {"attempt": str(attempt.pk)}).context["entries"]
    assert (kept.nickname, kept.description, kept.scope_mode) == ("Support inbox", "Mail to support@.", "custom")
    assert (kept.chosen, kept.manual) == ((SEND,), "gmail.labels")


def test_after_a_success_the_form_comes_back_for_another_nickname(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    attempt = ConsentAttempt.objects.get()
    response = ada.client.get(FORM, {"attempt": str(attempt.pk)})
    assert response.context["entries"].nickname == ""
    assert "Support inbox stays connected to ada@acme.example" in response.content.decode()
    connection.refresh_from_db()
    assert connection.status == "active"


def test_the_place_one_came_from_goes_along_with_the_kept_form(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    attempt.return_to = {"route": "connections", "ids": {}}
    attempt.save()
    ada.client.post(FORM, entries(nickname="Again", attempt=str(attempt.pk)))
    assert ConsentAttempt.objects.get(form__nickname="Again").return_to == {"route": "connections", "ids": {}}


@pytest.mark.parametrize("attempt", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_a_form_of_nobody_is_not_found(attempt: str, ada: Browser) -> None:
    assert ada.client.get(FORM, {"attempt": attempt}).status_code == 404


def test_another_persons_form_is_not_found(ada: Browser) -> None:
    theirs = Browser(UserFactory(administrator=True)).ask()
    assert ada.client.get(FORM, {"attempt": str(theirs.pk)}).status_code == 404
    assert ada.client.post(FORM, entries(attempt=str(theirs.pk))).status_code == 404


def test_an_authorization_that_google_left_open_is_found_again(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    assert "no answer came back" not in ada.client.get(FORM).content.decode()
    ada.leave(attempt)
    page = ada.client.get(FORM).content.decode()
    assert "no answer came back" in page
    assert reverse("authorization", args=[attempt.pk]) in page
    assert "no answer came back" not in Browser(UserFactory(administrator=True)).client.get(FORM).content.decode()
    with time_machine.travel(now() + timedelta(hours=1, seconds=1)):
        ada.client.force_login(ada.user)
        assert "no answer came back" not in ada.client.get(FORM).content.decode()


def test_consent_starts_are_limited_by_the_minute(google: RunningSandbox, ada: Browser, settings: Settings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"consent_start": 2}
    page = reverse("authorization", args=[ada.ask().pk])
    with time_machine.travel(now(), tick=False):
        ada.client.force_login(ada.user)
        assert [ada.client.post(page).status_code for _start in range(3)] == [200, 200, 429]
