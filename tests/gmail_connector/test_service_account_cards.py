"""The cards that work through a service account, as people run them; and the choices they offer."""

from typing import Any

import pytest

from connections.models import Connection, Status
from flows.cards import AnyCard
from gmail_connector.connector import CARDS
from gmail_connector.scopes import CLOUD_PLATFORM, SETTINGS_SHARING
from gmail_connector.service_account import ENTER, projects, service_accounts
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.consents import Browser
from tests.gmail_connector.conftest import Connect
from tests.gmail_connector.runs import CLEO, failure, outputs, paths, run
from tests.staged_google import (
    add_projects,
    change_account,
    cloud_calls,
    gmail_calls,
    register_delegation,
    settings_of,
    stage,
)

pytestmark = pytest.mark.django_db

BEN = "ben@acme.example"
OF_SETTINGS = {
    "gmail.add_delegate",
    "gmail.delete_delegate",
    "gmail.list_delegates",
    "gmail.add_send_as_alias",
    "gmail.delete_send_as_alias",
    "gmail.forward_emails",
}
each_card = pytest.mark.parametrize(
    "card", [card for card in CARDS if card.key in OF_SETTINGS], ids=lambda card: card.key
)


@each_card
def test_a_card_acts_on_somebody_elses_mailbox(
    google: RunningSandbox, person: Browser, connect: Connect, card: AnyCard
) -> None:
    outputs(run(person, connect(), card.key))
    assert {entry["account"] for entry in gmail_calls(google)} == {BEN}
    assert len(gmail_calls(google)) <= 4


@each_card
def test_delegation_of_just_its_scopes_will_do_and_less_will_not(
    google: RunningSandbox, person: Browser, connect: Connect, card: AnyCard
) -> None:
    connection = connect()
    assert card.needs.role is not None
    needed = card.needs.role.delegated_scopes
    register_delegation(google, needed[1:] or (SETTINGS_SHARING,))
    error = failure(run(person, connection, card.key))
    assert error.code == "delegation.missing"
    assert gmail_calls(google) == []
    register_delegation(google, needed)
    outputs(run(person, connection, card.key))


@each_card
def test_a_mailbox_without_gmail_is_named_and_leaves_the_connection_as_it_is(
    google: RunningSandbox, person: Browser, connect: Connect, card: AnyCard
) -> None:
    connection = connect()
    change_account(google, BEN, has_gmail=False)
    error = failure(run(person, connection, card.key))
    assert error.code == "mailbox.gmail_not_enabled"
    assert BEN in error.cause
    connection.refresh_from_db()
    assert (connection.status, connection.failure) == (Status.ACTIVE, None)
    assert len(gmail_calls(google)) == 1


def test_a_failure_changes_nothing_and_says_so(google: RunningSandbox, person: Browser, connect: Connect) -> None:
    stage(google, "gmail:settings_500")
    assert failure(run(person, connect(), "gmail.add_delegate")).code == "google.unavailable"
    assert settings_of(google, BEN)["delegates"] == []


def test_a_service_account_may_be_typed(google: RunningSandbox, person: Browser, connect: Connect) -> None:
    typed = {"project": ENTER, "service_account": None, "service_account_email": SERVICE_ACCOUNT}
    assert outputs(run(person, connect(), "gmail.add_delegate", **typed))["delegate_email"] == CLEO
    assert paths(google) == ["GET settings/delegates", "POST settings/delegates"]


def test_a_password_is_not_in_what_a_run_gives_or_keeps(person: Browser, connect: Connect) -> None:
    given = {
        "smtp_host": "smtp.other.example",
        "port": 587,
        "password": "open sesame",
        "send_as_email": "a@other.example",
    }
    ended = run(person, connect(), "gmail.add_send_as_alias", alias_type="custom", **given)
    assert "open sesame" not in str(outputs(ended))
    step = ended.steps.get()
    assert "open sesame" not in str(vars(step))


# ------------------------------------------------------------------ choices


def chosen(connection: Connection, **options: Any) -> list[tuple[str, str]]:
    return [(each.label, each.value) for each in service_accounts(connection, options).items]


def test_projects_end_with_the_way_round_them(google: RunningSandbox, connect: Connect) -> None:
    found = projects(connect(), {})
    assert [each.value for each in found.items] == ["acme-automation", "acme-payroll", "acme-reports", ENTER]
    assert found.items[-1].label == "Enter Service Account Email"
    assert (found.is_cut, found.finding) == (False, None)
    assert len(cloud_calls(google)) == 1


def test_of_very_many_projects_a_hundred_are_offered(google: RunningSandbox, connect: Connect) -> None:
    connection = connect()
    add_projects(google, 120, seen_by="ada@acme.example")
    found = projects(connection, {})
    assert (len(found.items), found.is_cut) == (101, True)


def test_where_projects_cannot_be_listed_only_the_way_round_them_is_left(
    google: RunningSandbox, connect: Connect
) -> None:
    connection = connect()
    stage(google, "resource_manager:api_not_enabled")
    found = projects(connection, {})
    assert [each.value for each in found.items] == [ENTER]
    assert found.finding is not None


def test_service_accounts_are_those_of_the_project(google: RunningSandbox, connect: Connect) -> None:
    connection = connect()
    (only,) = chosen(connection, project="acme-automation")
    assert only[1] == SERVICE_ACCOUNT
    assert chosen(connection) == chosen(connection, project=ENTER) == []
    assert len(cloud_calls(google)) == 1
    connection.default_project = "acme-automation"
    assert chosen(connection) == [only]


def test_why_service_accounts_cannot_be_listed_is_said(google: RunningSandbox, connect: Connect) -> None:
    connection = connect()
    stage(google, "iam:listing_denied")
    found = service_accounts(connection, {"project": "acme-automation"})
    assert found.items == ()
    assert found.finding is not None


def test_without_cloud_platform_the_finding_is_the_scope(connect: Connect) -> None:
    found = projects(connect("ada@acme.example", SETTINGS_SHARING), {})
    assert [each.value for each in found.items] == [ENTER]
    assert found.finding is not None
    assert CLOUD_PLATFORM.rpartition("/")[2] in found.finding.cause
