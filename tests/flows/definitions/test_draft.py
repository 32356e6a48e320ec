"""Changes to a definition: cards added, moved, copied, replaced, removed, in blocks too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.definition import MOST_ID, Definition, Place, PlacedCard, PlacedTrigger, TriggerKind, read_definition, walk
from flows.draft import add_card, copy_card, move_card, new_card_id, placed, remove_card, replace_card, with_trigger
from tests.flows.definitions.cards import compose, for_each, if_else

COMPOSE, FOR_EACH = "function.compose", "function.for_each"


def order(definition: Definition) -> list[str]:
    """Ids as on the page, those in a block behind the block's name."""
    return ["".join(f"{around.id}.{name}/" for around, name in each.around) + each.card.id for each in walk(definition)]


def found(definition: Definition, card_id: str) -> PlacedCard:
    card = definition.find(card_id)
    assert card is not None
    return card


@pytest.fixture
def definition() -> Definition:
    branch = if_else("c2", then=(compose("c3"), compose("c4")), other=(compose("c5"),))
    return Definition(cards=(compose("c1"), branch, compose("c6")))


def test_a_card_is_added_after_another_in_a_block_or_first_of_all(definition: Definition) -> None:
    new = compose("c7")
    assert order(add_card(definition, new))[0] == "c7"
    assert order(add_card(definition, new, after="c1"))[:2] == ["c1", "c7"]
    assert order(add_card(definition, new, after="c3"))[2:5] == ["c2.then/c3", "c2.then/c7", "c2.then/c4"]
    assert order(add_card(definition, new, block=("c2", "else")))[4:6] == ["c2.else/c7", "c2.else/c5"]
    assert order(add_card(definition, new, after="c2"))[-2:] == ["c7", "c6"]


def test_a_place_that_is_not_there_changes_nothing(definition: Definition) -> None:
    new = compose("c7")
    assert add_card(definition, new, after="c9") == definition
    assert add_card(definition, new, block=("c9", "then")) == definition
    assert move_card(definition, "c9", up=True) == definition
    assert remove_card(definition, "c9") == definition
    assert copy_card(definition, "c9") == definition
    assert replace_card(definition, compose("c9", "x")) == definition


def test_a_card_moves_within_the_cards_it_lies_among(definition: Definition) -> None:
    assert order(move_card(definition, "c6", up=True)) == ["c1", "c6", "c2", "c2.then/c3", "c2.then/c4", "c2.else/c5"]
    assert order(move_card(definition, "c3", up=False))[2:4] == ["c2.then/c4", "c2.then/c3"]
    assert move_card(definition, "c1", up=True) == definition
    assert move_card(definition, "c4", up=False) == definition


def test_with_a_card_goes_what_lies_in_its_blocks(definition: Definition) -> None:
    assert order(remove_card(definition, "c2")) == ["c1", "c6"]
    assert order(remove_card(definition, "c3")) == ["c1", "c2", "c2.then/c4", "c2.else/c5", "c6"]


def test_a_card_is_replaced_wherever_it_lies(definition: Definition) -> None:
    changed = replace_card(definition, compose("c5", "Goodbye"))
    assert found(changed, "c5").inputs == {"text": "Goodbye"}
    assert order(changed) == order(definition)


def test_a_copy_has_ids_of_its_own_and_refers_to_itself() -> None:
    inner = compose("c2", "{{c1.item}} {{c3.text}} {{trigger.name}}")
    loop = for_each("c1", ["a"], inner, result="{{c2.text}}")
    copied = copy_card(Definition(cards=(loop, compose("c5"))), "c1")
    assert order(copied) == ["c1", "c1.each/c2", "c6", "c6.each/c7", "c5"]
    assert found(copied, "c6").options == {"result": "{{c7.text}}"}
    assert found(copied, "c7").inputs == {"text": "{{c6.item}} {{c3.text}} {{trigger.name}}"}


def test_a_new_id_is_no_cards_and_nobody_refers_to_it(definition: Definition) -> None:
    assert new_card_id(Definition()) == "c1"
    assert new_card_id(definition) == "c7"
    dangling = remove_card(add_card(definition, compose("c8", "{{c7.text}}"), after="c6"), "c7")
    assert new_card_id(dangling) == "c9"
    assert new_card_id(Definition(cards=(compose("c1", "{{c12.text}}"),))) == "c13"


def test_where_the_highest_id_is_taken_a_lower_one_is_given() -> None:
    definition = Definition(cards=(compose(f"c{MOST_ID - 1}"), compose("c1")))
    assert new_card_id(definition) == "c2"
    assert order(copy_card(definition, "c1"))[-1] == "c2"


def test_a_new_card_has_the_blocks_of_its_kind(definition: Definition) -> None:
    new = placed(definition, FOR_EACH, note="Each of them")
    assert (new.id, new.blocks, new.note) == ("c7", {"each": ()}, "Each of them")
    assert placed(definition, "gmail.read_email").blocks == {}


def test_another_trigger_leaves_the_cards(definition: Definition) -> None:
    changed = with_trigger(definition, PlacedTrigger(kind=TriggerKind.API))
    assert (changed.trigger.kind, changed.cards) == (TriggerKind.API, definition.cards)


Step = tuple[str, int, bool]
CHANGES = st.sampled_from(["add", "block", "move", "copy", "remove"])
STEPS = st.lists(st.tuples(CHANGES, st.integers(0, 9), st.booleans()), max_size=30)
FULL = 20


@given(STEPS)
def test_whatever_is_changed_a_definition_stays_one(steps: list[Step]) -> None:
    definition = Definition(cards=(compose("c1"),))
    for what, at, way in steps:
        places = list(walk(definition))
        chosen = places[at % len(places)] if places else None
        definition = changed(definition, what, chosen, way=way, is_full=len(places) >= FULL)
    assert read_definition(definition.to_json()) == definition


def changed(definition: Definition, what: str, at: Place | None, *, way: bool, is_full: bool) -> Definition:
    chosen = at.card.id if at else ""
    if what == "move":
        return move_card(definition, chosen, up=way)
    if what == "remove":
        return remove_card(definition, chosen)
    if is_full:
        return definition
    if what == "copy":
        return copy_card(definition, chosen)
    if what == "add":
        is_loop = way and at is not None and not at.around
        return add_card(definition, placed(definition, FOR_EACH if is_loop else COMPOSE), after=chosen)
    name = next(iter(at.card.blocks), "") if at else ""
    return add_card(definition, placed(definition, COMPOSE), block=(chosen, name) if name else None)
