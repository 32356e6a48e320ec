"""The example in docs/adding-a-card.md is a card that runs."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from flows import catalog
from flows.cards import AnyCard
from flows.catalog import CardSet
from flows.derive.card_docs import cards_page
from flows.derive.form_fields import form_fields
from flows.operations.run_card import run_card
from flows.queries import run_details
from gmail_connector.connector import CARD_SET
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-card.md"


@pytest.fixture
def card() -> Iterator[AnyCard]:
    """The example, as its own module, registered after Gmail's own cards."""
    example = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    module = ModuleType("example_of_a_card")
    sys.modules[module.__name__] = module
    exec(compile(example.group(1), str(PAGE), "exec"), module.__dict__)  # noqa: S102  (our own page)
    made: AnyCard = module.card
    catalog.register_cards(CardSet(connector="gmail", cards=(*CARD_SET.cards, made), open_client=CARD_SET.open_client))
    yield made
    catalog.register_cards(CARD_SET)
    del sys.modules[module.__name__]


def test_the_example_runs(card: AnyCard, google: RunningSandbox) -> None:
    browser = Browser(UserFactory(administrator=True))
    connection = browser.connect(scopes=("gmail.readonly",))
    found = {}
    for count in ("all", "unread"):
        run = run_card(
            browser.actor,
            card_key=card.key,
            connection_id=connection.pk,
            options={"count": count},
            inputs={"label_id": "INBOX"},
        )
        found[count] = run_details(browser.actor, run).outputs
        assert run.state == "completed", run.cause
    assert found["all"] is not None
    assert found["unread"] is not None
    assert found["all"]["label"] == "INBOX"
    assert found["all"]["messages"] > found["unread"]["messages"] >= 0


def test_its_form_and_docs_follow_from_it(card: AnyCard) -> None:
    assert [(each.name, each.kind) for each in form_fields(card)] == [("count", "choice"), ("label_id", "text")]
    assert "| Count | `count` | `all` or `unread`, optional |" in cards_page([card])
