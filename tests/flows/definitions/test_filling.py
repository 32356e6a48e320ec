"""Outputs put into fields: nothing, what has no type of its own, what is written out around them, function cards."""

from typing import Any

import pytest

from flows.derive.field_types import Kind
from flows.mapping import LIST_IN_TEXT, NOTHING, Given, as_text, incompatible
from flows.outputs import OutputType
from kernel.errors import InputRejected
from tests.flows.definitions.every_input import FIELDS, REF, becomes, field_of, filled
from tests.flows.definitions.test_mapping import (
    GIVEN,
    IN_LIST,
    NOON,
    NOT_AMONG_WORDS,
    OBJECTS_IN_LIST,
    SIMPLE,
    No,
    base64,
    no,
)

TEXT, NUMBER, BOOLEAN, DATETIME, FILE, CHOICE, LIST, OBJECT, OBJECTS, JSON = Kind

# ------------------------------------------------------------------ what a card that didn't run would have given


@pytest.mark.parametrize("wanted", Kind)
def test_nothing_is_left_out(wanted: Kind) -> None:
    empty: Any = [] if wanted in {LIST, OBJECTS} else None
    assert becomes(wanted.value, REF, NOTHING) == empty


@pytest.mark.parametrize(
    ("wanted", "value", "expected"),
    [
        (TEXT, f"<{REF}>", "<>"),
        (LIST, [f"<{REF}>", REF], ["<>"]),
        (FILE, f"<{REF}>", base64("<>")),
        (FILE, {"text": f"<{REF}>"}, base64("<>")),
        (JSON, {"note": f"<{REF}>", "all": REF}, {"note": "<>", "all": None}),
        (OBJECT, {"name": f"<{REF}>"}, {"name": "<>"}),
    ],
)
def test_nothing_among_words_is_empty(wanted: Kind, value: Any, expected: Any) -> None:
    assert becomes(wanted.value, value, NOTHING) == expected


# ------------------------------------------------------------------ what has no type of its own: inside a JSON body


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        ("Hello", TEXT, "Hello"),
        (7, TEXT, "7"),
        (True, TEXT, "true"),
        ("7", NUMBER, 7),
        (7.0, NUMBER, 7),
        (True, BOOLEAN, True),
        (NOON, DATETIME, NOON),
        ("blue", CHOICE, "blue"),
        ("test", FILE, base64("test")),  # four letters, as base64 has them
        (7, FILE, base64("7")),
        ("a", LIST, ["a"]),
        (["a", 7], LIST, ["a", "7"]),
        ({"name": "Ada"}, OBJECT, {"name": "Ada"}),
        ([{"name": "Ada"}], OBJECTS, [{"name": "Ada"}]),
        ({"a": 1}, JSON, {"a": 1}),
        (["a"], TEXT, No("This takes one text, not a list.")),
        ({"a": 1}, TEXT, No("This takes one text, not an object.")),
        (["a"], FILE, IN_LIST),
        ({"a": 1}, FILE, no("An object", "a text")),
        ([7], NUMBER, No("Enter a whole number.")),
        ("Ada", OBJECT, No("This takes an object with fields of its own.")),
        ([["a"]], LIST, No("This takes one text, not a list.")),
    ],
)
def test_what_has_no_type_of_its_own_is_looked_at_by_the_run(value: Any, wanted: Kind, expected: Any) -> None:
    given = Given(kind=None, value=value)
    assert incompatible(OutputType(kind=None), field_of(wanted), alone=True) == ""
    if not isinstance(expected, No):
        assert becomes(wanted.value, REF, given) == expected
        return
    with pytest.raises(InputRejected) as rejected:
        becomes(wanted.value, REF, given)
    assert rejected.value.fields == {wanted.value: [expected]}


@pytest.mark.parametrize("kind", Kind)
def test_in_json_an_output_keeps_what_it_is(kind: Kind) -> None:
    given = Given(kind=kind, value=GIVEN[kind])
    expected = {"deep": [{"all": GIVEN[kind]}]}
    assert becomes("json", {"deep": [{"all": REF}]}, given) == expected


# ------------------------------------------------------------------ lists, objects and files that are written out


def test_a_list_among_items_gives_its_own() -> None:
    assert becomes("list", ["first", REF, f"<{REF}>"], Given(kind=TEXT, value="a")) == ["first", "a", "<a>"]
    assert becomes("list", ["first", REF, "last"], Given(kind=LIST, value=["a", "b"])) == ["first", "a", "b", "last"]


def test_what_cannot_be_an_item_is_refused() -> None:
    with pytest.raises(InputRejected) as rejected:
        becomes("list", ["first", REF], Given(kind=OBJECTS, value=GIVEN[OBJECTS]))
    assert rejected.value.fields == {"list": [OBJECTS_IN_LIST]}


def test_an_object_that_is_written_out_is_filled_inside() -> None:
    given = Given(kind=TEXT, value="Ada")
    assert becomes("object", {"name": f"Dear {REF}"}, given) == {"name": "Dear Ada"}
    assert becomes("objects", [{"name": REF}, {"name": "Ben"}], given) == [{"name": "Ada"}, {"name": "Ben"}]
    assert becomes("objects", {"name": REF}, given) == [{"name": "Ada"}]


def test_objects_that_are_referred_to_stand_among_those_written_out() -> None:
    given = Given(kind=OBJECTS, value=GIVEN[OBJECTS])
    assert becomes("objects", [{"name": "Cleo"}, REF], given) == [{"name": "Cleo"}, *GIVEN[OBJECTS]]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("object", {"name": REF}, "object.name"), ("objects", [{"name": "Ada"}, {"name": REF}], "objects.1.name")],
)
def test_what_is_refused_inside_an_object_is_named(name: str, value: Any, said: str) -> None:
    with pytest.raises(InputRejected) as rejected:
        becomes(name, value, Given(kind=LIST, value=["a"]))
    assert rejected.value.fields == {said: [LIST_IN_TEXT]}


def test_a_files_text_is_words() -> None:
    given = Given(kind=NUMBER, value=7)
    assert becomes("file", {"text": f"Total: {REF}"}, given) == base64("Total: 7")
    assert becomes("file", {"text": REF}, given) == base64("7")


def test_braces_that_were_written_with_a_backslash_are_braces() -> None:
    text = r"\{{c1.x}} is " + REF
    assert becomes("text", text, Given(kind=TEXT, value="{{c2.y}}")) == "{{c1.x}} is {{c2.y}}"


# ------------------------------------------------------------------ function cards


@pytest.mark.parametrize("kind", Kind)
def test_a_function_takes_an_output_of_any_kind_as_it_is(kind: Kind) -> None:
    given = Given(kind=kind, value=GIVEN[kind])
    assert incompatible(OutputType(kind=kind), FIELDS["anything"], alone=True) == ""
    assert filled("anything", REF, given) == GIVEN[kind]


@pytest.mark.parametrize("kind", Kind)
def test_among_words_a_function_takes_what_a_text_does(kind: Kind) -> None:
    said = incompatible(OutputType(kind=kind), FIELDS["anything"], alone=False)
    assert said == NOT_AMONG_WORDS.get(kind, "")
    given = Given(kind=kind, value=GIVEN[kind])
    if not said:
        assert filled("anything", f"<{REF}>", given) == f"<{SIMPLE[kind]}>"
        return
    with pytest.raises(InputRejected) as rejected:
        filled("anything", f"<{REF}>", given)
    assert rejected.value.fields == {"anything": [said]}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(("before", "after"), [("", ""), ("<", ">")], ids=["alone", "among words"])
def test_compose_prints_a_list_one_item_a_line(kind: Kind, before: str, after: str) -> None:
    text, given = f"{before}{REF}{after}", Given(kind=kind, value=GIVEN[kind])
    said = incompatible(OutputType(kind=kind), FIELDS["printed"], alone=not before)
    if kind in {FILE, OBJECT, JSON}:
        assert said == NOT_AMONG_WORDS[kind]
        with pytest.raises(InputRejected) as rejected:
            filled("printed", text, given)
        assert rejected.value.fields == {"printed": [said]}
        return
    lines = [as_text(each) for each in GIVEN[kind]] if kind in {LIST, OBJECTS} else [SIMPLE[kind]]
    assert said == ""
    assert filled("printed", text, given) == before + "\n".join(lines) + after


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "true"), (False, "false"), (7, "7"), (1.5, "1.5"), ("ä", "ä"), ({"a": "ä"}, '{"a": "ä"}')],
)
def test_a_plain_value_as_a_text(value: Any, text: str) -> None:
    assert as_text(value) == text
