"""Test: what a connection's grant is good for, asked without reading content; by page, API and command."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from access.actor import Actor, Via
from access.models import AuditEntry
from connections.errors import TooManyStarts
from connections.google.errors import AppNotTrusted
from connections.models import Connection
from connections.operations.check_connection import check_connection
from google_sandbox.server import RunningSandbox
from kernel.errors import NotFound, NotPermitted
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import gmail_calls, requests_to, stage

pytestmark = pytest.mark.django_db
PREFIX = "https://www.googleapis.com/auth/"
SEND = f"{PREFIX}gmail.send"


@pytest.fixture
def ada(google: RunningSandbox) -> Browser:
    return Browser(UserFactory(administrator=True))


def answers(connection: Connection) -> dict[str, str]:
    return {fact.name: fact.value["answer"] for fact in connection.facts.all()}


def test_it_refreshes_asks_and_reads_the_profile_alone(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    google.sandbox.journal.clear()
    result = check_connection(ada.actor, connection.pk)
    assert result.is_fine
    assert answers(connection) == {"grant": "met", "account": "met", "mailbox": "met"}
    assert [entry["path"] for entry in gmail_calls(google)] == ["/gmail/v1/users/me/profile"]
    assert len(requests_to(google, "/token")) == 2  # the refresh, and /tokeninfo
    assert result.connection.last_checked_at == result.checked_at
    assert AuditEntry.objects.get(event="connection.tested").difference["mailbox"] == "met"


def test_no_token_is_in_an_address(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    google.sandbox.journal.clear()
    check_connection(ada.actor, connection.pk)
    assert not [entry for entry in google.sandbox.journal.entries() if "access_token" in str(entry.get("query"))]


def test_with_gmail_send_alone_the_mailbox_could_not_be_checked(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(scopes=(SEND,))
    google.sandbox.journal.clear()
    assert check_connection(ada.actor, connection.pk).is_fine
    assert answers(connection)["mailbox"] == "could not check"
    assert gmail_calls(google) == []


def test_a_new_failure_is_told_and_one_that_is_mended_is_cleared(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    stage(google, "gmail:domain_policy", count=1)
    assert not check_connection(ada.actor, connection.pk).is_fine
    connection.refresh_from_db()
    assert connection.status == "blocked"
    check_connection(ada.actor, connection.pk)
    connection.refresh_from_db()
    assert (connection.status, connection.failure) == ("active", None)


def test_an_app_that_an_administrator_blocked_and_trusted_again(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    stage(google, "refresh:admin_policy_enforced", count=1)
    assert check_connection(ada.actor, connection.pk).connection.status == "blocked"
    connection.refresh_from_db()
    assert connection.failure is not None
    assert connection.failure["code"] == AppNotTrusted.code
    assert check_connection(ada.actor, connection.pk).connection.status == "active"


@pytest.mark.parametrize("trouble", ["token_endpoint:503", "429", "503_before"])
def test_what_passes_changes_no_status(trouble: str, google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    stage(google, trouble)
    result = check_connection(ada.actor, connection.pk)
    assert not result.is_fine
    assert result.connection.status == "active"
    assert "missing" not in answers(connection).values()


def test_a_grant_that_ended_is_found_once_and_never_tried_again(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    stage(google, "refresh:invalid_grant")
    assert check_connection(ada.actor, connection.pk).connection.status == "needs_reauthorization"
    google.sandbox.journal.clear()
    result = check_connection(ada.actor, connection.pk)
    assert result.steps[0].error is not None
    assert result.steps[0].error.code == "connection.needs_reauthorization"
    assert google.sandbox.journal.entries() == []


def test_who_may(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    olga = Actor(user=UserFactory(operator=True), via=Via.PAGE)
    with pytest.raises(NotFound):
        check_connection(olga, connection.pk)
    with pytest.raises(NotPermitted):
        check_connection(Actor(user=UserFactory(auditor=True), via=Via.PAGE), connection.pk)
    Connection.objects.update(sharing="everyone")
    assert check_connection(olga, connection.pk).is_fine
    assert check_connection(Actor.console(), connection.pk).is_fine


def test_five_a_minute(ada: Browser, settings: Settings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"probe": 1}
    connection = ada.connect()
    check_connection(ada.actor, connection.pk)
    with pytest.raises(TooManyStarts):
        check_connection(ada.actor, connection.pk)
    check_connection(Actor.console(), connection.pk)


def test_the_button_leads_to_what_came_of_it(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    overview = ada.client.get(reverse("connection", args=[connection.pk])).content.decode()
    assert "Last test" not in overview
    response = ada.client.post(reverse("check_connection", args=[connection.pk]), follow=True)
    page = response.content.decode()
    assert "Gmail gave the mailbox’s profile. No mail was read." in page
    assert "Tested: Support inbox works." in page


def test_who_may_not_test_sees_no_button(ada: Browser) -> None:
    connection = ada.connect()
    auditor = Client()
    auditor.force_login(UserFactory(auditor=True))
    page = auditor.get(reverse("connection", args=[connection.pk])).content.decode()
    assert reverse("check_connection", args=[connection.pk]) not in page
    assert auditor.post(reverse("check_connection", args=[connection.pk])).status_code == 403


def test_the_api_answers_with_readiness(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    answer = ada.client.post(f"/api/v1/connections/{connection.pk}/checks").json()
    assert [step["answer"] for step in answer["steps"]] == ["met", "met", "met"]
    assert all(card["ready"] for card in answer["readiness"])


def test_the_command_tests_one_or_all_and_says_what_is_wrong(google: RunningSandbox, ada: Browser) -> None:
    ada.connect("Good", "ada@acme.example")
    ada.connect("Bad", "cleo@acme.example")
    stage(google, "refresh:invalid_grant", account="cleo@acme.example")
    out = io.StringIO()
    call_command("connections", "check", "Good", stdout=out)
    assert "Good  (Active)" in out.getvalue()
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("connections", "check", "--all", "--json", stdout=out)
    assert {each["status"] for each in json.loads(out.getvalue())} == {"active", "needs_reauthorization"}
    with pytest.raises(CommandError, match="Name one connection"):
        call_command("connections", "check")
