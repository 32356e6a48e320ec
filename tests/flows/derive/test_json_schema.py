"""JSON Schemas of every card: valid by the dialect, and true to what is taken."""

from typing import Any

import jsonschema_rs
import pytest

from flows.cards import AnyCard, NoFields
from flows.catalog import all_cards
from flows.derive.card_docs import cards_page
from flows.derive.json_schema import inputs_schema, options_schema, outputs_schema
from tests.flows.derive.every_kind import EVERY_KIND

CARDS = (*all_cards(), EVERY_KIND)
SCHEMAS = (options_schema, inputs_schema, outputs_schema)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: str(card.key))
def test_schemas_are_valid(card: AnyCard) -> None:
    for make in SCHEMAS:
        jsonschema_rs.meta.validate(make(card))


def test_the_schema_says_what_the_card_takes() -> None:
    taken: dict[str, Any] = {
        "to": ["ben@acme.example"],
        "start": "2026-11-24T09:30:00Z",
        "file": {"file_name": "a.txt"},
        "files": [{"file_name": "b.txt", "content": ""}],
    }
    checks = jsonschema_rs.validator_for(inputs_schema(EVERY_KIND))
    assert checks.is_valid(taken)
    for wrong in ({}, taken | {"cc": []}, taken | {"size": "many"}, taken | {"file": {"content": "x"}}):
        assert not checks.is_valid(wrong)
    for page in ("aGVsbG8=", {"text": "hello"}):
        assert checks.is_valid(taken | {"scan": {"name": "a.png", "page": page}, "copies": 2000})
    for wrong in ({"copies": 2001}, {"scan": {"page": "aGVsbG8="}}, {"scan": {"name": "a", "page": "A" * 20}}):
        assert not checks.is_valid(taken | wrong)
    assert jsonschema_rs.validator_for(options_schema(EVERY_KIND)).is_valid({"alias_type": "domain"})
    assert not jsonschema_rs.validator_for(options_schema(EVERY_KIND)).is_valid({"alias_type": "moon"})


def test_secrets_conditions_and_help_are_in_the_schema() -> None:
    schema = inputs_schema(EVERY_KIND)["properties"]
    assert schema["secret"]["writeOnly"] is True
    assert schema["host"]["x-when"] == {"alias_type": "custom_alias"}
    assert options_schema(EVERY_KIND)["properties"]["alias_type"]["description"] == "Where the address lives."
    assert schema["body"]["default"] == "Hello"
    assert schema["reply"] == {"title": "Reply", "type": "object", "x-when": {"alias_type": "custom_alias"}}
    assert options_schema(EVERY_KIND)["properties"]["place"]["x-choices-from"] == "places"


def test_outputs_that_an_option_decides_say_so() -> None:
    assert [each["x-when"] for each in outputs_schema(EVERY_KIND)["oneOf"]] == [
        {"alias_type": "domain"},
        {"alias_type": "custom_alias"},
    ]


def test_no_fields_is_an_empty_object() -> None:
    card = next((each for each in all_cards() if each.options is NoFields), None)
    assert card is not None
    assert options_schema(card)["properties"] == {}


def test_the_docs_name_every_field_of_a_card() -> None:
    page = cards_page([EVERY_KIND])
    for text in (
        "## Every Kind",
        "`gmail.readonly` or `https://mail.google.com/`, and the roles Service Account User and Service Account Token",
        "| Alias Type | `alias_type` | `domain` or `custom_alias`, required. Where the address lives. |",
        "| Password | `secret` | text, optional, only with `alias_type` = `custom_alias`, never shown back |",
        "| File Name | `file.file_name` | text, required |",
        '| Page | `scan.page` | file as base64, or `{"text": "…"}`, required |',
        "| Place | `place` | text, optional, one of the places that Google lists |",
        "| Headers | `headers` | any JSON object, optional |",
        "| Copies | `copies` | number, optional, 1 to 2,000 |",
        "| Outputs with `alias_type` = `domain` | Name | Gives |",
    ):
        assert text in page
