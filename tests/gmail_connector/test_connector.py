"""The connector's table of contents, and its scopes in words."""

from pathlib import Path

import pytest

import gmail_connector
from connections.extensions import Sensitivity, connectors, get_connector
from connections.readiness import scope_coverage
from connections.scope_catalog import lookup
from flows.cards import Effect
from flows.catalog import all_cards, all_events, get_card
from flows.derive.field_types import field_types
from gmail_connector.client import _users
from gmail_connector.connector import CARDS, CONNECTOR, EVENTS
from gmail_connector.scopes import (
    CLOUD_PLATFORM,
    COMPOSE,
    MODIFY,
    READ_HEADERS,
    READ_MAIL,
    READ_SEND_AS,
    READONLY,
    SCOPE_TEXTS,
    SEND,
    SEND_MAIL,
    SETTINGS_BASIC,
    SETTINGS_SHARING,
    WRITE_DRAFTS,
)
from kernel.errors import InputRejected


def test_the_connector_and_its_cards_are_registered() -> None:
    assert CONNECTOR in connectors()
    assert get_connector("gmail").cards == (*CARDS, *EVENTS)
    assert set(CARDS) <= set(all_cards())
    assert set(EVENTS) <= set(all_events())
    assert get_card("gmail.send_email").effect is Effect.SEND
    assert get_card("gmail.read_email").effect is Effect.READ


def test_every_card_file_is_listed() -> None:
    folder = Path(gmail_connector.__file__).parent / "cards"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {f"gmail.{name}" for name in files} == {card.key for card in CARDS}


def test_there_are_13_action_cards_and_2_events() -> None:
    assert (len(CARDS), len(EVENTS)) == (13, 2)
    assert {event.key for event in EVENTS} == {"gmail.new_email", "gmail.label_added_or_removed"}
    assert all(event.needs.scopes == (READ_MAIL,) and event.needs.role is None for event in EVENTS)
    assert [each.name for each in field_types(EVENTS[1].outputs)][:3] == ["label_added", "label_removed", "message_id"]


def test_an_event_is_not_run() -> None:
    with pytest.raises(InputRejected):
        get_card("gmail.new_email")


def test_the_default_scopes_serve_every_card_and_are_explained() -> None:
    assert CONNECTOR.default_scopes == (READONLY, COMPOSE, SETTINGS_SHARING, CLOUD_PLATFORM)
    coverage = scope_coverage(CONNECTOR.default_scopes, CONNECTOR)
    assert (coverage.served, coverage.total) == (len(CARDS), len(CARDS))
    assert {*CONNECTOR.default_scopes, SEND, MODIFY} == {text.scope for text in SCOPE_TEXTS}
    assert all(lookup(text.scope) for text in SCOPE_TEXTS)


def test_google_classes_are_told() -> None:
    classes = {text.scope: text.sensitivity for text in SCOPE_TEXTS}
    assert [scope for scope, kind in classes.items() if kind is Sensitivity.SENSITIVE] == [SEND, CLOUD_PLATFORM]
    assert {classes[READONLY], classes[COMPOSE], classes[MODIFY], classes[SETTINGS_SHARING]} == {Sensitivity.RESTRICTED}


def test_session_control_stands_beside_cloud_platform() -> None:
    (text,) = (each for each in SCOPE_TEXTS if each.scope == CLOUD_PLATFORM)
    assert "session control" in text.warning
    assert "the cards that need no role still work" in text.warning


def test_a_card_with_a_role_says_which_service_account_and_mailbox_it_means() -> None:
    acting = [(card, role) for card in CARDS if (role := card.needs.role)]
    assert acting
    for card, role in acting:
        assert (CLOUD_PLATFORM,) in card.needs.scopes
        assert role.service_account in {each.name for each in field_types(card.options)}
        (mailbox,) = (each for each in field_types(card.inputs) if each.name == role.mailbox)
        assert mailbox.is_required
        assert set(role.delegated_scopes) <= {SETTINGS_BASIC, SETTINGS_SHARING}


def test_any_scope_of_a_group_will_do_for_its_methods() -> None:
    """Against Gmail's own discovery document; only scopes of add-ons are left out of our groups."""
    users = _users("https://gmail.googleapis.com")
    document = users._rootDesc["resources"]["users"]["resources"]
    methods = {
        READ_MAIL: [document["messages"]["resources"]["attachments"]["methods"]["get"]],
        READ_HEADERS: [
            document["messages"]["methods"]["get"],
            document["messages"]["methods"]["list"],
            document["threads"]["methods"]["get"],
        ],
        SEND_MAIL: [document["messages"]["methods"]["send"]],
        WRITE_DRAFTS: [document["drafts"]["methods"]["create"], document["drafts"]["methods"]["send"]],
        READ_SEND_AS: [document["settings"]["resources"]["sendAs"]["methods"]["list"]],
    }
    for group, described in methods.items():
        for method in described:
            assert {each for each in method["scopes"] if ".addons." not in each} == set(group), method["id"]
