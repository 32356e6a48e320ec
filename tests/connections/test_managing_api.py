"""Changing connections over HTTP: the operations' own rights and words, and a version with every edit."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from access.middleware import SIGNED_IN_AT
from access.models import AuditEntry
from access.operations.create_api_key import create_api_key
from connections.models import Connection, Status
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.connections.uses import Flows, registered_flows
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.staged_google import requests_to, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Browser:
    return Browser(UserFactory(administrator=True))


@pytest.fixture
def flows() -> Iterator[Flows]:
    with registered_flows() as registered:
        yield registered


def call(browser: Browser, method: str, connection: Connection, path: str = "", **body: Any) -> tuple[int, Any]:
    response = browser.client.generic(
        method, f"/api/v1/connections/{connection.pk}{path}", json.dumps(body), content_type="application/json"
    )
    return response.status_code, json.loads(response.content)


def test_an_edit_carries_the_version_it_was_read_with(ada: Browser) -> None:
    connection = ConnectionFactory(owner=ada.user, nickname="Old")
    status, body = call(ada, "PATCH", connection, version=1, nickname="New")
    assert (status, body["nickname"], body["version"]) == (200, "New", 2)
    status, body = call(ada, "PATCH", connection, version=1, description="Too late")
    assert (status, body["code"]) == (409, "edit.stale")
    status, body = call(ada, "PATCH", connection, nickname="Without")
    assert (status, set(body["fields"])) == (422, {"version"})


def test_nickname_and_owner_change_together_or_not_at_all(ada: Browser) -> None:
    ben = UserFactory(flow_builder=True)
    connection = ConnectionFactory(owner=ada.user, nickname="Old")
    status, body = call(ada, "PATCH", connection, version=1, nickname="New", owner="nobody@console.example")
    assert (status, set(body["fields"])) == (422, {"owner"})
    connection.refresh_from_db()
    assert connection.nickname == "Old"
    status, body = call(ada, "PATCH", connection, version=1, nickname="New", owner=ben.email)
    assert (status, body["owner"], body["nickname"]) == (200, ben.email, "New")


def test_a_taken_nickname_is_a_conflict(ada: Browser) -> None:
    ConnectionFactory(nickname="Taken")
    status, body = call(ada, "PATCH", ConnectionFactory(owner=ada.user), version=1, nickname="taken")
    assert (status, body["code"]) == (409, "nickname.taken")


def test_pause_and_resume_answer_with_the_new_status(ada: Browser) -> None:
    connection = ConnectionFactory(owner=ada.user)
    status, body = call(ada, "POST", connection, "/pause")
    assert (status, body["status"], body["status_cause"]["code"]) == (200, "paused", "connection.paused")
    status, body = call(ada, "POST", connection, "/resume")
    assert (status, body["status"]) == (200, "active")


def test_sharing_tells_with_whom(ada: Browser) -> None:
    ben = UserFactory(flow_builder=True)
    connection = ConnectionFactory(owner=ada.user)
    status, body = call(ada, "POST", connection, "/share", version=1, sharing="people", people=[ben.email])
    assert (status, body["sharing"], body["shared_with"], body["version"]) == (200, "people", [ben.email], 2)
    status, body = call(ada, "POST", connection, "/share", version=2, sharing="people", people=["who@else.example"])
    assert (status, set(body["fields"])) == (422, {"people"})


def test_impact_names_uses_waiting_runs_and_siblings(ada: Browser, flows: Flows) -> None:
    builder = Browser(UserFactory(flow_builder=True))
    connection = ConnectionFactory(owner=builder.user)
    sibling = ConnectionFactory(owner=ada.user, nickname="Sibling", account_sub=connection.account_sub)
    flows.add(connection, "Answer customers", waiting_runs=3)
    status, body = call(ada, "GET", connection, "/impact")
    assert status == 200
    assert [use["title"] for use in body["uses"]] == ["Answer customers"]
    assert (body["waiting_runs"], body["hidden_siblings"]) == (3, 0)
    assert body["siblings"] == [{"id": str(sibling.pk), "nickname": "Sibling", "status": "active"}]
    _status, body = call(builder, "GET", connection, "/impact")
    assert (body["siblings"], body["hidden_siblings"]) == ([], 1)


def test_deleting_answers_with_what_became_of_the_grant(google: RunningSandbox, ada: Browser) -> None:
    connection, sibling = ada.connect("First"), ada.connect("Sibling")
    status, body = call(ada, "DELETE", connection)
    assert (status, body["grant"], body["siblings"], body["tried_until"]) == (200, "kept", 1, None)
    assert call(ada, "GET", connection)[0] == 404
    assert call(ada, "DELETE", connection)[0] == 404
    stage(google, "503_before", path="/revoke", count=1)
    status, body = call(ada, "DELETE", sibling)
    assert (status, body["grant"]) == (200, "waiting")
    assert body["tried_until"]
    assert len(requests_to(google, "/revoke")) == 1


def test_in_use_it_takes_the_nickname_to_confirm(google: RunningSandbox, ada: Browser, flows: Flows) -> None:
    connection = ada.connect("Support inbox")
    flows.add(connection, "Answer customers", waiting_runs=1)
    status, body = call(ada, "DELETE", connection)
    assert (status, body["code"]) == (409, "connection.in_use")
    assert (body["places"], body["waiting_runs"]) == (["Answer customers"], 1)
    assert call(ada, "DELETE", connection, "?confirm=Support+inbox")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"version": 1, "description": "x"}),
        ("DELETE", "", {}),
        ("POST", "/pause", {}),
        ("POST", "/resume", {}),
        ("POST", "/share", {"version": 1, "sharing": "everyone"}),
    ],
)
def test_who_may_not_is_told_and_who_may_not_know_finds_nothing(
    ada: Browser, method: str, path: str, body: dict[str, Any]
) -> None:
    connection = ConnectionFactory(owner=ada.user)
    builder, auditor = Browser(UserFactory(flow_builder=True)), Browser(UserFactory(auditor=True))
    assert call(builder, method, connection, path, **body)[0] == 404
    assert call(auditor, method, connection, path, **body)[1]["code"] == "access.not_permitted"
    connection.refresh_from_db()
    assert (connection.version, connection.status) == (1, Status.ACTIVE)
    assert not AuditEntry.objects.filter(object_kind="connection").exists()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "", {}),
        ("POST", "/share", {"version": 1, "sharing": "everyone"}),
        ("PATCH", "", {"version": 1, "owner": "bea@console.example"}),
    ],
)
def test_with_a_session_what_is_dangerous_needs_a_fresh_password_and_with_a_key_it_does_not(
    ada: Browser, method: str, path: str, body: dict[str, Any]
) -> None:
    connection = ConnectionFactory(owner=ada.user)
    UserFactory(email="bea@console.example", connection_manager=True)
    session = ada.client.session
    session[SIGNED_IN_AT] = (now() - timedelta(minutes=16)).timestamp()
    session.save()
    assert call(ada, method, connection, path, **body)[1]["code"] == "access.not_fresh"
    assert call(ada, "PATCH", connection, version=1, description="Not dangerous")[0] == 200
    key = create_api_key(
        ada.actor, owner=ada.user, name="k", permissions=["connection.view", "connection.share", "connection.delete"]
    )
    response = Client().generic(
        method,
        f"/api/v1/connections/{connection.pk}{path}",
        json.dumps({**body, "version": 2} if body else {}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key.secret}"},
    )
    assert response.status_code == 200, response.content
