"""Connections over HTTP: the same words as on the pages, only to who may, and never a token."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from access.models import AuditEntry
from connections.extensions import get_connector
from connections.models import ConsentAttempt, Grant
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.staged_google import stage

pytestmark = pytest.mark.django_db
API = "/api/v1/"


@pytest.fixture
def ada() -> Browser:
    return Browser(UserFactory(administrator=True))


def get(browser: Browser, path: str, **query: Any) -> Any:
    response = browser.client.get(f"{API}{path}", query)
    assert response.status_code == 200, response.content
    return response.json()


def ask(browser: Browser, headers: dict[str, str] | None = None, **body: Any) -> HttpResponse:
    wanted = {"connector": "gmail", "nickname": "By API"} | body
    return browser.client.post(  # type: ignore[return-value]
        f"{API}connections/authorizations", json.dumps(wanted), content_type="application/json", headers=headers
    )


def body_of(response: HttpResponse) -> Any:
    return json.loads(response.content)


def test_connectors_and_their_scopes_are_listed(ada: Browser) -> None:
    (gmail,) = get(ada, "connectors")
    assert gmail["key"] == "gmail"
    assert gmail["cards"] == [card.key for card in get_connector("gmail").cards]
    scopes = {each["short"]: each for each in get(ada, "connectors/gmail/scopes")}
    assert scopes["gmail.readonly"]["default"] is True
    assert scopes["gmail.send"] == {
        "url": "https://www.googleapis.com/auth/gmail.send",
        "short": "gmail.send",
        "title": "Send mail, nothing else",
        "sensitivity": "Sensitive",
        "cards": ["gmail.send_email", "gmail.send_email_with_attachment"],
        "default": False,
    }
    assert ada.client.get(f"{API}connectors/fax/scopes").status_code == 404


def test_an_authorization_starts_on_the_consoles_own_page(ada: Browser) -> None:
    response = ask(ada, scope_mode="custom", scopes=["gmail.send"])
    attempt = ConsentAttempt.objects.get()
    assert response.status_code == 201
    body = body_of(response)
    assert body["id"] == str(attempt.pk)
    assert body["authorization_url"].endswith(reverse("authorization", args=[attempt.pk]))
    assert "state" not in body["authorization_url"]


def test_an_unknown_scope_is_refused_with_suggestions(ada: Browser) -> None:
    response = ask(ada, scope_mode="custom", scopes=["gmail.sned"])
    assert response.status_code == 422
    body = body_of(response)
    assert (body["code"], body["suggestions"]) == ("scope.unknown", {"gmail.sned": "gmail.send"})
    assert response.headers["Content-Type"] == "application/problem+json"


def test_everything_wrong_is_named_by_field(ada: Browser) -> None:
    response = ask(ada, nickname="", scope_mode="custom", scopes=["nonsense"])
    assert response.status_code == 422
    assert set(body_of(response)["fields"]) == {"nickname", "scopes"}


def test_an_unknown_connector_is_named(ada: Browser) -> None:
    assert body_of(ask(ada, connector="fax"))["fields"] == {"connector": ["There is no connector 'fax'. Known: gmail."]}


def test_who_may_not_create_may_not_here_either() -> None:
    response = ask(Browser(UserFactory(auditor=True)))
    assert (response.status_code, body_of(response)["code"]) == (403, "access.not_permitted")


def test_the_same_idempotency_key_gives_the_same_authorization(ada: Browser) -> None:
    first, second = (body_of(ask(ada, {"Idempotency-Key": "k1"})) for _try in range(2))
    assert first["id"] == second["id"]
    assert AuditEntry.objects.filter(event="authorization.requested").count() == 1
    other = Browser(UserFactory(administrator=True))
    assert body_of(ask(other, {"Idempotency-Key": "k1"}))["id"] != first["id"]


@pytest.mark.parametrize(
    "return_to",
    [
        {"route": "https://evil.example/", "ids": {}},
        {"route": "//evil.example", "ids": {}},
        {"route": "no_such_route", "ids": {}},
        {"route": "connection", "ids": {"connection_id": "not-an-id"}},
    ],
)
def test_a_return_place_is_a_route_and_nothing_else(return_to: dict[str, Any], ada: Browser) -> None:
    response = ask(ada, return_to=return_to)
    assert response.status_code == 422
    assert "return_to" in body_of(response)["fields"]


def test_an_authorization_tells_its_person_how_it_went(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect()
    attempt = ConsentAttempt.objects.get()
    assert get(ada, f"connections/authorizations/{attempt.pk}") | {"expires_at": ""} == {
        "id": str(attempt.pk),
        "state": "succeeded",
        "connection": str(connection.pk),
        "problem": None,
        "expires_at": "",
    }
    other = Browser(UserFactory(administrator=True))
    assert other.client.get(f"{API}connections/authorizations/{attempt.pk}").status_code == 404


def test_a_failed_authorization_gives_the_problem(google: RunningSandbox, ada: Browser) -> None:
    stage(google, "cancel", count=1)
    attempt = ada.ask()
    ada.come_back(ada.consent(attempt))
    body = get(ada, f"connections/authorizations/{attempt.pk}")
    assert (body["state"], body["problem"]["code"]) == ("failed", "consent.denied")
    assert body["problem"]["remedy"]


def test_a_connection_is_told_whole_and_without_a_token(google: RunningSandbox, ada: Browser) -> None:
    readonly = "https://www.googleapis.com/auth/gmail.readonly"
    connection = ada.connect(withhold=(readonly,))
    body = get(ada, f"connections/{connection.pk}")
    assert body["status"] == "limited"
    assert body["status_cause"]["code"] == "scope.withheld"
    assert body["account"] == {
        "email": "ada@acme.example",
        "type": "workspace",
        "hosted_domain": "acme.example",
    }
    assert body["scopes"]["missing"] == [readonly]
    assert set(body["scopes"]["needed"]) <= set(get_connector("gmail").default_scopes)
    assert body["cards"] == {"served": 11, "total": 13, "events_served": 0, "events_total": 2}
    text = json.dumps([body, get(ada, f"connections/{connection.pk}/authorizations"), get(ada, "connections")])
    assert not [mark for mark in ("ya29.", "1//", "token", "sealed", "verifier") if mark in text]


def test_readiness_gives_the_words_of_the_runs_own_error(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(account="hanna@gmail.com")
    for card in get(ada, f"connections/{connection.pk}/readiness"):
        assert card["ready"] is False
        assert [finding["code"] for finding in card["findings"]] == ["account.workspace_required"]


def test_the_history_gives_every_authorization_newest_first(ada: Browser) -> None:
    connection = ConnectionFactory(owner=ada.user)
    Grant.objects.create(
        connection=connection, requested=["a"], granted=["a"], account_sub="1", account_email="later@acme.example"
    )
    history = get(ada, f"connections/{connection.pk}/authorizations")
    assert [each["account"] for each in history] == ["later@acme.example", connection.account_email]
    assert history[1]["by"] == ada.user.email


@pytest.mark.parametrize("path", ["", "/readiness", "/authorizations"])
def test_what_one_may_not_know_of_is_not_there(path: str, ada: Browser) -> None:
    connection = ConnectionFactory(owner=ada.user)
    builder = Browser(UserFactory(flow_builder=True))
    response = builder.client.get(f"{API}connections/{connection.pk}{path}")
    assert (response.status_code, response.json()["code"]) == (404, "access.not_found")
    assert Client().get(f"{API}connections/{connection.pk}{path}").status_code == 401


def test_the_list_comes_in_pages_by_cursor(ada: Browser) -> None:
    made = {ConnectionFactory(owner=ada.user).nickname for _each in range(5)}
    seen: list[str] = []
    cursor = ""
    for _page in range(3):
        body = get(ada, "connections", limit=2, sort="nickname", cursor=cursor)
        seen += [each["nickname"] for each in body["items"]]
        assert body["total"] == 5
        cursor = body["next_cursor"] or ""
    assert (sorted(seen), cursor) == (sorted(made), "")


@pytest.mark.parametrize("cursor", ["!", "cGFnZTow", "b3RoZXI6MQ", "cGFnZTotMQ", "é"])
def test_a_cursor_that_was_not_given_out_is_refused(cursor: str, ada: Browser) -> None:
    response = ada.client.get(f"{API}connections", {"cursor": cursor})
    assert response.status_code == 422
    assert "cursor" in response.json()["fields"]


def test_the_list_is_filtered_as_on_the_page(ada: Browser) -> None:
    ConnectionFactory(owner=ada.user, nickname="Payroll")
    ConnectionFactory(owner=ada.user, nickname="Press", status="blocked")
    assert [each["nickname"] for each in get(ada, "connections", search="payr")["items"]] == ["Payroll"]
    assert [each["nickname"] for each in get(ada, "connections", status="blocked")["items"]] == ["Press"]
    assert ada.client.get(f"{API}connections", {"status": "nonsense"}).status_code == 422
    assert ada.client.get(f"{API}connections", {"limit": "0"}).status_code == 422
