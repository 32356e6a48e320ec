"""What a card may refer to: the trigger, the cards before it, and what the blocks around it give."""

from typing import Any

import pytest

from flows.definition import Definition, InputKind, TriggerField, TriggerKind
from flows.derive.field_types import Kind
from flows.outputs import Output, OutputType, output_type, outputs_before, own_outputs, result_type
from flows.references import Ref, parse_text
from gmail_connector.cards.search_emails import Email
from tests.flows.definitions.cards import FIRST, compose, flow, for_each, gmail, if_else, if_error, search


def ref(text: str) -> Ref:
    (found,) = parse_text(text)
    assert isinstance(found, Ref)
    return found


def type_at(definition: Definition, card_id: str, text: str) -> OutputType | None:
    return output_type(definition, card_id, ref(text))


def givers(definition: Definition, card_id: str) -> list[str]:
    return [each.card_id for each in outputs_before(definition, card_id)]


def references(outputs: tuple[Output, ...]) -> list[str]:
    return [text for each in outputs for text in (each.reference, *references(each.inner))]


# ------------------------------------------------------------------ which cards


def test_only_what_comes_before_can_be_referred_to() -> None:
    definition = flow(compose("c1"), compose("c2"), compose("c3"))
    assert givers(definition, "c2") == ["trigger", "c1"]
    assert type_at(definition, "c2", "{{c1.text}}") == OutputType(kind=Kind.TEXT)
    assert type_at(definition, "c2", "{{c2.text}}") is None
    assert type_at(definition, "c2", "{{c3.text}}") is None
    assert type_at(definition, "c2", "{{c9.text}}") is None
    assert type_at(definition, "c2", "{{c1.subject}}") is None


def test_a_card_that_is_not_there_sees_nothing() -> None:
    assert outputs_before(flow(compose("c1")), "c9") == ()


def test_the_numbers_are_those_of_the_page() -> None:
    definition = flow(if_else("c1", then=(compose("c5"),)), compose("c7"))
    numbers = [(each.card_id, each.number, each.title) for each in outputs_before(definition, "c7")]
    assert numbers == [("trigger", 1, "Run now"), ("c1", 2, "If / Else"), ("c5", 3, "Compose")]


def test_a_card_inside_a_branch_can_be_referred_to_later_but_not_from_the_other_branch() -> None:
    definition = flow(if_else("c1", then=(compose("c2"),), other=(compose("c3"),)), compose("c4"))
    assert givers(definition, "c3") == ["trigger"]
    assert givers(definition, "c4") == ["trigger", "c1", "c2", "c3"]


def test_what_an_if_else_decided_is_known_after_it_and_not_within() -> None:
    definition = flow(if_else("c1", then=(compose("c2"),)), compose("c3"))
    assert type_at(definition, "c2", "{{c1.result}}") is None
    assert type_at(definition, "c3", "{{c1.result}}") == OutputType(kind=Kind.BOOLEAN)


def test_the_error_is_known_in_its_block_alone_and_what_was_tried_after_it() -> None:
    definition = flow(if_error("c1", tried=(compose("c2"),), error=(compose("c3"),)), compose("c4"))
    assert type_at(definition, "c3", "{{c1.message}}") == OutputType(kind=Kind.TEXT)
    assert type_at(definition, "c2", "{{c1.message}}") is None
    assert type_at(definition, "c4", "{{c1.message}}") is None
    assert type_at(definition, "c4", "{{c1.failed}}") == OutputType(kind=Kind.BOOLEAN)
    assert type_at(definition, "c3", "{{c2.text}}") == OutputType(kind=Kind.TEXT)


def test_from_outside_a_for_each_nobody_sees_one_turn() -> None:
    inside = if_else("c2", then=(compose("c3"),))
    definition = flow(for_each("c1", ["a"], inside, compose("c4")), compose("c5"))
    assert givers(definition, "c4") == ["trigger", "c1", "c2", "c3"]
    assert givers(definition, "c5") == ["trigger", "c1"]
    assert type_at(definition, "c4", "{{c1.number}}") == OutputType(kind=Kind.NUMBER)
    assert type_at(definition, "c4", "{{c1.results}}") is None
    assert type_at(definition, "c5", "{{c1.item}}") is None


# ------------------------------------------------------------------ types


@pytest.mark.parametrize(
    ("of", "item"),
    [
        ("{{c1.emails}}", OutputType(kind=Kind.OBJECT, inner=Email)),
        (["{{c1.emails}}"], OutputType(kind=Kind.OBJECT, inner=Email)),
        (["{{c1.emails}}", "{{c1.emails}}"], OutputType(kind=Kind.TEXT)),
        (["one", "two"], OutputType(kind=Kind.TEXT)),
        ("{{trigger.names}}", OutputType(kind=Kind.TEXT)),
        ("{{trigger.body.rows}}", OutputType(kind=None)),
        ("{{c7.nothing}}", OutputType(kind=None)),
    ],
)
def test_an_item_has_the_type_of_the_lists_items(of: Any, item: OutputType) -> None:
    names = TriggerField(name="names", label="Names", kind=InputKind.LIST)
    definition = flow(search("c1"), for_each("c2", of, compose("c3")), kind=TriggerKind.API, fields=(names,))
    assert type_at(definition, "c3", "{{c2.item}}") == item


def test_inside_an_item_that_is_an_object_are_its_own_outputs() -> None:
    definition = flow(search("c1"), for_each("c2", "{{c1.emails}}", compose("c3")))
    assert type_at(definition, "c3", "{{c2.item.subject}}") == OutputType(kind=Kind.TEXT)
    assert type_at(definition, "c3", "{{c2.item.labels}}") == OutputType(kind=Kind.LIST)
    assert type_at(definition, "c3", "{{c2.item.nothing}}") is None
    assert type_at(definition, "c3", "{{c2.item.subject.deeper}}") is None
    assert "{{c2.item.subject}}" in references(outputs_before(definition, "c3")[2].outputs)


def test_for_each_within_for_each_goes_through_an_items_list() -> None:
    inner = for_each("c3", "{{c2.item.labels}}", compose("c4"))
    definition = flow(search("c1"), for_each("c2", "{{c1.emails}}", inner))
    assert type_at(definition, "c4", "{{c3.item}}") == OutputType(kind=Kind.TEXT)
    assert type_at(definition, "c4", "{{c2.item}}") == OutputType(kind=Kind.OBJECT, inner=Email)


@pytest.mark.parametrize(
    ("result", "collected"),
    [
        ("{{c2.subject}}", OutputType(kind=Kind.LIST)),
        ("{{c2.labels}}", OutputType(kind=Kind.LIST)),
        ("{{c3.emails}}", OutputType(kind=Kind.OBJECTS, inner=Email)),
        ("{{c4.body}}", OutputType(kind=None)),
        ("{{c4.body.deeper}}", OutputType(kind=None)),
        ("{{c6.text}}", OutputType(kind=Kind.LIST)),
        ("", OutputType(kind=Kind.LIST)),
    ],
)
def test_results_have_the_type_of_what_was_chosen(result: str, collected: OutputType) -> None:
    cards = (
        gmail("c2", "read_email"),
        search("c3"),
        gmail("c4", "custom_api_action"),
        if_else("c5", then=(compose("c6"),)),
    )
    definition = flow(for_each("c1", ["a"], *cards, result=result), compose("c7"))
    assert type_at(definition, "c7", "{{c1.results}}") == collected


@pytest.mark.parametrize(
    "result", ["{{c1.results}}", "{{c1.item}}", "{{c4.text}}", "{{c5.text}}", "{{c2.nothing}}", "{{c9.text}}", "words"]
)
def test_a_result_is_an_output_of_a_card_of_the_block_itself(result: str) -> None:
    nested = for_each("c3", ["b"], compose("c4"), result="{{c4.text}}")
    loop = for_each("c1", ["a"], compose("c2"), nested, result=result)
    assert result_type(loop) is None
    assert type_at(flow(loop, compose("c5")), "c5", "{{c1.results}}") == OutputType(kind=Kind.LIST)


def test_of_a_for_each_inside_its_results_can_be_collected() -> None:
    nested = for_each("c3", ["b"], compose("c4"), result="{{c4.text}}")
    assert result_type(for_each("c1", ["a"], nested, result="{{c3.results}}")) == OutputType(kind=Kind.LIST)


def test_loops_that_name_each_other_end() -> None:
    inner = for_each("c2", "{{c1.results}}", result="{{c1.results}}")
    definition = flow(for_each("c1", "{{c2.results}}", inner, result="{{c2.results}}"), compose("c3"))
    assert type_at(definition, "c3", "{{c1.results}}") == OutputType(kind=Kind.LIST)


def test_outputs_follow_from_the_option_they_belong_to() -> None:
    first = flow(search("c1", FIRST), compose("c2"))
    assert type_at(first, "c2", "{{c1.subject}}") == OutputType(kind=Kind.TEXT)
    assert type_at(first, "c2", "{{c1.emails}}") is None
    every = flow(search("c1"), compose("c2"))
    assert type_at(every, "c2", "{{c1.emails}}") == OutputType(kind=Kind.OBJECTS, inner=Email)
    assert type_at(every, "c2", "{{c1.emails.subject}}") is None
    assert givers(flow(search("c1", {}), compose("c2")), "c2") == ["trigger"]


# ------------------------------------------------------------------ the trigger


@pytest.mark.parametrize(
    ("trigger", "given", "not_given"),
    [
        ({}, ["{{trigger.name}}", "{{trigger.context.weekday}}"], ["{{trigger.body}}", "{{trigger.subject}}"]),
        (
            {"kind": TriggerKind.API},
            ["{{trigger.name}}", "{{trigger.body}}", "{{trigger.body.any.thing}}"],
            ["{{trigger.subject}}"],
        ),
        ({"kind": TriggerKind.SCHEDULE}, ["{{trigger.context.time}}"], ["{{trigger.name}}", "{{trigger.body}}"]),
        (
            {"kind": TriggerKind.EVENT, "card": "gmail.new_email"},
            ["{{trigger.from}}", "{{trigger.context.execution_id}}"],
            ["{{trigger.name}}", "{{trigger.body}}"],
        ),
        ({"kind": TriggerKind.EVENT, "card": "gone.event"}, ["{{trigger.context}}"], ["{{trigger.subject}}"]),
    ],
)
def test_each_trigger_gives_its_own(trigger: dict[str, Any], given: list[str], not_given: list[str]) -> None:
    definition = flow(compose("c1"), fields=(TriggerField(name="name", label="Name"),), **trigger)
    assert all(type_at(definition, "c1", each) for each in given)
    assert not any(type_at(definition, "c1", each) for each in not_given)


@pytest.mark.parametrize("kind", InputKind)
def test_a_field_of_the_trigger_has_its_type(kind: InputKind) -> None:
    definition = flow(compose("c1"), fields=(TriggerField(name="value", label="Value", kind=kind),))
    assert type_at(definition, "c1", "{{trigger.value}}") == OutputType(kind=Kind(kind.value))


def test_a_card_shows_what_it_gives_itself() -> None:
    definition = flow(gmail("c1", "read_email"), kind=TriggerKind.EVENT, card="gmail.new_email")
    assert "{{c1.subject}}" in references(own_outputs(definition, "c1"))
    assert "{{trigger.context.weekday}}" in references(own_outputs(definition, "trigger"))
    assert own_outputs(definition, "c9") == ()
