"""The examples in docs/adding-a-card.md are cards that run, and an event that is declared."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from connections.models import Connection
from flows import catalog
from flows.cards import AnyCard, AnyEvent
from flows.catalog import all_events, find_declaration
from flows.derive.card_docs import cards_page
from flows.derive.form_fields import form_fields
from flows.operations.run_card import run_card
from flows.queries import run_details
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import cloud_calls, gmail_calls, register_delegation

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-card.md"


@dataclass(frozen=True, kw_only=True)
class Examples:
    plain: AnyCard
    acting: AnyCard
    event: AnyEvent


@pytest.fixture
def examples() -> Iterator[Examples]:
    """Each as its own module, registered after Gmail's own."""
    modules = [_module(number, text) for number, text in enumerate(_blocks())]
    made = Examples(plain=modules[0].card, acting=modules[1].card, event=modules[2].event)
    kept = next(each for each in catalog.card_sets() if each.connector == "gmail")
    cards = (*kept.cards, made.plain, made.acting)
    catalog.register_cards(
        catalog.CardSet(
            connector="gmail",
            cards=cards,
            events=(*kept.events, made.event),
            open_client=kept.open_client,
            choices=kept.choices,
        )
    )
    yield made
    catalog.register_cards(kept)
    for module in modules:
        del sys.modules[module.__name__]


def _blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def _module(number: int, text: str) -> ModuleType:
    module = ModuleType(f"example_{number}")
    sys.modules[module.__name__] = module
    exec(compile(text, str(PAGE), "exec"), module.__dict__)  # noqa: S102  (our own page)
    return module


def outputs(browser: Browser, card: AnyCard, options: dict[str, Any], inputs: dict[str, Any], *scopes: str) -> Any:
    connection = browser.connect(f"Connection {Connection.objects.count()}", scopes=scopes)
    run = run_card(browser.actor, card_key=card.key, connection_id=connection.pk, options=options, inputs=inputs)
    assert run.state == "completed", run.cause
    return run_details(browser.actor, run).outputs


def test_the_examples_are_all_there_is_of_code_on_the_page() -> None:
    assert len(_blocks()) == 3


def test_the_first_example_runs(examples: Examples, google: RunningSandbox) -> None:
    browser = Browser(UserFactory(administrator=True))
    inputs = {"label_id": "INBOX"}
    found = {
        count: outputs(browser, examples.plain, {"count": count}, inputs, "gmail.readonly")
        for count in ("all", "unread")
    }
    assert found["all"]["label"] == "INBOX"
    assert found["all"]["messages"] > found["unread"]["messages"] >= 0
    assert cloud_calls(google) == []


def test_its_form_and_docs_follow_from_it(examples: Examples) -> None:
    assert [(each.name, each.kind) for each in form_fields(examples.plain)] == [
        ("count", "choice"),
        ("label_id", "text"),
    ]
    assert "| Count | `count` | `all` or `unread`, optional |" in cards_page([examples.plain])


def test_the_second_example_acts_on_somebody_elses_mailbox(examples: Examples, google: RunningSandbox) -> None:
    browser = Browser(UserFactory(administrator=True))
    assert examples.acting.needs.role is not None
    register_delegation(google, examples.acting.needs.role.delegated_scopes)
    options, inputs = {"service_account": SERVICE_ACCOUNT}, {"user_email": "ben@acme.example"}
    assert outputs(browser, examples.acting, options, inputs) == {"is_enabled": False}
    assert [entry["account"] for entry in gmail_calls(google)] == ["ben@acme.example"]


def test_the_event_is_declared_and_cannot_be_run(examples: Examples) -> None:
    assert all_events()[-1] is find_declaration("gmail.starred")
    assert "- An event: it starts a flow, and isn't run" in cards_page([examples.event])
