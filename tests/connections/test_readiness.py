"""Status and readiness, derived by pure functions: the order of what holds, and what each card would meet."""

from dataclasses import replace

import pytest

from connections.errors import ConnectionBlocked, GrantEnded
from connections.extensions import CLOUD_PLATFORM, Connector, get_connector
from connections.models import AccountType
from connections.readiness import (
    State,
    card_readiness,
    coverage,
    derive_status,
    needed_scopes,
    require_ready,
    scope_coverage,
)
from connections.scope_errors import ScopeMissing, ScopesWithheld
from kernel.errors import ConsoleError, from_stored, to_stored

PREFIX = "https://www.googleapis.com/auth/"
READONLY, COMPOSE, SEND, MODIFY = (f"{PREFIX}gmail.{name}" for name in ("readonly", "compose", "send", "modify"))
SETTINGS_SHARING = f"{PREFIX}gmail.settings.sharing"
ENDED = GrantEnded(nickname="n", email="e", reason="r")
BLOCKED = ConnectionBlocked(reason="r", advice="a")

WELL = State(
    nickname="Support",
    account_email="ada@acme.example",
    account_type=AccountType.WORKSPACE,
    requested=frozenset({READONLY, SEND}),
    granted=frozenset({READONLY, SEND}),
)
PARTIAL = frozenset({SEND})


@pytest.fixture
def gmail() -> Connector:
    return get_connector("gmail")


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        (WELL, "active", None),
        (replace(WELL, granted=PARTIAL), "limited", "scope.withheld"),
        (replace(WELL, requested=PARTIAL), "active", None),
        (replace(WELL, granted=WELL.granted | {MODIFY}), "active", None),
        (replace(WELL, failure=BLOCKED, granted=PARTIAL), "blocked", "connection.blocked"),
        (replace(WELL, account_type=AccountType.GMAIL), "unsupported_account", "account.workspace_required"),
        (replace(WELL, account_type=AccountType.CONSUMER, failure=BLOCKED), "unsupported_account", None),
        (replace(WELL, account_type=AccountType.GMAIL, failure=ENDED), "needs_reauthorization", None),
        (replace(WELL, failure=ENDED), "needs_reauthorization", "connection.needs_reauthorization"),
        (replace(WELL, failure=ENDED, is_paused=True), "paused", "connection.paused"),
    ],
)
def test_the_first_that_holds_is_the_status(state: State, status: str, code: str | None) -> None:
    derived = derive_status(state)
    assert derived.status == status
    if code:
        assert derived.cause is not None
        assert derived.cause.code == code
    if status == "active":
        assert derived.cause is None


@pytest.mark.parametrize(
    ("scopes", "cause", "remedy"),
    [
        (["a"], "a was asked for, but not granted at Google. Cards that don't need it still run.", "tick its box"),
        (["a", "b"], "a and b were asked for, but not granted at Google.", "tick every box"),
        (["a", "b", "c"], "a, b and c were asked for", "tick every box"),
    ],
)
def test_withheld_scopes_are_named(scopes: list[str], cause: str, remedy: str) -> None:
    error = from_stored(to_stored(ScopesWithheld(scopes=scopes)))
    assert error.cause.startswith(cause)
    assert remedy in error.remedy


def test_a_card_names_the_scope_that_was_asked_for(gmail: Connector) -> None:
    read = next(card for card in gmail.cards if card.key == "gmail.read_email")
    (withheld,) = card_readiness(replace(WELL, granted=PARTIAL), read).findings
    assert withheld.cause == "Read Email needs gmail.readonly, which was asked for, but isn't granted."
    (never_asked,) = card_readiness(replace(WELL, granted=PARTIAL, requested=PARTIAL), read).findings
    assert "which was not asked for" in never_asked.cause
    assert "gmail.modify" in never_asked.cause


@pytest.mark.parametrize(
    ("state", "codes"),
    [
        (WELL, []),
        (replace(WELL, is_deleted=True), ["connection.deleted"]),
        (replace(WELL, is_paused=True), ["connection.paused"]),
        (replace(WELL, failure=ENDED), ["connection.needs_reauthorization"]),
        (replace(WELL, account_type=AccountType.GMAIL), ["account.workspace_required"]),
        (replace(WELL, granted=frozenset()), ["scope.missing"]),
        (
            replace(WELL, failure=ENDED, account_type=AccountType.GMAIL, granted=frozenset()),
            ["connection.needs_reauthorization", "account.workspace_required", "scope.missing"],
        ),
    ],
)
def test_a_card_meets_its_requirements_in_order(state: State, codes: list[str], gmail: Connector) -> None:
    card = gmail.cards[0]
    assert [finding.code for finding in card_readiness(state, card).findings] == codes
    if codes:
        with pytest.raises(ConsoleError) as stopped:
            require_ready(state, card)
        assert stopped.value.code == codes[0]
    else:
        require_ready(state, card)


def test_coverage_counts_what_is_ready(gmail: Connector) -> None:
    assert (coverage(WELL, gmail).served, coverage(WELL, gmail).total) == (5, 13)
    assert coverage(replace(WELL, granted=PARTIAL), gmail).served == 3
    assert (coverage(WELL, gmail).events_served, coverage(WELL, gmail).events_total) == (2, 2)


@pytest.mark.parametrize(
    ("scopes", "served"), [([], 1), ([READONLY], 3), ([SEND], 3), ([MODIFY], 5), ([COMPOSE], 3), ([CLOUD_PLATFORM], 8)]
)
def test_a_choice_of_scopes_is_covered_like_a_grant_of_them(scopes: list[str], served: int, gmail: Connector) -> None:
    assert scope_coverage(scopes, gmail).served == served


def test_needed_is_each_group_by_its_granted_or_default_scope(gmail: Connector) -> None:
    assert set(needed_scopes(frozenset(), gmail)) == {READONLY, COMPOSE, CLOUD_PLATFORM, SETTINGS_SHARING}
    assert set(needed_scopes(frozenset({MODIFY}), gmail)) == {MODIFY, CLOUD_PLATFORM, SETTINGS_SHARING}
    assert set(needed_scopes(frozenset({SEND}), gmail)) == {READONLY, SEND, CLOUD_PLATFORM, SETTINGS_SHARING}


def test_a_missing_scope_says_whom_reauthorizing_helps() -> None:
    assert ScopeMissing(card="c", scopes=["s"], withheld=False).reauthorizing_helps
