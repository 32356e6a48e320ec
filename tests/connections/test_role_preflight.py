"""Before a card acts through a service account: each thing that may be missing is a finding, and Gmail isn't called."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from connections.models import Connection
from connections.operations.get_delegated_token import get_delegated_token
from connections.operations.set_default_service_account import set_default_service_account
from connections.role_errors import DelegationMissing
from google_sandbox.cloud.roles import SERVICE_ACCOUNT_USER, TOKEN_CREATOR
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from kernel.clock import now
from kernel.errors import ConsoleError, Fixer, Retry
from tests.connections.roles import ADA, BASIC, BEN, CLEO, DORA, ON_BEN, PROJECT, SHARING, facts, preflight
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import (
    change_account,
    cloud_calls,
    gmail_calls,
    grant_role,
    register_delegation,
    remove_delegation,
    requests_to,
    stage,
    withdraw_role,
)

pytestmark = pytest.mark.django_db
Stage = Callable[[RunningSandbox], None]
CLOUD, WORKSPACE = Fixer.CLOUD_PROJECT_ADMINISTRATOR, Fixer.WORKSPACE_ADMINISTRATOR
ALL_MET = {
    "iam.serviceAccounts.actAs": "met",
    "iam.serviceAccounts.signJwt": "met",
    "gmail.settings.basic": "met",
    "gmail.settings.sharing": "met",
}


@pytest.fixture
def person() -> Browser:
    return Browser(UserFactory(administrator=True))


@pytest.fixture
def connection(google: RunningSandbox, person: Browser) -> Connection:
    return connected(google, person)


def connected(google: RunningSandbox, person: Browser, account: str = ADA) -> Connection:
    made = person.connect(account, account)
    google.sandbox.journal.clear()
    return made


@pytest.fixture
def later() -> Iterator[Callable[..., None]]:
    """Let time pass, for the console and for the sandbox in this process."""
    with time_machine.travel(now(), tick=True) as traveller:
        yield lambda **delta: traveller.shift(timedelta(**delta))


def finding_of(connection: Connection) -> ConsoleError:
    with pytest.raises(ConsoleError) as stopped:
        preflight(connection)
    return stopped.value


def methods(google: RunningSandbox) -> list[str]:
    return [entry["path"].rpartition(":")[2] for entry in cloud_calls(google)]


# ------------------------------------------------------------------ what may be missing


def both_on_the_account(google: RunningSandbox) -> None:
    """As the world begins: Ada has both roles on the account and neither on its project."""


def both_on_the_project(google: RunningSandbox) -> None:
    for role in (SERVICE_ACCOUNT_USER, TOKEN_CREATOR):
        withdraw_role(google, ADA, role)
        grant_role(google, ADA, role, on=PROJECT)


@pytest.mark.parametrize("roles", [both_on_the_account, both_on_the_project])
def test_a_role_on_the_account_alone_or_on_the_project_alone_will_do(
    google: RunningSandbox, connection: Connection, roles: Stage
) -> None:
    roles(google)
    preflight(connection)
    assert facts(connection) == ALL_MET
    assert methods(google) == ["testIamPermissions", "signJwt"]
    assert gmail_calls(google) == []


def test_user_on_the_project_and_token_creator_on_the_account_will_do(google: RunningSandbox, person: Browser) -> None:
    preflight(connected(google, person, DORA))


def test_both_permissions_are_asked_of_the_account_itself_in_one_call(
    google: RunningSandbox, connection: Connection
) -> None:
    preflight(connection)
    (asked,) = requests_to(google, "/v1/projects/-/serviceAccounts/")[:1]
    assert asked["path"].endswith(f"/{SERVICE_ACCOUNT}:testIamPermissions")


@pytest.mark.parametrize(
    ("account", "code"), [(CLEO, "role.service_account_user_missing"), (BEN, "role.token_creator_missing")]
)
def test_a_missing_role_is_named_with_who_grants_it(
    google: RunningSandbox, person: Browser, account: str, code: str
) -> None:
    connection = connected(google, person, account)
    finding = finding_of(connection)
    assert (finding.code, finding.fixer, finding.retry) == (code, CLOUD, Retry.AFTER_FIX)
    assert account in finding.remedy
    assert SERVICE_ACCOUNT in finding.remedy
    assert methods(google) == ["testIamPermissions"]
    assert gmail_calls(google) == []
    assert facts(connection)["iam.serviceAccounts.signJwt"] == "missing"


def test_a_missing_delegation_gives_the_client_id_and_every_scope_to_paste(
    google: RunningSandbox, connection: Connection
) -> None:
    remove_delegation(google)
    finding = finding_of(connection)
    assert isinstance(finding, DelegationMissing)
    assert (finding.code, finding.fixer) == ("delegation.missing", WORKSPACE)
    assert finding.missing == [BASIC, SHARING]
    assert finding.client_id.isdecimal()
    assert finding.client_id in finding.remedy
    assert f"{BASIC},{SHARING}" in finding.remedy
    assert "up to 24 hours" in finding.cause
    assert facts(connection) | {"gmail.settings.basic": "missing", "gmail.settings.sharing": "missing"} == facts(
        connection
    )
    assert gmail_calls(google) == []


def test_which_scope_is_missing_is_found_out(google: RunningSandbox, connection: Connection) -> None:
    register_delegation(google, (BASIC,))
    finding = finding_of(connection)
    assert isinstance(finding, DelegationMissing)
    assert finding.missing == [SHARING]
    assert "with gmail.settings.sharing:" in finding.cause
    assert finding.scopes == [BASIC, SHARING]
    assert facts(connection)["gmail.settings.sharing"] == "missing"
    assert "gmail.settings.basic" not in facts(connection)


def test_a_client_id_that_may_not_be_read_is_said_where_to_find(google: RunningSandbox, connection: Connection) -> None:
    remove_delegation(google)
    stage(google, "500_before", path=f"*/serviceAccounts/{SERVICE_ACCOUNT}", method="GET")
    assert "its Unique ID in the Google Cloud console" in finding_of(connection).remedy


def test_a_delegation_not_yet_in_effect_is_found_again_once_it_is(
    google: RunningSandbox, connection: Connection
) -> None:
    stage(google, "delegation:not_in_effect")
    assert finding_of(connection).code == "delegation.missing"
    google.sandbox.scenarios.clear()
    preflight(connection)
    assert facts(connection) == ALL_MET


def test_a_service_account_that_is_not_there_or_may_not_be_seen(google: RunningSandbox, connection: Connection) -> None:
    of = replace(ON_BEN, service_account="gone@acme-automation.iam.gserviceaccount.com")
    with pytest.raises(ConsoleError) as stopped:
        preflight(connection, of)
    assert (stopped.value.code, stopped.value.fixer) == ("role.service_account_unknown", CLOUD)
    assert [fact.value["answer"] for fact in connection.facts.filter(name__startswith="gone@")] == [
        "could not check"
    ] * 2


@pytest.mark.parametrize("mailbox", ["nobody@acme.example", "hanna@gmail.com"])
def test_an_unknown_mailbox_says_nothing_of_the_connection(
    google: RunningSandbox, connection: Connection, mailbox: str
) -> None:
    with pytest.raises(ConsoleError) as stopped:
        preflight(connection, replace(ON_BEN, mailbox=mailbox))
    assert (stopped.value.code, stopped.value.fixer) == ("mailbox.unknown", Fixer.YOU)
    assert set(facts(connection)) == {"iam.serviceAccounts.actAs", "iam.serviceAccounts.signJwt"}
    connection.refresh_from_db()
    assert connection.failure is None


def test_a_suspended_mailbox_is_not_the_connections_failure(google: RunningSandbox, connection: Connection) -> None:
    change_account(google, BEN, suspended=True)
    assert finding_of(connection).code == "mailbox.unknown"
    connection.refresh_from_db()
    assert (connection.status, connection.failure) == ("active", None)


def test_a_clock_that_is_off_is_the_operators(google: RunningSandbox, connection: Connection) -> None:
    stage(google, "jwt:clock_skew")
    finding = finding_of(connection)
    assert (finding.code, finding.fixer) == ("role.clock_wrong", Fixer.OPERATOR)
    assert "missing" not in facts(connection).values()


# ------------------------------------------------------------------ could not check


def iam_off(google: RunningSandbox) -> None:
    stage(google, "iam:api_not_enabled")


def credentials_off(google: RunningSandbox) -> None:
    stage(google, "iam_credentials:api_not_enabled")


def iam_fails(google: RunningSandbox) -> None:
    stage(google, "500_before", path="*:testIamPermissions", method="POST")


def signing_fails(google: RunningSandbox) -> None:
    stage(google, "503_before", path="*:signJwt", method="POST")


def token_endpoint_fails(google: RunningSandbox) -> None:
    stage(google, "token_endpoint:503", path="/token")


@pytest.mark.parametrize(
    ("staged", "code", "fixer"),
    [
        (iam_off, "role.unknown_api_off", CLOUD),
        (credentials_off, "role.unknown_api_off", CLOUD),
        (iam_fails, "role.unknown", Fixer.NOBODY),
        (signing_fails, "role.unknown", Fixer.NOBODY),
        (token_endpoint_fails, "role.unknown", Fixer.NOBODY),
    ],
)
def test_what_could_not_be_checked_stops_with_its_reason_and_is_no_missing_role(
    google: RunningSandbox, connection: Connection, staged: Stage, code: str, fixer: Fixer
) -> None:
    staged(google)
    finding = finding_of(connection)
    assert (finding.code, finding.fixer) == (code, fixer)
    assert "missing" not in facts(connection).values()
    assert gmail_calls(google) == []


def test_listing_denied_is_no_hindrance(google: RunningSandbox, connection: Connection) -> None:
    stage(google, "iam:listing_denied")
    preflight(connection)


def test_the_end_of_the_persons_own_grant_is_that_and_no_fact_about_roles(
    google: RunningSandbox, connection: Connection
) -> None:
    connection.credentials.update(access_expires_at=now())
    stage(google, "refresh:invalid_grant")
    assert finding_of(connection).code == "connection.needs_reauthorization"
    assert facts(connection) == {}


def test_a_token_that_google_refuses_is_refreshed_once(google: RunningSandbox, connection: Connection) -> None:
    with google.sandbox.store.transaction() as db:
        db.execute("UPDATE access_tokens SET expires_at = 0")
    preflight(connection)
    assert methods(google) == ["testIamPermissions", "testIamPermissions", "signJwt"]


# ------------------------------------------------------------------ what is known, and for how long


def test_a_fresh_yes_is_not_asked_again(
    google: RunningSandbox, connection: Connection, later: Callable[..., None]
) -> None:
    preflight(connection)
    google.sandbox.journal.clear()
    later(minutes=9)
    preflight(connection)
    assert google.sandbox.journal.entries() == []


def test_after_ten_minutes_everything_is_asked_anew_though_the_token_still_works(
    google: RunningSandbox, connection: Connection, later: Callable[..., None]
) -> None:
    preflight(connection)
    google.sandbox.journal.clear()
    remove_delegation(google)
    later(minutes=11)
    assert finding_of(connection).code == "delegation.missing"
    assert methods(google)[:2] == ["testIamPermissions", "signJwt"]


def test_how_long_is_a_setting(google: RunningSandbox, connection: Connection, settings: Settings) -> None:
    settings.ROLE_FACT_MINUTES = 0
    preflight(connection)
    preflight(connection)
    assert methods(google) == ["testIamPermissions", "signJwt"] * 2


def test_a_no_is_asked_again_at_once(google: RunningSandbox, person: Browser) -> None:
    connection = connected(google, person, BEN)
    assert finding_of(connection).code == "role.token_creator_missing"
    grant_role(google, BEN, TOKEN_CREATOR)
    preflight(connection)
    assert facts(connection) == ALL_MET


def test_another_mailbox_takes_a_token_of_its_own_but_no_check_of_roles(
    google: RunningSandbox, connection: Connection
) -> None:
    preflight(connection)
    preflight(connection, replace(ON_BEN, mailbox=CLEO))
    assert methods(google) == ["testIamPermissions", "signJwt", "signJwt"]


def test_token_creator_withdrawn_within_the_ten_minutes_is_kept(google: RunningSandbox, connection: Connection) -> None:
    preflight(connection)
    withdraw_role(google, ADA, TOKEN_CREATOR)
    with pytest.raises(ConsoleError) as stopped:
        preflight(connection, replace(ON_BEN, mailbox=CLEO))
    assert stopped.value.code == "role.token_creator_missing"
    assert facts(connection)["iam.serviceAccounts.signJwt"] == "missing"


def test_a_no_about_the_default_service_account_limits_the_connection_and_a_yes_lifts_it(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    set_default_service_account(
        person.actor, connection.pk, project=PROJECT, service_account=SERVICE_ACCOUNT, version=connection.version
    )
    remove_delegation(google)
    finding_of(connection)
    connection.refresh_from_db()
    assert connection.status == "limited"
    assert connection.status_cause is not None
    assert connection.status_cause["code"] == "delegation.missing"
    register_delegation(google)
    preflight(connection)
    connection.refresh_from_db()
    assert (connection.status, connection.status_cause) == ("active", None)


def test_a_no_about_another_service_account_limits_nothing(google: RunningSandbox, connection: Connection) -> None:
    remove_delegation(google)
    finding_of(connection)
    connection.refresh_from_db()
    assert connection.status == "active"


def test_an_organization_that_delegates_nothing_says_nothing_of_the_connections_own(
    google: RunningSandbox, connection: Connection
) -> None:
    """The mailbox is another organization's: what that one lacks isn't kept as the connection's lack."""
    elsewhere = next(
        row["email"]
        for row in _accounts(google)
        if row["hosted_domain"] and row["hosted_domain"] != "acme.example" and row["kind"] != "service_account"
    )
    with pytest.raises(ConsoleError):
        preflight(connection, replace(ON_BEN, mailbox=elsewhere))
    assert "missing" not in facts(connection).values()


def _accounts(google: RunningSandbox) -> list[dict[str, Any]]:
    with google.sandbox.store.read() as db:
        return [dict(row) for row in db.execute("SELECT * FROM accounts")]


def test_a_token_at_hand_is_enough_for_a_call(google: RunningSandbox, connection: Connection) -> None:
    preflight(connection)
    google.sandbox.journal.clear()
    get_delegated_token(connection, ON_BEN)
    assert google.sandbox.journal.entries() == []
