"""Every pair of types: what an output of one kind becomes in an input of another, or the sentence why it can't be."""

from base64 import b64encode
from itertools import product
from typing import Any

import pytest

from flows.derive.field_types import Kind
from flows.mapping import LIST_IN_TEXT, Given, incompatible
from flows.outputs import OutputType
from kernel.errors import InputRejected
from tests.flows.definitions.every_input import REF, becomes, field_of

TEXT, NUMBER, BOOLEAN, DATETIME, FILE, CHOICE, LIST, OBJECT, OBJECTS, JSON = Kind
NOON = "2026-11-24T12:00:00Z"
GIVEN: dict[Kind, Any] = {
    TEXT: "Hello",
    NUMBER: 7,
    BOOLEAN: True,
    DATETIME: NOON,
    FILE: "SGVsbG8=",
    CHOICE: "blue",
    LIST: ["a", "b"],
    OBJECT: {"name": "Ada"},
    OBJECTS: [{"name": "Ada"}, {"name": "Ben"}],
    JSON: {"any": ["thing", 1]},
}
"""What an output of each kind gave, as it is recorded, unless a row says something else."""


class No(str):
    """The sentence that refuses it."""

    __slots__ = ()


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()


OBJECTS_IN_LIST = No("A list of objects can't become a list of texts: use For Each and choose one of their outputs.")
IN_LIST = No(LIST_IN_TEXT)


def no(given: str, wanted: str) -> No:
    return No(f"{given} can't become {wanted}.")


# From, what it gave where that matters, into, what it becomes.
ALONE: tuple[tuple[Kind, Any, Kind, Any], ...] = (
    (TEXT, "Hello", TEXT, "Hello"),
    (TEXT, " 7 ", NUMBER, 7),
    (TEXT, "Yes", BOOLEAN, True),
    (TEXT, "2026-11-24T13:00:00+01:00", DATETIME, NOON),
    (TEXT, "Hello", FILE, base64("Hello")),
    (TEXT, "BLUE", CHOICE, "blue"),
    (TEXT, "Hello", LIST, ["Hello"]),
    (TEXT, '{"name": "Ada"}', OBJECT, no("A text", "an object")),
    (TEXT, "Hello", OBJECTS, no("A text", "a list of objects")),
    (TEXT, '{"a": 1}', JSON, no("A text", "an object")),
    (NUMBER, 7, TEXT, "7"),
    (NUMBER, 7, NUMBER, 7),
    (NUMBER, 1, BOOLEAN, no("A number", "yes or no")),
    (NUMBER, 7, DATETIME, no("A number", "a date and time")),
    (NUMBER, 7, FILE, base64("7")),
    (NUMBER, 7, CHOICE, no("A number", "a choice")),
    (NUMBER, 7, LIST, ["7"]),
    (NUMBER, 7, OBJECT, no("A number", "an object")),
    (NUMBER, 7, OBJECTS, no("A number", "a list of objects")),
    (NUMBER, 7, JSON, no("A number", "an object")),
    (BOOLEAN, True, TEXT, "true"),
    (BOOLEAN, True, NUMBER, no("Yes or no", "a number")),
    (BOOLEAN, False, BOOLEAN, False),
    (BOOLEAN, True, DATETIME, no("Yes or no", "a date and time")),
    (BOOLEAN, False, FILE, base64("false")),
    (BOOLEAN, True, CHOICE, no("Yes or no", "a choice")),
    (BOOLEAN, False, LIST, ["false"]),
    (BOOLEAN, True, OBJECT, no("Yes or no", "an object")),
    (BOOLEAN, True, OBJECTS, no("Yes or no", "a list of objects")),
    (BOOLEAN, True, JSON, no("Yes or no", "an object")),
    (DATETIME, NOON, TEXT, NOON),
    (DATETIME, NOON, NUMBER, no("A date and time", "a number")),
    (DATETIME, NOON, BOOLEAN, no("A date and time", "yes or no")),
    (DATETIME, NOON, DATETIME, NOON),
    (DATETIME, NOON, FILE, base64(NOON)),
    (DATETIME, NOON, CHOICE, no("A date and time", "a choice")),
    (DATETIME, NOON, LIST, [NOON]),
    (DATETIME, NOON, OBJECT, no("A date and time", "an object")),
    (DATETIME, NOON, OBJECTS, no("A date and time", "a list of objects")),
    (DATETIME, NOON, JSON, no("A date and time", "an object")),
    (FILE, base64("Hello"), TEXT, no("A file", "a text")),
    (FILE, base64("7"), NUMBER, no("A file", "a number")),
    (FILE, base64("yes"), BOOLEAN, no("A file", "yes or no")),
    (FILE, base64(NOON), DATETIME, no("A file", "a date and time")),
    (FILE, base64("Hello"), FILE, base64("Hello")),
    (FILE, base64("blue"), CHOICE, no("A file", "a choice")),
    (FILE, base64("Hello"), LIST, no("A file", "a list")),
    (FILE, base64("{}"), OBJECT, no("A file", "an object")),
    (FILE, base64("[]"), OBJECTS, no("A file", "a list of objects")),
    (FILE, base64("{}"), JSON, no("A file", "an object")),
    (CHOICE, "blue", TEXT, "blue"),
    (CHOICE, "blue", NUMBER, no("A choice", "a number")),
    (CHOICE, "blue", BOOLEAN, no("A choice", "yes or no")),
    (CHOICE, "blue", DATETIME, no("A choice", "a date and time")),
    (CHOICE, "blue", FILE, base64("blue")),
    (CHOICE, "blue", CHOICE, "blue"),
    (CHOICE, "blue", LIST, ["blue"]),
    (CHOICE, "blue", OBJECT, no("A choice", "an object")),
    (CHOICE, "blue", OBJECTS, no("A choice", "a list of objects")),
    (CHOICE, "blue", JSON, no("A choice", "an object")),
    (LIST, ["a"], TEXT, IN_LIST),
    (LIST, ["7"], NUMBER, no("A list", "a number")),
    (LIST, ["yes"], BOOLEAN, no("A list", "yes or no")),
    (LIST, [NOON], DATETIME, no("A list", "a date and time")),
    (LIST, ["a"], FILE, IN_LIST),
    (LIST, ["blue"], CHOICE, no("A list", "a choice")),
    (LIST, ["a", "b"], LIST, ["a", "b"]),
    (LIST, ["a"], OBJECT, no("A list", "an object")),
    (LIST, ["a"], OBJECTS, no("A list", "a list of objects")),
    (LIST, ["a"], JSON, no("A list", "an object")),
    (OBJECT, {"name": "Ada"}, TEXT, no("An object", "a text")),
    (OBJECT, {"name": "7"}, NUMBER, no("An object", "a number")),
    (OBJECT, {"name": "yes"}, BOOLEAN, no("An object", "yes or no")),
    (OBJECT, {"name": NOON}, DATETIME, no("An object", "a date and time")),
    (OBJECT, {"name": "Ada"}, FILE, no("An object", "a file")),
    (OBJECT, {"name": "blue"}, CHOICE, no("An object", "a choice")),
    (OBJECT, {"name": "Ada"}, LIST, no("An object", "a list")),
    (OBJECT, {"name": "Ada"}, OBJECT, {"name": "Ada"}),
    (OBJECT, {"name": "Ada"}, OBJECTS, [{"name": "Ada"}]),
    (OBJECT, {"name": "Ada"}, JSON, {"name": "Ada"}),
    (OBJECTS, [{"name": "Ada"}], TEXT, IN_LIST),
    (OBJECTS, [{"name": "7"}], NUMBER, no("A list of objects", "a number")),
    (OBJECTS, [{"name": "yes"}], BOOLEAN, no("A list of objects", "yes or no")),
    (OBJECTS, [{"name": NOON}], DATETIME, no("A list of objects", "a date and time")),
    (OBJECTS, [{"name": "Ada"}], FILE, IN_LIST),
    (OBJECTS, [{"name": "blue"}], CHOICE, no("A list of objects", "a choice")),
    (OBJECTS, [{"name": "Ada"}], LIST, OBJECTS_IN_LIST),
    (OBJECTS, [{"name": "Ada"}], OBJECT, no("A list of objects", "an object")),
    (OBJECTS, [{"name": "Ada"}, {"name": "Ben"}], OBJECTS, [{"name": "Ada"}, {"name": "Ben"}]),
    (OBJECTS, [{"name": "Ada"}], JSON, no("A list of objects", "an object")),
    (JSON, {"a": 1}, TEXT, no("An object", "a text")),
    (JSON, {"a": 1}, NUMBER, no("An object", "a number")),
    (JSON, {"a": 1}, BOOLEAN, no("An object", "yes or no")),
    (JSON, {"a": 1}, DATETIME, no("An object", "a date and time")),
    (JSON, {"a": 1}, FILE, no("An object", "a file")),
    (JSON, {"a": 1}, CHOICE, no("An object", "a choice")),
    (JSON, {"a": 1}, LIST, no("An object", "a list")),
    (JSON, {"name": "Ada"}, OBJECT, {"name": "Ada"}),
    (JSON, {"name": "Ada"}, OBJECTS, no("An object", "a list of objects")),
    (JSON, {"a": [1]}, JSON, {"a": [1]}),
)

SIMPLE = {TEXT: "Hello", NUMBER: "7", BOOLEAN: "true", DATETIME: NOON, CHOICE: "blue"}
"""As it stands among words."""
NOT_AMONG_WORDS = {
    FILE: no("A file", "a text"),
    LIST: IN_LIST,
    OBJECT: no("An object", "a text"),
    OBJECTS: IN_LIST,
    JSON: no("An object", "a text"),
}
NO_WORDS = {
    NUMBER: "a number",
    BOOLEAN: "yes or no",
    DATETIME: "a date and time",
    CHOICE: "a choice",
    OBJECT: "an object",
    OBJECTS: "a list of objects",
}
"""Inputs that take no words, and so no output among some."""


def among_words(given: Kind, wanted: Kind) -> Any:
    """What ``<{{c1.x}}>`` becomes."""
    if wanted in NO_WORDS:
        return No(f"This takes {NO_WORDS[wanted]}, not words with an output among them.")
    if given in NOT_AMONG_WORDS:
        return NOT_AMONG_WORDS[given]
    text = f"<{SIMPLE[given]}>"
    return {TEXT: text, LIST: [text], FILE: base64(text), JSON: {"note": text}}[wanted]


AMONG_WORDS = tuple((given, GIVEN[given], wanted, among_words(given, wanted)) for given, wanted in product(Kind, Kind))


def row_id(row: tuple[Kind, Any, Kind, Any]) -> str:
    return f"{row[0]} into {row[2]}"


@pytest.mark.parametrize("table", [ALONE, AMONG_WORDS], ids=["alone", "among words"])
def test_every_pair_is_a_row(table: tuple[tuple[Kind, Any, Kind, Any], ...]) -> None:
    assert [(given, wanted) for given, _value, wanted, _becomes in table] == [*product(Kind, Kind)]


@pytest.mark.parametrize("row", ALONE, ids=row_id)
def test_an_output_that_is_the_whole_value(row: tuple[Kind, Any, Kind, Any]) -> None:
    given, value, wanted, expected = row
    assert_mapped(Given(kind=given, value=value), wanted, REF, expected, alone=True)


@pytest.mark.parametrize("row", AMONG_WORDS, ids=row_id)
def test_an_output_among_words(row: tuple[Kind, Any, Kind, Any]) -> None:
    given, value, wanted, expected = row
    text: Any = {"note": f"<{REF}>"} if wanted is JSON else f"<{REF}>"
    assert_mapped(Given(kind=given, value=value), wanted, text, expected, alone=False)


def assert_mapped(given: Given, wanted: Kind, value: Any, expected: Any, *, alone: bool) -> None:
    """What is said before a run is what the run says: it goes through where nothing is said, and only there."""
    said = incompatible(OutputType(kind=given.kind), field_of(wanted), alone=alone)
    if not isinstance(expected, No):
        assert said == ""
        assert becomes(wanted.value, value, given) == expected
        return
    assert said == expected
    with pytest.raises(InputRejected) as rejected:
        becomes(wanted.value, value, given)
    assert rejected.value.fields.keys() == {wanted.value}
    if alone or wanted not in NO_WORDS:
        assert rejected.value.fields == {wanted.value: [expected]}


@pytest.mark.parametrize(
    ("text", "wanted", "said"),
    [
        ("seven", NUMBER, "Enter a whole number."),
        ("maybe", BOOLEAN, "Choose yes or no."),
        ("noon", DATETIME, "Enter a date and time, such as 2026-11-24T09:30:00Z."),
        ("green", CHOICE, "Choose one of: red, blue."),
    ],
)
def test_a_text_that_is_none_is_told_by_the_run(text: str, wanted: Kind, said: str) -> None:
    assert incompatible(OutputType(kind=TEXT), field_of(wanted), alone=True) == ""
    with pytest.raises(InputRejected) as rejected:
        becomes(wanted.value, REF, Given(kind=TEXT, value=text))
    assert rejected.value.fields == {wanted.value: [said]}
