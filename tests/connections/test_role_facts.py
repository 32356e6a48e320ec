"""What is known about the default service account: set by whom may, learned by Check now, shown, and in the status."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from access.actor import Actor, Via
from access.models import AuditEntry
from connections.errors import TooManyStarts
from connections.extensions import Connector, get_connector
from connections.models import AccountType, Connection
from connections.operations.check_service_account import check_service_account
from connections.operations.set_default_service_account import set_default_service_account
from connections.readiness import (
    ACT_AS,
    SIGN_JWT,
    Answer,
    Known,
    Requirement,
    RoleFacts,
    State,
    card_readiness,
    coverage,
    derive_status,
    require_ready,
)
from connections.role_errors import DelegationMissing, RoleUnknown, ServiceAccountUserMissing, TokenCreatorMissing
from google_sandbox.cloud.roles import SERVICE_ACCOUNT_USER, TOKEN_CREATOR
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from kernel.clock import now
from kernel.errors import ConsoleError, EditStale, InputRejected, NotFound, NotPermitted
from tests.connections.roles import ADA, BASIC, BEN, CLEO, FORWARD, PROJECT, SHARING, facts
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import cloud_calls, gmail_calls, grant_role, register_delegation, stage, withdraw_role

pytestmark = pytest.mark.django_db
OTHER = "other@acme-automation.iam.gserviceaccount.com"
READ = "gmail.read_email"


@pytest.fixture
def person() -> Browser:
    return Browser(UserFactory(administrator=True))


@pytest.fixture
def connection(google: RunningSandbox, person: Browser) -> Connection:
    return with_default(google, person, ADA)


def with_default(google: RunningSandbox, person: Browser, account: str) -> Connection:
    made = choose(person, person.connect(account, account))
    google.sandbox.journal.clear()
    return made


def choose(person: Browser, connection: Connection, account: str = SERVICE_ACCOUNT) -> Connection:
    connection.refresh_from_db()
    return set_default_service_account(
        person.actor, connection.pk, project=PROJECT, service_account=account, version=connection.version
    )


def api(person: Browser, method: str, path: str, **body: Any) -> Any:
    answer = person.client.generic(method, f"/api/v1/connections/{path}", json.dumps(body), "application/json")
    return answer.json()


# ------------------------------------------------------------------ the default service account


def test_choosing_one_is_audited_and_asks_nothing_of_google(google: RunningSandbox, connection: Connection) -> None:
    assert (connection.default_project, connection.default_service_account) == (PROJECT, SERVICE_ACCOUNT)
    assert cloud_calls(google) == []
    entry = AuditEntry.objects.get(event="connection.service_account_changed")
    assert entry.difference == {"project": ["", PROJECT], "service account": ["", SERVICE_ACCOUNT]}


def test_choosing_the_same_again_changes_nothing(person: Browser, connection: Connection) -> None:
    version = connection.version
    assert choose(person, connection).version == version
    assert AuditEntry.objects.filter(event="connection.service_account_changed").count() == 1


@pytest.mark.parametrize(
    ("project", "account", "field"),
    [
        (PROJECT, "ben@acme.example", "service_account"),
        (PROJECT, "mailer", "service_account"),
        (PROJECT, f"{'x' * 200}@p.iam.gserviceaccount.com", "service_account"),
        (PROJECT, "a@p.iam.gserviceaccount.com.evil.example", "service_account"),
        (PROJECT, "a/../b@p.iam.gserviceaccount.com", "service_account"),
        ("Acme Automation", SERVICE_ACCOUNT, "project"),
        (PROJECT, "", "service_account"),
    ],
)
def test_what_cannot_be_one_is_refused(
    person: Browser, connection: Connection, project: str, account: str, field: str
) -> None:
    with pytest.raises(InputRejected) as refused:
        set_default_service_account(
            person.actor, connection.pk, project=project, service_account=account, version=connection.version
        )
    assert set(refused.value.fields) == {field}


def test_who_may_and_when(google: RunningSandbox, person: Browser, connection: Connection) -> None:
    auditor = Actor(user=UserFactory(auditor=True), via=Via.PAGE)
    given: dict[str, Any] = {"project": PROJECT, "service_account": OTHER, "version": connection.version}
    with pytest.raises(NotPermitted):
        set_default_service_account(auditor, connection.pk, **given)
    with pytest.raises(NotPermitted):
        check_service_account(auditor, connection.pk)
    with pytest.raises(NotFound):
        check_service_account(Actor(user=UserFactory(operator=True), via=Via.PAGE), connection.pk)
    with pytest.raises(EditStale):
        set_default_service_account(person.actor, connection.pk, **{**given, "version": 99})


# ------------------------------------------------------------------ Check now


def test_check_now_learns_roles_and_each_scope_on_the_own_mailbox(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    learned = check_service_account(person.actor, connection.pk)
    assert learned.refusals == ()
    assert facts(connection) == {
        ACT_AS: "met",
        SIGN_JWT: "met",
        "gmail.settings.basic": "met",
        "gmail.settings.sharing": "met",
    }
    assert gmail_calls(google) == []
    assert AuditEntry.objects.get(event="connection.service_account_checked").difference == {
        "service account": SERVICE_ACCOUNT,
        "refused": [],
    }


def test_check_now_says_which_scope_is_not_delegated(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    register_delegation(google, (BASIC,))
    (refusal,) = check_service_account(person.actor, connection.pk).refusals
    assert isinstance(refusal, DelegationMissing)
    assert (refusal.missing, refusal.scopes) == ([SHARING], [BASIC, SHARING])
    assert facts(connection)["gmail.settings.basic"] == "met"
    connection.refresh_from_db()
    assert connection.status == "limited"
    assert connection.status_cause is not None
    assert connection.status_cause["code"] == "delegation.missing"
    entry = AuditEntry.objects.filter(event="connection.status_changed").latest("at")
    assert entry.difference == {"status": ["active", "limited"], "cause": "delegation.missing"}


def test_without_token_creator_delegation_is_not_asked(google: RunningSandbox, person: Browser) -> None:
    connection = with_default(google, person, BEN)
    check_service_account(person.actor, connection.pk)
    assert facts(connection) == {ACT_AS: "met", SIGN_JWT: "missing"}
    assert len(cloud_calls(google)) == 1


def test_a_role_given_meanwhile_lifts_the_limit(google: RunningSandbox, person: Browser) -> None:
    connection = with_default(google, person, CLEO)
    check_service_account(person.actor, connection.pk)
    connection.refresh_from_db()
    assert connection.status == "limited"
    for role in (SERVICE_ACCOUNT_USER, TOKEN_CREATOR):
        grant_role(google, CLEO, role)
    check_service_account(person.actor, connection.pk)
    connection.refresh_from_db()
    assert connection.status == "active"


def test_what_could_not_be_checked_limits_nothing(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    stage(google, "iam:api_not_enabled")
    check_service_account(person.actor, connection.pk)
    assert set(facts(connection).values()) == {"could not check"}
    connection.refresh_from_db()
    assert connection.status == "active"


def test_a_default_that_changes_takes_its_noes_along(google: RunningSandbox, person: Browser) -> None:
    connection = with_default(google, person, CLEO)
    check_service_account(person.actor, connection.pk)
    choose(person, connection, OTHER)
    connection.refresh_from_db()
    assert connection.status == "active"
    choose(person, connection)
    connection.refresh_from_db()
    assert connection.status == "limited"
    set_default_service_account(person.actor, connection.pk, project="", service_account="", version=connection.version)
    connection.refresh_from_db()
    assert (connection.status, connection.default_service_account) == ("active", "")


def test_without_a_default_there_is_nothing_to_check(google: RunningSandbox, person: Browser) -> None:
    connection = person.connect()
    with pytest.raises(InputRejected):
        check_service_account(person.actor, connection.pk)
    assert cloud_calls(google) == []


def test_a_paused_connection_is_not_checked(google: RunningSandbox, person: Browser, connection: Connection) -> None:
    Connection.objects.update(paused_at=now())
    with pytest.raises(ConsoleError) as stopped:
        check_service_account(person.actor, connection.pk)
    assert stopped.value.code == "connection.paused"
    assert cloud_calls(google) == []


def test_it_counts_as_a_probe(person: Browser, connection: Connection, settings: Settings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"probe": 1}
    check_service_account(person.actor, connection.pk)
    with pytest.raises(TooManyStarts):
        check_service_account(person.actor, connection.pk)


# ------------------------------------------------------------------ Test, by API and command


def test_the_test_of_a_connection_learns_them_too(
    google: RunningSandbox, person: Browser, connection: Connection
) -> None:
    withdraw_role(google, ADA, TOKEN_CREATOR)
    answer = api(person, "POST", f"{connection.pk}/checks")
    steps = {step["step"]: (step["answer"], step["problem"] and step["problem"]["code"]) for step in answer["steps"]}
    assert steps["service_account_user"] == ("met", None)
    assert steps["token_creator"] == ("missing", "role.token_creator_missing")
    assert answer["status"] == "limited"
    (forward,) = (card for card in answer["readiness"] if card["card"] == FORWARD)
    assert not forward["ready"]


def test_the_command_prints_them(google: RunningSandbox, person: Browser, connection: Connection) -> None:
    register_delegation(google, (BASIC,))
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("connections", "check", connection.nickname, stdout=out)
    said = " ".join(out.getvalue().split())
    assert "service_account_user met token_creator met" in said
    assert "delegation of gmail.settings.basic met" in said
    assert "delegation of gmail.settings.sharing missing" in said
    assert "Domain-wide delegation in the Google Admin console" in said


def test_the_api_sets_shows_and_clears_the_default(google: RunningSandbox, person: Browser) -> None:
    connection = person.connect()
    shown = api(person, "GET", str(connection.pk))
    assert (shown["default_project"], shown["default_service_account"]) == ("", "")
    edit = {"default_project": PROJECT, "default_service_account": SERVICE_ACCOUNT}
    shown = api(person, "PATCH", str(connection.pk), version=shown["version"], **edit)
    assert (shown["default_project"], shown["default_service_account"]) == (PROJECT, SERVICE_ACCOUNT)
    shown = api(person, "PATCH", str(connection.pk), version=shown["version"], default_project="acme-reports")
    assert (shown["default_project"], shown["default_service_account"]) == ("acme-reports", SERVICE_ACCOUNT)
    shown = api(
        person, "PATCH", str(connection.pk), version=shown["version"], default_project="", default_service_account=""
    )
    assert (shown["default_project"], shown["default_service_account"]) == ("", "")
    refused = api(
        person, "PATCH", str(connection.pk), version=shown["version"], nickname="New", default_service_account="x@y.z"
    )
    assert set(refused["fields"]) == {"service_account"}
    assert api(person, "GET", str(connection.pk))["nickname"] == connection.nickname


def test_the_api_gives_the_grid_by_requirement(google: RunningSandbox, person: Browser) -> None:
    connection = with_default(google, person, BEN)
    check_service_account(person.actor, connection.pk)
    grid = {card["card"]: card for card in api(person, "GET", f"{connection.pk}/readiness")}
    cells = {cell["requirement"]: cell for cell in grid[FORWARD]["requirements"]}
    assert {name: cell["answer"] for name, cell in cells.items()} == {
        "Connection usable": "met",
        "Workspace account": "met",
        "Scopes": "met",
        "Service Account User role": "met",
        "Service Account Token Creator role": "missing",
        "Domain-wide delegation": "could not check",
    }
    assert cells["Service Account Token Creator role"]["problem"]["code"] == "role.token_creator_missing"
    assert cells["Service Account Token Creator role"]["learned_at"]
    assert cells["Domain-wide delegation"]["learned_at"] is None
    assert not grid[FORWARD]["ready"]
    assert grid[READ]["ready"]
    assert {cell["answer"] for cell in grid[READ]["requirements"][3:]} == {"not needed"}


# ------------------------------------------------------------------ readiness and status, of facts alone

AT = now() - timedelta(minutes=3)
MET = Known(answer=Answer.MET, learned_at=AT)
NO_ROLE = ServiceAccountUserMissing(email=ADA, service_account=SERVICE_ACCOUNT)
NO_SIGNING = TokenCreatorMissing(email=ADA, service_account=SERVICE_ACCOUNT)
NOT_DELEGATED = DelegationMissing(
    service_account=SERVICE_ACCOUNT, mailbox=ADA, client_id="1", missing=[SHARING], scopes=[BASIC, SHARING]
)
NOT_KNOWN = RoleUnknown(email=ADA, service_account=SERVICE_ACCOUNT, reason="Google answered 500")


def no(finding: ConsoleError) -> Known:
    return Known(answer=Answer.MISSING, learned_at=AT, finding=finding)


ALL = RoleFacts(
    service_account=SERVICE_ACCOUNT,
    permissions={ACT_AS: MET, SIGN_JWT: MET},
    delegation={BASIC: MET, SHARING: MET},
)
NONE = RoleFacts(service_account=SERVICE_ACCOUNT)
UNKNOWN = Known(answer=Answer.UNKNOWN, learned_at=AT, finding=NOT_KNOWN)
WELL = State(
    nickname="Support",
    account_email=ADA,
    account_type=AccountType.WORKSPACE,
    requested=frozenset(),
    granted=frozenset(),
    role=ALL,
)


@pytest.fixture
def gmail() -> Connector:
    return get_connector("gmail")


def well(gmail: Connector, role: RoleFacts | None) -> State:
    granted = frozenset(gmail.default_scopes)
    return replace(WELL, requested=granted, granted=granted, role=role)


@pytest.mark.parametrize(
    ("role", "answers", "is_ready", "code"),
    [
        (ALL, "met met met", True, None),
        (NONE, "could not check could not check could not check", True, None),
        (None, "depends depends depends", True, None),
        (replace(ALL, permissions={ACT_AS: no(NO_ROLE), SIGN_JWT: MET}), "missing met met", False, NO_ROLE.code),
        (replace(ALL, permissions={ACT_AS: MET, SIGN_JWT: no(NO_SIGNING)}), "met missing met", False, NO_SIGNING.code),
        (replace(ALL, permissions={ACT_AS: UNKNOWN, SIGN_JWT: MET}), "could not check met met", True, None),
        (replace(ALL, delegation={BASIC: MET}), "met met could not check", True, None),
        (
            replace(ALL, delegation={BASIC: UNKNOWN, SHARING: no(NOT_DELEGATED)}),
            "met met missing",
            False,
            NOT_DELEGATED.code,
        ),
    ],
)
def test_a_cards_cells_and_the_status_follow_from_the_same_facts(
    gmail: Connector, role: RoleFacts | None, answers: str, code: str | None, *, is_ready: bool
) -> None:
    state = well(gmail, role)
    card = next(card for card in gmail.cards if card.key == FORWARD)
    readiness = card_readiness(state, card)
    assert " ".join(cell.answer for cell in readiness.cells[3:]) == answers
    assert readiness.is_ready is is_ready
    derived = derive_status(state)
    assert (derived.status, derived.cause and derived.cause.code) == ("limited" if code else "active", code)
    require_ready(state, card)  # a run is judged by what it asks anew


def test_each_cell_says_since_when(gmail: Connector) -> None:
    card = next(card for card in gmail.cards if card.key == FORWARD)
    cells = {cell.requirement: cell for cell in card_readiness(well(gmail, ALL), card).cells}
    assert cells[Requirement.ROLE].learned_at == AT
    assert cells[Requirement.SCOPES].learned_at is None


def test_a_card_that_needs_only_the_one_scope_is_not_stopped_by_the_other(gmail: Connector) -> None:
    state = well(gmail, replace(ALL, delegation={BASIC: MET, SHARING: no(NOT_DELEGATED)}))
    listing = next(card for card in gmail.cards if card.key == "gmail.list_delegates")
    assert card_readiness(state, listing).is_ready


def test_only_a_known_no_takes_cards_from_the_coverage(gmail: Connector) -> None:
    everything = coverage(well(gmail, None), gmail).served
    assert coverage(well(gmail, ALL), gmail).served == coverage(well(gmail, NONE), gmail).served == everything == 13
    lacking = replace(ALL, permissions={ACT_AS: no(NO_ROLE)})
    assert coverage(well(gmail, lacking), gmail).served == everything - 8


def test_withheld_scopes_come_before_roles_in_the_status(gmail: Connector) -> None:
    state = well(gmail, replace(ALL, permissions={ACT_AS: no(NO_ROLE)}))
    cause = derive_status(replace(state, granted=state.granted - {gmail.default_scopes[0]})).cause
    assert cause is not None
    assert cause.code == "scope.withheld"
