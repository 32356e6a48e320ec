"""Every card: what stops it before any call, and that none asks about roles that it doesn't need."""

import pytest

from connections.models import Status
from flows.cards import AnyCard
from gmail_connector.connector import CARDS
from gmail_connector.scopes import COMPOSE, READ_MAIL, READONLY, SEND_MAIL, SETTINGS_SHARING
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.gmail_connector.conftest import Connect
from tests.gmail_connector.mailboxes import message_id
from tests.gmail_connector.runs import GIVEN, READ, failure, outputs, run

pytestmark = pytest.mark.django_db

CONSUMERS = ("hanna@gmail.com", "ivo@googlemail.com", "jo@private.test")
ADA = "ada@acme.example"
WITHOUT_ROLE = [card for card in CARDS if card.needs.role is None and card.needs.scopes]
each_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
each_without_role = pytest.mark.parametrize("card", WITHOUT_ROLE, ids=lambda card: card.key)


def test_every_card_has_something_that_it_can_be_given() -> None:
    assert set(GIVEN) == {card.key for card in CARDS}


@pytest.mark.parametrize("account", CONSUMERS)
def test_a_consumer_account_runs_no_card_and_makes_no_call(
    google: RunningSandbox, person: Browser, connect: Connect, account: str
) -> None:
    connection = connect(account)
    assert connection.status == Status.UNSUPPORTED_ACCOUNT
    runs = [run(person, connection, card.key) for card in CARDS]
    assert {failure(each).code for each in runs} == {"account.workspace_required"}
    assert google.sandbox.journal.entries() == []


@each_card
def test_a_missing_scope_stops_a_card_before_any_call(
    google: RunningSandbox, person: Browser, connect: Connect, card: AnyCard
) -> None:
    error = failure(run(person, connect(ADA, SETTINGS_SHARING), card.key))
    assert error.code == "scope.missing"
    assert card.title in error.cause
    assert google.sandbox.journal.entries() == []


@each_without_role
def test_any_one_of_a_cards_scopes_will_do(person: Browser, connect: Connect, card: AnyCard) -> None:
    assert card.needs.scopes in {(READ_MAIL,), (SEND_MAIL,)}
    (group,) = card.needs.scopes
    for scope in group:
        ended = run(person, connect(ADA, scope), card.key)
        assert ended.cause is None or ended.cause["code"] == "gmail.not_found"


@each_without_role
def test_without_a_role_a_card_works_and_asks_nobody_about_roles(
    google: RunningSandbox, person: Browser, connect: Connect, card: AnyCard
) -> None:
    own = {"message_id": message_id(google, ADA, "Q3 expenses")} if card.key == READ else {}
    outputs(run(person, connect(ADA, READONLY, COMPOSE), card.key, **own))
    called = {entry["path"].partition("/v1/users/me/")[0] for entry in google.sandbox.journal.entries()}
    assert called <= {"/gmail", "/upload/gmail"}
    assert called
