"""Every service-account card in every case of roles, delegation and mailboxes: what it says, and how often Gmail was
called. The table is printed with the figures of the run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from flows.cards import AnyCard
from flows.models import RunState
from gmail_connector.connector import CARDS
from gmail_connector.scopes import CLOUD_PLATFORM, SETTINGS_BASIC, SETTINGS_SHARING
from google_sandbox.server import RunningSandbox
from kernel.errors import Fixer
from tests.consents import Browser
from tests.gmail_connector.conftest import Connect
from tests.gmail_connector.runs import failure, run
from tests.staged_google import gmail_calls, register_delegation, remove_delegation, stage

pytestmark = pytest.mark.django_db

ROLE_CARDS = [card for card in CARDS if card.needs.role]
CLOUD, WORKSPACE = Fixer.CLOUD_PROJECT_ADMINISTRATOR, Fixer.WORKSPACE_ADMINISTRATOR
Stage = Callable[[RunningSandbox, AnyCard], None]


def _nothing(_google: RunningSandbox, _card: AnyCard) -> None:
    """The case is in the account or in what is entered."""


def _without_a_scope(google: RunningSandbox, card: AnyCard) -> None:
    assert card.needs.role is not None
    left = {SETTINGS_BASIC, SETTINGS_SHARING} - {card.needs.role.delegated_scopes[-1]}
    register_delegation(google, sorted(left))


def _iam_fails(google: RunningSandbox, _card: AnyCard) -> None:
    stage(google, "500_before", path="*:testIamPermissions", method="POST")


@dataclass(frozen=True, kw_only=True)
class Case:
    """``code`` is what the card must say, empty where it works; ``calls`` how often it then asks Gmail."""

    account: str = "ada@acme.example"
    withhold: tuple[str, ...] = ()
    stage: Stage = _nothing
    mailbox: str = ""
    inputs: dict[str, str] = field(default_factory=dict)
    only: str = ""
    code: str = ""
    fixer: Fixer | None = None
    calls: int = 0


CASES = {
    "all there": Case(),
    "consumer account": Case(account="hanna@gmail.com", code="account.workspace_required", fixer=Fixer.YOU),
    "scope missing": Case(withhold=(CLOUD_PLATFORM,), code="scope.missing", fixer=Fixer.CONNECTION_MANAGER),
    "role missing": Case(account="cleo@acme.example", code="role.service_account_user_missing", fixer=CLOUD),
    "role on the project only": Case(account="dora@acme.example"),
    "role on the account only": Case(account="ada@acme.example"),
    "Token Creator missing": Case(account="ben@acme.example", code="role.token_creator_missing", fixer=CLOUD),
    "delegation missing": Case(
        stage=lambda google, _card: remove_delegation(google), code="delegation.missing", fixer=WORKSPACE
    ),
    "delegation without the scope": Case(stage=_without_a_scope, code="delegation.missing", fixer=WORKSPACE),
    "listing denied": Case(stage=lambda google, _card: stage(google, "iam:listing_denied")),
    "IAM API off": Case(
        stage=lambda google, _card: stage(google, "iam:api_not_enabled"), code="role.unknown_api_off", fixer=CLOUD
    ),
    "IAM answers 500": Case(stage=_iam_fails, code="role.unknown", fixer=Fixer.NOBODY),
    "mailbox unknown": Case(mailbox="nobody@acme.example", code="mailbox.unknown", fixer=Fixer.YOU),
    "mailbox without Gmail": Case(
        mailbox="fay@acme.example", code="mailbox.gmail_not_enabled", fixer=WORKSPACE, calls=1
    ),
    "delegate by alias": Case(
        only="gmail.add_delegate",
        inputs={"delegator_email": "ben@acme.example", "delegate_email": "it@acme.example"},
        code="delegate.not_primary_address",
        fixer=Fixer.YOU,
        calls=2,
    ),
    "delegate of another organization": Case(
        only="gmail.add_delegate",
        inputs={"delegate_email": "gus@other.example"},
        code="delegate.not_possible",
        fixer=Fixer.YOU,
        calls=2,
    ),
}


@pytest.mark.parametrize("card", ROLE_CARDS, ids=lambda card: card.key)
@pytest.mark.parametrize("name", CASES)
def test_what_a_card_says_in_a_case(
    *,
    google: RunningSandbox,
    person: Browser,
    connect: Connect,
    name: str,
    card: AnyCard,
    figure: Callable[[str], None],
) -> None:
    case = CASES[name]
    if case.only not in {"", card.key}:
        return
    connection = connect(case.account, withhold=case.withhold)
    case.stage(google, card)
    assert card.needs.role is not None
    given: dict[str, Any] = {card.needs.role.mailbox: case.mailbox} if case.mailbox else {}
    done = run(person, connection, card.key, **given, **case.inputs)
    calls = len(gmail_calls(google))
    if case.code:
        error = failure(done)
        assert (error.code, error.fixer, calls) == (case.code, case.fixer, case.calls)
        assert error.cause
        assert error.remedy
        says = f"{error.code}, {error.fixer.value}"
    else:
        assert done.state == RunState.COMPLETED, done.cause
        assert calls > 0
        says = "works"
    figure(f"Service-account cards | {name} | {card.title} | {says} | {calls} Gmail calls")


def test_there_are_eight_such_cards() -> None:
    assert len(ROLE_CARDS) == 8


@pytest.mark.parametrize("key", ["gmail.read_email", "gmail.send_email", "gmail.send_email_with_attachment"])
def test_cards_without_a_role_ask_nothing_of_google_cloud(
    google: RunningSandbox, person: Browser, connect: Connect, key: str
) -> None:
    """For an account without any role."""
    run(person, connect("cleo@acme.example"), key)
    services = {entry["service"] for entry in google.sandbox.journal.entries()}
    assert "gmail" in services
    assert services <= {"gmail", "oauth"}
