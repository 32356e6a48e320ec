"""Reauthorize's pages and API: what they offer, keep, and say."""

from typing import Any

import pytest
from django.urls import reverse

from connections.errors import GrantEnded
from connections.models import Connection, ConsentAttempt, Policy, Status
from connections.operations.report_failure import report_failure
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PREFIX = "https://www.googleapis.com/auth/"
READONLY, COMPOSE, SEND = (f"{PREFIX}gmail.{name}" for name in ("readonly", "compose", "send"))


@pytest.fixture
def ada(google: RunningSandbox) -> Browser:
    return Browser(UserFactory(administrator=True))


@pytest.fixture
def connection(ada: Browser) -> Connection:
    return ada.connect(scopes=(READONLY,))


@pytest.fixture
def two(ada: Browser) -> Connection:
    """With two scopes, so that Google lets one be left out."""
    return ada.connect("Two scopes", scopes=(READONLY, COMPOSE))


def form(connection: Connection) -> str:
    return reverse("reauthorize_connection", args=[connection.pk])


def text(browser: Browser, address: str) -> str:
    return browser.client.get(address).content.decode()


def posted(browser: Browser, connection: Connection, **fields: Any) -> ConsentAttempt:
    """What the form asks for, and the way to Google and back with everything ticked."""
    response = browser.client.post(form(connection), fields)
    assert response.status_code == 302, response.content.decode()
    return ConsentAttempt.objects.order_by("-created_at")[0]


# ------------------------------------------------------------------ the form


def test_it_says_the_account_and_begins_with_the_scopes_requested_last(ada: Browser, connection: Connection) -> None:
    page = text(ada, form(connection))
    assert "Sign in at Google as <strong>ada@acme.example</strong>" in page
    assert 'value="inherit" checked' in page
    assert 'id="id_scope_mode_default"' in page
    assert "Nothing: the same scopes as are granted now." in page


def test_of_an_ended_grant_it_promises_no_working_cards(ada: Browser, connection: Connection) -> None:
    address = reverse("reauthorize_connection", args=[connection.pk])
    assert "works until the switch" in ada.client.get(address).content.decode()
    Connection.objects.filter(pk=connection.pk).update(status=Status.NEEDS_REAUTHORIZATION)
    page = ada.client.get(address).content.decode()
    assert "Its grant has ended" in page
    assert "until the switch" not in page
    assert "granted now" not in page
    assert "a new one gives the same scopes as the last one did" in page


def test_what_was_asked_for_before_and_not_granted_is_marked_among_what_is_added(ada: Browser, two: Connection) -> None:
    Connection.objects.filter(pk=two.pk).update(granted_scopes=[*two.requested_scopes[:2], READONLY])
    asked_again = text(ada, form(two)).split('id="change"')[1].split("</section>")[0]
    assert '<code>gmail.compose</code><span class="sub">Asked for before, but not granted' in asked_again
    address = f"{form(two)}?add=gmail.send"
    assert "<code>gmail.send</code></span>" in text(ada, address)


def test_todays_defaults_are_offered_only_where_they_differ(ada: Browser) -> None:
    page = text(ada, form(ada.connect("By default")))
    assert 'id="id_scope_mode_default"' not in page


def test_inherited_is_asked_for_exactly(ada: Browser, connection: Connection) -> None:
    Connection.objects.update(requested_scopes=["openid", f"{PREFIX}userinfo.email", SEND, READONLY])
    attempt = posted(ada, connection, scope_mode="inherit")
    assert attempt.scopes == ["openid", f"{PREFIX}userinfo.email", SEND, READONLY]


def test_a_change_is_told_while_the_form_is_filled_in(ada: Browser, connection: Connection) -> None:
    answer = ada.client.post(
        form(connection), {"scope_mode": "custom", "scope": [COMPOSE]}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "Scopes added" in answer
    assert "Scopes taken away" in answer
    assert "Cards gained" in answer
    assert "Cards lost" in answer
    assert not ConsentAttempt.objects.filter(purpose="reauthorize").exists()


def test_a_finding_leads_to_the_form_with_its_scope_added(ada: Browser, connection: Connection) -> None:
    address = f"{form(connection)}?add=gmail.compose"
    assert address in text(ada, reverse("connection_cards", args=[connection.pk]))
    context = ada.client.get(address).context
    assert context["entries"].scope_mode == "custom"
    assert COMPOSE in context["entries"].chosen


def test_a_suggestion_is_taken_without_scripts(ada: Browser, connection: Connection) -> None:
    entries = {"scope_mode": "custom", "scope": [READONLY], "manual": "gmail.lables", "take": "1 gmail.labels"}
    page = ada.client.post(form(connection), entries)
    assert page.context["entries"].manual == "gmail.labels"


def test_what_is_unknown_is_named_and_the_choice_kept(ada: Browser, connection: Connection) -> None:
    response = ada.client.post(
        form(connection), {"scope_mode": "custom", "scope": [READONLY], "manual": "gmail.lables"}
    )
    assert response.status_code == 422
    assert "Google has no scope named gmail.lables. Did you mean gmail.labels?" in response.content.decode()
    assert response.context["entries"].chosen == (READONLY,)


def test_a_list_that_the_policy_forbids_by_now_has_to_be_chosen_anew(ada: Browser, connection: Connection) -> None:
    Policy.objects.update_or_create(pk=1, defaults={"scope_ceiling": ["gmail.send"]})
    page = text(ada, form(connection))
    assert "The policy of this console doesn’t allow all of them any more." in page
    assert ada.client.get(form(connection)).context["entries"].scope_mode == "custom"


def test_another_persons_attempt_fills_in_nothing(ada: Browser, connection: Connection) -> None:
    attempt = posted(ada, connection, scope_mode="inherit")
    other = Browser(UserFactory(administrator=True))
    assert other.client.get(f"{form(connection)}?attempt={attempt.pk}").status_code == 404
    assert ada.client.get(f"{form(ada.connect('Other'))}?attempt={attempt.pk}").status_code == 404


def test_who_may_not_sees_no_way_to_it(ada: Browser, connection: Connection) -> None:
    auditor = Browser(UserFactory(auditor=True))
    for tab in ("connection", "connection_permissions", "connection_cards"):
        assert form(connection) not in text(auditor, reverse(tab, args=[connection.pk]))
    assert auditor.client.get(form(connection)).status_code == 403
    assert Browser(UserFactory(operator=True)).client.get(form(connection)).status_code == 404


# ------------------------------------------------------------------ the answer


def test_the_answer_says_what_was_added_and_the_history_who(ada: Browser, connection: Connection) -> None:
    attempt = posted(ada, connection, scope_mode="custom", scope=[READONLY, COMPOSE])
    ada.come_back(ada.consent(attempt))
    page = text(ada, reverse("authorization", args=[attempt.pk]))
    assert "Added: gmail.compose." in page
    assert "At once: nothing was lost" in page
    newest = ada.client.get(reverse("connection_permissions", args=[connection.pk])).context["history"][0]
    assert (newest.added, newest.removed, newest.grant.by) == (("gmail.compose",), (), ada.user)


def test_the_comparison_is_its_own_persons(ada: Browser, two: Connection) -> None:
    attempt = posted(ada, two, scope_mode="inherit")
    ada.come_back(ada.consent(attempt, withhold=(READONLY,)))
    page = reverse("authorization", args=[attempt.pk])
    assert "Compare before you switch" in text(ada, page)
    other = Browser(UserFactory(administrator=True))
    assert other.client.get(page).status_code == 404
    assert other.client.post(reverse("use_new_grant", args=[attempt.pk])).status_code == 404
    assert other.client.post(reverse("keep_old_grant", args=[attempt.pk])).status_code == 404


def test_a_comparison_with_an_ended_grant_says_that_nothing_runs_until_the_switch(
    ada: Browser, two: Connection
) -> None:
    report_failure(two.pk, GrantEnded(nickname="Two scopes", email="ada@acme.example", reason="It ended."))
    attempt = posted(ada, two, scope_mode="inherit")
    ada.come_back(ada.consent(attempt, withhold=(READONLY,)))
    page = text(ada, reverse("authorization", args=[attempt.pk]))
    assert "The grant in use has ended: no card runs until you switch." in page
    assert "works until you switch" not in page


def test_a_comparison_with_what_is_no_longer_in_use_is_shown_anew(ada: Browser, two: Connection) -> None:
    attempt = posted(ada, two, scope_mode="inherit")
    ada.come_back(ada.consent(attempt, withhold=(READONLY,)))
    page = ada.client.get(reverse("authorization", args=[attempt.pk]))
    ada.come_back(ada.consent(posted(ada, two, scope_mode="inherit")))
    switch = reverse("use_new_grant", args=[attempt.pk])
    response = ada.client.post(switch, {"instead_of": page.context["instead_of"]})
    assert response.status_code == 409
    assert "Somebody reauthorized this connection meanwhile." in response.content.decode()
    assert ada.client.post(switch, {"instead_of": response.context["instead_of"]}).status_code == 302


def test_after_it_was_kept_the_page_says_so(ada: Browser, two: Connection) -> None:
    attempt = posted(ada, two, scope_mode="inherit")
    ada.come_back(ada.consent(attempt, withhold=(READONLY,)))
    response = ada.client.post(reverse("keep_old_grant", args=[attempt.pk]), follow=True)
    assert "The old authorization was kept" in response.content.decode()
    again = ada.client.post(reverse("keep_old_grant", args=[attempt.pk]))
    assert "The new authorization is no longer there" in again.content.decode()


def test_nothing_secret_is_kept_beside_the_staged_credential(ada: Browser, two: Connection) -> None:
    attempt = posted(ada, two, scope_mode="inherit")
    ada.come_back(ada.consent(attempt, withhold=(READONLY,)))
    attempt.refresh_from_db()
    kept = repr((attempt.proof, attempt.form, attempt.scopes, attempt.failure))
    assert not [secret for secret in ("ya29", "1//") if secret in kept]


# ------------------------------------------------------------------ the API


def start(browser: Browser, connection: Connection, key: str = "", **body: Any) -> Any:
    return browser.client.post(
        f"/api/v1/connections/{connection.pk}/reauthorizations",
        body,
        content_type="application/json",
        headers={"Idempotency-Key": key} if key else {},
    )


def test_the_api_inherits_when_nothing_is_said(ada: Browser, connection: Connection) -> None:
    answer = start(ada, connection)
    assert answer.status_code == 201
    attempt = ConsentAttempt.objects.get(pk=answer.json()["id"])
    assert (attempt.scopes, attempt.connection) == (connection.requested_scopes, connection)
    assert answer.json()["authorization_url"].endswith(f"/connections/authorizations/{attempt.pk}/")


def test_the_api_takes_scopes_and_a_key_once(ada: Browser, connection: Connection) -> None:
    first, second = (start(ada, connection, "k1", scopes=["gmail.send"]).json()["id"] for _time in range(2))
    assert first == second
    assert ConsentAttempt.objects.get(pk=first).scopes[-1] == SEND
    other = ada.client.post(
        "/api/v1/connections/authorizations",
        {"connector": "gmail", "nickname": "New"},
        content_type="application/json",
        headers={"Idempotency-Key": "k1"},
    )
    assert (other.status_code, other.json()["code"]) == (422, "input.rejected")


def test_the_api_names_an_unknown_scope(ada: Browser, connection: Connection) -> None:
    answer = start(ada, connection, scope_mode="custom", scopes=["gmail.lables"])
    assert (answer.status_code, answer.json()["suggestions"]) == (422, {"gmail.lables": "gmail.labels"})


def test_a_staged_one_is_pending_until_the_person_has_compared(ada: Browser, two: Connection) -> None:
    attempt = ConsentAttempt.objects.get(pk=start(ada, two).json()["id"])
    ada.come_back(ada.consent(attempt, withhold=(READONLY,)))
    address = f"/api/v1/connections/authorizations/{attempt.pk}"
    assert ada.client.get(address).json()["state"] == "pending"
    page = ada.client.get(reverse("authorization", args=[attempt.pk]))
    ada.client.post(reverse("use_new_grant", args=[attempt.pk]), {"instead_of": page.context["instead_of"]})
    assert ada.client.get(address).json()["state"] == "succeeded"
    history = ada.client.get(f"/api/v1/connections/{two.pk}/authorizations").json()
    assert history[0]["removed"] == [READONLY]


def test_the_api_hides_what_one_may_not_know_of(ada: Browser, connection: Connection) -> None:
    del ada
    assert start(Browser(UserFactory(operator=True)), connection).status_code == 404
    assert start(Browser(UserFactory(auditor=True)), connection).status_code == 403


def test_it_comes_back_to_where_it_was_asked_for(ada: Browser, connection: Connection) -> None:
    answer = start(ada, connection, return_to={"route": "connections", "ids": {}})
    attempt = ConsentAttempt.objects.get(pk=answer.json()["id"])
    ada.come_back(ada.consent(attempt))
    assert ada.client.get(reverse("authorization", args=[attempt.pk])).context["return_url"] == "/connections/"
