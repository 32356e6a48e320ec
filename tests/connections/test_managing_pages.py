"""The pages that change connections: what they show to whom, what they keep, and that each asks before it deletes."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from access.middleware import SIGNED_IN_AT
from access.models import AuditEntry, User
from connections.models import Connection, Sharing, Status
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.connections.uses import Flows, registered_flows
from tests.consents import Browser
from tests.factories import PASSWORD, ConnectionFactory, UserFactory
from tests.staged_google import requests_to, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory(name="Ada Lindqvist", email="ada@console.example", administrator=True)


@pytest.fixture
def connection(ada: User) -> Connection:
    made: Connection = ConnectionFactory(owner=ada, nickname="Support inbox")
    return made


@pytest.fixture
def flows() -> Iterator[Flows]:
    with registered_flows() as registered:
        yield registered


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def get(user: User, name: str, *ids: Any, **query: Any) -> str:
    response = client_of(user).get(reverse(name, args=ids), query)
    assert response.status_code == 200, response.content
    return response.content.decode()


def post(user: User, name: str, *ids: Any, **data: Any) -> HttpResponse:
    return client_of(user).post(reverse(name, args=ids), data)  # type: ignore[return-value]


# ------------------------------------------------------------------ Usage


def test_usage_lists_what_uses_it_and_what_waits(ada: User, connection: Connection, flows: Flows) -> None:
    assert "Nothing uses this connection" in get(ada, "connection_usage", connection.pk)
    flows.add(connection, "Answer customers", waiting_runs=1)
    flows.add(connection, "Weekly report")
    text = get(ada, "connection_usage", connection.pk)
    assert "Answer customers" in text
    assert "1 run under way" in text
    assert "2 uses" in text


# ------------------------------------------------------------------ Settings


def test_settings_offer_what_one_may(ada: User, connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(sharing=Sharing.EVERYONE)
    text = get(ada, "connection_settings", connection.pk)
    for name in ("share_connection", "change_owner", "pause_connection", "delete_connection"):
        assert reverse(name, args=[connection.pk]) in text
    operator = get(UserFactory(operator=True), "connection_settings", connection.pk)
    assert reverse("pause_connection", args=[connection.pk]) in operator
    for name in ("share_connection", "change_owner", "delete_connection"):
        assert reverse(name, args=[connection.pk]) not in operator
    assert 'name="nickname"' not in operator


def test_who_may_change_nothing_has_no_settings(connection: Connection) -> None:
    auditor = UserFactory(auditor=True)
    assert reverse("connection_settings", args=[connection.pk]) not in get(auditor, "connection", connection.pk)
    assert client_of(auditor).get(reverse("connection_settings", args=[connection.pk])).status_code == 403


def test_renaming_comes_back_to_settings_and_says_so(ada: User, connection: Connection) -> None:
    response = post(ada, "connection_settings", connection.pk, version=1, nickname="Care", description="For customers")
    assert response.headers["Location"] == reverse("connection_settings", args=[connection.pk])
    text = get(ada, "connection_settings", connection.pk)
    assert 'value="Care"' in text
    assert "For customers" in text


def test_what_was_typed_stays_when_it_can_not_be_saved(ada: User, connection: Connection) -> None:
    ConnectionFactory(nickname="Payroll")
    response = post(ada, "connection_settings", connection.pk, version=1, nickname="payroll", description="Kept text")
    text = response.content.decode()
    assert response.status_code == 409
    assert "Another connection is called “payroll”." in text
    assert 'value="payroll"' in text
    assert "Kept text" in text
    assert 'aria-invalid="true"' in text


def test_a_stale_form_keeps_what_was_typed_and_can_be_saved_knowingly(ada: User, connection: Connection) -> None:
    post(ada, "connection_settings", connection.pk, version=1, nickname="First", description="")
    response = post(ada, "connection_settings", connection.pk, version=1, nickname="Second", description="")
    text = response.content.decode()
    assert response.status_code == 409
    assert "This was changed meanwhile" in text
    assert 'value="Second"' in text
    assert "Saved now: First" in text
    assert '<input type="hidden" name="version" value="2">' in text
    assert post(ada, "connection_settings", connection.pk, version="x", nickname="No").status_code == 409
    assert post(ada, "connection_settings", connection.pk, version=2, nickname="Second").status_code == 302


# ------------------------------------------------------------------ Pause and resume


def test_pausing_comes_back_to_where_one_was(ada: User, connection: Connection) -> None:
    back = f"{reverse('connections')}?status=active"
    assert post(ada, "pause_connection", connection.pk, back=back).headers["Location"] == back
    assert Connection.objects.get(pk=connection.pk).status == Status.PAUSED
    settings = reverse("connection_settings", args=[connection.pk])
    for evil in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert post(ada, "resume_connection", connection.pk, back=evil).headers["Location"] == settings
    assert client_of(ada).get(reverse("pause_connection", args=[connection.pk])).status_code == 405


def test_settings_say_who_paused_it(ada: User, connection: Connection) -> None:
    post(ada, "pause_connection", connection.pk)
    text = get(ada, "connection_settings", connection.pk)
    assert "by Ada Lindqvist" in text
    assert reverse("resume_connection", args=[connection.pk]) in text


def test_the_way_on_stands_beside_the_cause(ada: User, connection: Connection) -> None:
    post(ada, "pause_connection", connection.pk)
    resume = reverse("resume_connection", args=[connection.pk])
    assert resume in get(ada, "connection", connection.pk)
    assert resume not in get(UserFactory(auditor=True), "connection", connection.pk)


# ------------------------------------------------------------------ Share and owner


def test_sharing_is_chosen_on_its_page(ada: User, connection: Connection) -> None:
    ben, gone = UserFactory(name="Ben Okafor", flow_builder=True), UserFactory(name="Gone", is_active=False)
    text = get(ada, "share_connection", connection.pk)
    assert ben.email in text
    assert gone.email not in text
    assert 'value="ada@console.example"' not in text
    response = post(ada, "share_connection", connection.pk, version=1, sharing="people")
    assert response.status_code == 422
    assert "Choose at least one person" in response.content.decode()
    response = post(ada, "share_connection", connection.pk, version=1, sharing="people", person=[ben.email])
    assert response.status_code == 302
    assert "Ben Okafor" in get(ada, "connection_settings", connection.pk)
    assert f'value="{ben.email}" checked' in get(ada, "share_connection", connection.pk)
    response = post(ada, "share_connection", connection.pk, version=1, sharing="everyone")
    assert response.status_code == 409


def test_who_hands_their_own_on_comes_back_to_the_list(connection: Connection) -> None:
    builder, other = UserFactory(flow_builder=True), UserFactory(flow_builder=True)
    own = ConnectionFactory(owner=builder)
    text = get(builder, "change_owner", own.pk)
    assert other.email in text
    assert UserFactory().email not in text
    assert post(builder, "change_owner", own.pk, version=1, owner="who@else.example").status_code == 422
    response = post(builder, "change_owner", own.pk, version=1, owner=other.email)
    assert response.headers["Location"] == reverse("connections")
    assert Connection.objects.get(pk=own.pk).owner == other


# ------------------------------------------------------------------ Delete


def test_delete_says_what_it_touches_before_anything_happens(ada: User, connection: Connection, flows: Flows) -> None:
    flows.add(connection, "Answer customers", waiting_runs=2)
    ConnectionFactory(owner=ada, nickname="Sibling", account_sub=connection.account_sub)
    text = get(ada, "delete_connection", connection.pk)
    for words in ("Answer customers", "2 runs under way", "1 other connection shares it and works on", "Sibling"):
        assert words in text
    assert "Type the nickname" in text
    assert Connection.objects.get(pk=connection.pk).deleted_at is None


def test_siblings_that_one_may_not_see_are_counted_and_not_named(ada: User, connection: Connection) -> None:
    builder = UserFactory(flow_builder=True)
    own = ConnectionFactory(owner=builder, account_sub=connection.account_sub)
    text = get(builder, "delete_connection", own.pk)
    assert "1 that you can’t see" in text
    assert connection.nickname not in text


def test_in_use_the_nickname_is_asked_for(google: RunningSandbox, ada: User, flows: Flows) -> None:
    connection = Browser(ada).connect("Support inbox")
    flows.add(connection, "Answer customers")
    for typed in ("", "Support"):
        response = post(ada, "delete_connection", connection.pk, confirmation=typed)
        assert response.status_code == 409
        assert "Nothing was deleted" in response.content.decode()
    response = post(ada, "delete_connection", connection.pk, confirmation="Support inbox")
    assert response.headers["Location"] == reverse("deleted_connection", args=[connection.pk])


def test_the_receipt_says_what_became_of_it(google: RunningSandbox, ada: User) -> None:
    browser = Browser(ada)
    first, sibling, other = (
        browser.connect("First"),
        browser.connect("Sibling"),
        browser.connect("Other", account="dora@acme.example"),
    )
    post(ada, "delete_connection", first.pk)
    assert "lives on: 1 other connection shares it" in get(ada, "deleted_connection", first.pk)
    post(ada, "delete_connection", sibling.pk)
    assert "Google has revoked the grant of ada@acme.example" in get(ada, "deleted_connection", sibling.pk)
    assert len(requests_to(google, "/revoke")) == 1
    stage(google, "503_before", path="/revoke", count=1)
    post(ada, "delete_connection", other.pk)
    text = get(ada, "deleted_connection", other.pk)
    assert "waits to be revoked" in text
    assert "by Ada Lindqvist" in text
    assert not [mark for mark in ("1//", "ya29.", "sealed_") if mark in text]
    response = client_of(ada).get(reverse("connection", args=[first.pk]))
    assert response.headers["Location"] == reverse("deleted_connection", args=[first.pk])


def test_the_audit_trail_leads_to_what_is_left(google: RunningSandbox, ada: User) -> None:
    connection = Browser(ada).connect()
    post(ada, "delete_connection", connection.pk)
    text = get(ada, "audit")
    assert "Connection deleted" in text
    assert "Connection grant revoked" in text
    followed = client_of(ada).get(reverse("connection", args=[connection.pk]), follow=True)
    assert "is deleted" in followed.content.decode()


def test_a_receipt_is_for_those_who_saw_the_connection(google: RunningSandbox, ada: User) -> None:
    connection = Browser(ada).connect()
    assert client_of(ada).get(reverse("deleted_connection", args=[connection.pk])).status_code == 404
    post(ada, "delete_connection", connection.pk)
    assert "is deleted" in get(UserFactory(auditor=True), "deleted_connection", connection.pk)
    builder = client_of(UserFactory(flow_builder=True))
    for name in ("deleted_connection", "connection", "delete_connection", "connection_settings"):
        assert builder.get(reverse(name, args=[connection.pk])).status_code == 404


@pytest.mark.parametrize("name", ["delete_connection", "share_connection", "change_owner"])
def test_what_is_dangerous_asks_for_the_password_again(name: str, ada: User, connection: Connection) -> None:
    client = client_of(ada)
    session = client.session
    session[SIGNED_IN_AT] = (now() - timedelta(minutes=16)).timestamp()
    session.save()
    for response in (
        client.get(reverse(name, args=[connection.pk])),
        client.post(reverse(name, args=[connection.pk]), {"version": 1, "sharing": "everyone"}),
    ):
        assert response.headers["Location"].startswith(reverse("account_reauthenticate"))
    connection.refresh_from_db()
    assert (connection.deleted_at, connection.version) == (None, 1)


def test_once_the_password_is_given_again_the_page_comes_back_and_deletes(google: RunningSandbox, ada: User) -> None:
    connection = Browser(ada).connect()
    address = reverse("delete_connection", args=[connection.pk])
    client = client_of(ada)
    session = client.session
    session[SIGNED_IN_AT] = (now() - timedelta(minutes=16)).timestamp()
    session.save()
    asked = client.get(address)
    back = client.post(asked.headers["Location"], {"password": PASSWORD})
    assert back.headers["Location"] == address
    assert "This can’t be undone." in client.get(address).content.decode()
    assert client.post(address).headers["Location"] == reverse("deleted_connection", args=[connection.pk])


# ------------------------------------------------------------------ row menu and bulk


def test_the_row_menu_offers_what_one_may(ada: User, connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(sharing=Sharing.EVERYONE)
    ways = ("connection_settings", "share_connection", "pause_connection", "delete_connection")
    expected = {"administrator": ways, "operator": ("pause_connection",), "flow_builder": (), "auditor": ()}
    for role, offered in expected.items():
        text = get(UserFactory(**{role: True}), "connections")
        assert reverse("connection_usage", args=[connection.pk]) in text
        assert tuple(way for way in ways if reverse(way, args=[connection.pk]) in text) == offered
        assert ('name="id"' in text) == bool(offered)


def test_the_preflight_says_what_is_left_out_and_why(ada: User, flows: Flows) -> None:
    builder = UserFactory(flow_builder=True)
    own = ConnectionFactory(owner=builder, nickname="Own")
    used = ConnectionFactory(owner=builder, nickname="Used")
    paused = ConnectionFactory(owner=builder, nickname="Paused", paused_at=now(), status=Status.PAUSED)
    shared = ConnectionFactory(owner=ada, nickname="Shared", sharing=Sharing.EVERYONE)
    hidden = ConnectionFactory(owner=ada, nickname="Hidden")
    flows.add(used, "Answer customers")
    ids = [each.pk for each in (own, used, paused, shared, hidden)]
    text = get(builder, "selected_connections", action="delete", id=ids)
    assert "Delete 2 connections?" in text
    assert "You may not delete it." in text
    assert "It is in use. Delete it by itself" in text
    assert "Hidden" not in text
    text = get(builder, "selected_connections", action="pause", id=ids)
    assert "Pause 2 connections?" in text
    assert "It is paused already." in text


def test_several_are_paused_and_resumed_at_once(ada: User) -> None:
    ids = [ConnectionFactory(owner=ada).pk for _each in range(3)]
    assert post(ada, "selected_connections", action="pause", id=ids).status_code == 302
    assert Connection.objects.filter(status=Status.PAUSED).count() == 3
    post(ada, "selected_connections", action="resume", id=ids[:2])
    assert Connection.objects.filter(status=Status.PAUSED).count() == 1


def test_what_one_may_not_is_not_done_by_asking_for_it(ada: User, flows: Flows) -> None:
    shared = ConnectionFactory(owner=ada, sharing=Sharing.EVERYONE)
    builder = UserFactory(flow_builder=True)
    used = ConnectionFactory(owner=builder)
    flows.add(used, "Answer customers")
    response = post(builder, "selected_connections", action="delete", id=[shared.pk, used.pk])
    assert "None of these can be deleted" in response.content.decode()
    assert Connection.objects.filter(deleted_at=None).count() == 2


def test_several_are_deleted_at_once_and_siblings_take_their_grant_along(google: RunningSandbox, ada: User) -> None:
    browser = Browser(ada)
    pair = [browser.connect("First"), browser.connect("Sibling")]
    text = get(ada, "selected_connections", action="delete", id=[each.pk for each in pair])
    assert text.count("Google is told to revoke its grant.") == 2
    client = client_of(ada)
    response = client.post(
        reverse("selected_connections"), {"action": "delete", "id": [each.pk for each in pair]}, follow=True
    )
    assert "2 connections are deleted" in response.content.decode()
    assert "Revoked at Google: 1. Kept there for other connections: 1." in response.content.decode()
    assert len(requests_to(google, "/revoke")) == 1


def test_with_google_down_several_are_deleted_after_one_try(google: RunningSandbox, ada: User) -> None:
    accounts = ("ada@acme.example", "dora@acme.example", "cleo@acme.example")
    ids = [Browser(ada).connect(each.partition("@")[0], account=each).pk for each in accounts]
    stage(google, "503_before", path="/revoke")
    post(ada, "selected_connections", action="delete", id=ids)
    assert not Connection.objects.filter(deleted_at=None).exists()
    assert len(requests_to(google, "/revoke")) == 1


def test_several_are_tested_at_once_as_far_as_a_minute_allows(
    google: RunningSandbox, ada: User, settings: Settings
) -> None:
    browser = Browser(ada)
    fine, ended = browser.connect("Fine"), browser.connect("Ended", account="dora@acme.example")
    third = browser.connect("Third")
    stage(google, "refresh:invalid_grant", account="dora@acme.example")
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "probe": 2}
    ids = [each.pk for each in (ended, fine, third)]
    response = client_of(ada).post(reverse("selected_connections"), {"action": "test", "id": ids}, follow=True)
    text = response.content.decode()
    assert "2 connections are tested. With findings: Ended." in text
    assert "Not tested: Third." in text
    assert Connection.objects.get(pk=ended.pk).status == Status.NEEDS_REAUTHORIZATION
    auditor = get(UserFactory(auditor=True), "selected_connections", action="test", id=ids)
    assert auditor.count("You may not test it.") == 3


@pytest.mark.parametrize(
    "query",
    [{}, {"action": "pause"}, {"action": "explode", "id": "x"}, {"action": "pause", "id": "x"}],
)
def test_a_selection_that_makes_no_sense_is_refused(ada: User, query: dict[str, str]) -> None:
    assert client_of(ada).get(reverse("selected_connections"), query).status_code == 422


# ------------------------------------------------------------------ CSV


def exported(user: User, **query: Any) -> list[dict[str, str]]:
    response = client_of(user).get(reverse("export_connections"), query)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(response).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


def test_every_row_that_the_filters_leave_is_exported(ada: User) -> None:
    for _each in range(55):
        ConnectionFactory(owner=ada)
    ConnectionFactory(owner=ada, nickname="Blocked one", status=Status.BLOCKED)
    assert len(exported(ada)) == 56
    (only,) = exported(ada, status="blocked")
    assert (only["Nickname"], only["Status"], only["Owner"]) == ("Blocked one", "Blocked", ada.email)
    entries = AuditEntry.objects.filter(event="connection.list_exported").order_by("sequence")
    assert [entry.difference for entry in entries] == [{"connections": 56}, {"connections": 1, "status": "blocked"}]
    assert "Connection list exported" in get(ada, "audit")


def test_no_cell_is_a_formula_and_none_a_secret(ada: User) -> None:
    ConnectionFactory(owner=ada, nickname='=HYPERLINK("http://evil.example")', description="@SUM(1)\n+1")
    (row,) = exported(ada)
    assert row["Nickname"].startswith("'=")
    assert row["Description"].startswith("'@")
    assert not [cell for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert not [cell for cell in row.values() if "ya29." in cell or "1//" in cell]


@pytest.mark.parametrize(
    ("role", "status"),
    [("administrator", 200), ("auditor", 200), ("connection_manager", 403), ("flow_builder", 403), ("operator", 403)],
)
def test_exports_are_for_administrators_and_auditors(role: str, status: int, connection: Connection) -> None:
    user = UserFactory(**{role: True})
    assert client_of(user).get(reverse("export_connections")).status_code == status
    Connection.objects.update(sharing=Sharing.EVERYONE)
    assert (reverse("export_connections") in get(user, "connections")) == (status == 200)
