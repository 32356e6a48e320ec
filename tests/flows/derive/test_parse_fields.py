"""What becomes of the values that people, clients and other cards give."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.catalog import all_cards
from flows.derive.field_types import field_types
from flows.derive.parse_fields import parse_fields
from flows.derive.plain_values import plain_values
from kernel.errors import InputRejected
from tests.flows.derive.every_kind import EVERY_KIND, Alias, File, Inputs, Options, Scan

DOMAIN: dict[str, Any] = {"alias_type": "domain"}
CUSTOM: dict[str, Any] = {"alias_type": "custom_alias"}
CET = timezone(timedelta(hours=1))
TO: dict[str, Any] = {"to": "ben@acme.example"}
FOR_CUSTOM: dict[str, Any] = {"host": "mail", "reply": {}}


def parse(inputs: dict[str, Any], options: dict[str, Any] | None = None) -> tuple[Options, Inputs]:
    chosen, given_inputs = parse_fields(EVERY_KIND, DOMAIN if options is None else options, inputs)
    assert isinstance(chosen, Options)
    assert isinstance(given_inputs, Inputs)
    return chosen, given_inputs


def refused(inputs: dict[str, Any], options: dict[str, Any] | None = None) -> dict[str, list[str]]:
    with pytest.raises(InputRejected) as error:
        parse(inputs, options)
    return dict(error.value.fields)


def test_defaults_stand_for_what_is_left_out() -> None:
    options, inputs = parse(TO)
    assert options == Options(alias_type=Alias.DOMAIN)
    assert inputs == Inputs(to=("ben@acme.example",), host="", reply={})


@pytest.mark.parametrize(
    ("name", "given_value", "taken"),
    [
        ("to", "ben@acme.example", ("ben@acme.example",)),
        ("to", ["a", "", "  ", None, "b"], ("a", "b")),
        ("to", [7, True], ("7", "true")),
        ("body", 7, "7"),
        ("body", 1.5, "1.5"),
        ("body", False, "false"),
        ("body", datetime(2026, 11, 24, 9, 30, tzinfo=UTC), "2026-11-24T09:30:00+00:00"),
        ("body", "  kept as it is\n", "  kept as it is\n"),
        ("body", "", "Hello"),
        ("body", None, "Hello"),
        ("size", "12", 12),
        ("size", 12.0, 12),
        ("start", "2026-11-24T10:30:00+01:00", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("start", "2026-11-24 09:30", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        ("start", "2026-11-24T09:30:00Z", datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        (
            "start",
            datetime(2026, 11, 24, 10, tzinfo=timezone(timedelta(hours=1))),
            datetime(2026, 11, 24, 9, tzinfo=UTC),
        ),
        ("start", "", None),
        ("file", {"file_name": "a.txt"}, File(file_name="a.txt")),
        ("files", {"file_name": "a.txt"}, (File(file_name="a.txt"),)),
        ("files", [{"file_name": "a", "content": "x"}], (File(file_name="a", content="x"),)),
        ("files", [], ()),
        ("headers", {"a": [1, None, {"b": 0.5}], "c": {}}, {"a": [1, None, {"b": 0.5}], "c": {}}),
        ("headers", '{"a": "ß"}', {"a": "ß"}),
        ("headers", {"at": datetime(2026, 11, 24, 9, 30, tzinfo=UTC)}, {"at": "2026-11-24T09:30:00Z"}),
        ("headers", {}, {}),
        ("headers", " ", None),
    ],
)
def test_a_value_becomes_what_the_field_takes(name: str, given_value: Any, taken: Any) -> None:
    _options, inputs = parse(TO | {name: given_value})
    assert getattr(inputs, name) == taken


def test_a_reserved_word_has_its_own_name_on_the_wire() -> None:
    _options, inputs = parse(TO | {"from": "ada@acme.example"})
    assert inputs.from_ == "ada@acme.example"
    assert plain_values(inputs)["from"] == "ada@acme.example"
    assert "from_" in refused(TO | {"from_": "ada@acme.example"})


@pytest.mark.parametrize(
    ("given_value", "taken"), [(True, True), ("yes", True), ("On", True), ("1", True), (0, False), ("no", False)]
)
def test_yes_and_no_come_in_many_words(given_value: Any, taken: bool) -> None:
    assert parse(TO, DOMAIN | {"is_html": given_value})[0].is_html is taken


@pytest.mark.parametrize("given_value", ["custom_alias", "Custom alias", " CUSTOM_ALIAS "])
def test_a_choice_is_known_by_its_value_and_its_words(given_value: str) -> None:
    assert parse(TO | FOR_CUSTOM, {"alias_type": given_value})[0].alias_type is Alias.CUSTOM


@pytest.mark.parametrize(
    ("name", "given_value", "why"),
    [
        ("headers", "[1]", 'Enter a JSON object, such as {"name": "value"}.'),
        ("headers", 7, 'Enter a JSON object, such as {"name": "value"}.'),
        (
            "headers",
            "{'a': 1}",
            "This is no JSON: Expecting property name enclosed in double quotes at line 1, character 2.",
        ),
        ("headers", '{"a": NaN}', "This is no JSON that can be read here."),
        ("headers", "[" * 100_000, "This is no JSON that can be read here."),
        ("headers", {"a": float("inf")}, "Leave out what JSON doesn't have, such as NaN."),
        ("headers", {"a": "\ud800"}, "Leave out characters that can't be written."),
        ("to", None, "Enter To."),
        ("to", [" "], "Enter To."),
        ("to", [["a"]], "This takes one text, not a list."),
        ("body", ["a"], "This takes one text, not a list."),
        ("body", {"a": 1}, "This takes one text, not an object."),
        ("body", "\ud800", "Leave out characters that can't be written."),
        ("size", "many", "Enter a whole number."),
        ("size", 1.5, "Enter a whole number."),
        ("size", float("inf"), "Enter a whole number."),
        ("size", True, "Enter a whole number."),
        ("size", "9" * 5000, "Enter a whole number."),
        ("start", "soon", "Enter a date and time, such as 2026-11-24T09:30:00Z."),
        ("start", 5, "Enter a date and time, such as 2026-11-24T09:30:00Z."),
        ("start", "0001-01-01T00:00:00+14:00", "Enter a date and time, such as 2026-11-24T09:30:00Z."),
        ("file", "a.txt", "This takes an object with fields of its own."),
        ("host", "mail", "Leave this out: it doesn't count with the options chosen."),
    ],
)
def test_what_cannot_be_taken_is_named(name: str, given_value: Any, why: str) -> None:
    assert refused(TO | {name: given_value}) == {name: [why]}


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        ("aGVsbG8=", b"hello"),
        ("aGVsbG8", b"hello"),
        ("aGVs\r\nbG8=\n", b"hello"),
        ("-_-_", b"\xfb\xff\xbf"),
        ("+/+/", b"\xfb\xff\xbf"),
        ({"text": "hé"}, "hé".encode()),
        ("MDEyMzQ1Njc4OQ==", b"0123456789"),
    ],
)
def test_a_file_comes_as_base64_or_as_a_text(content: Any, taken: bytes) -> None:
    given_inputs = parse(TO | {"scan": {"name": "a.png", "page": content}})[1]
    assert given_inputs.scan == Scan(name="a.png", page=taken)
    back = plain_values(given_inputs)["scan"]
    assert parse(TO | {"scan": back})[1] == given_inputs


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "Choose a file that isn't empty."),
        ({"text": ""}, "Choose a file that isn't empty."),
        ("MDEyMzQ1Njc4OTA=", "The file is larger than 10\xa0bytes. At most 10 bytes are taken."),
        ({"text": "0123456789é"}, "The file is larger than 10\xa0bytes. At most 10 bytes are taken."),
        ("A" * 5000, "The file is larger than 10\xa0bytes. At most 10 bytes are taken."),
        ("é", 'This takes the content of a file as base64, or {"text": "…"} for a text.'),
        ("a", 'This takes the content of a file as base64, or {"text": "…"} for a text.'),
        ({"text": "a", "more": "b"}, 'This takes the content of a file as base64, or {"text": "…"} for a text.'),
        ({"text": ["a"]}, "This takes one text, not a list."),
    ],
)
def test_what_is_no_file_is_named_with_its_place(content: Any, why: str) -> None:
    assert refused(TO | {"scan": {"name": "a.png", "page": content}}) == {"scan.page": [why]}


@pytest.mark.parametrize("copies", [0, 2001, "-1", 1.5])
def test_a_number_keeps_to_its_limits(copies: Any) -> None:
    assert refused(TO | {"copies": copies}) == {"copies": ["Enter a whole number from 1 to 2,000."]}


def test_everything_wrong_is_said_at_once() -> None:
    wrong = {"bodi": "x", "size": "y", "file": {"file_nam": "a"}, "files": [{"file_name": "a"}, {}]}
    assert refused(wrong, {"alias_type": "none", "is_html": "maybe"}) == {
        "alias_type": ["Choose one of: domain, custom_alias."],
        "is_html": ["Choose yes or no."],
        "bodi": ["Every Kind takes no such field here. Did you mean body?"],
        "to": ["Enter To."],
        "size": ["Enter a whole number."],
        "file.file_nam": ["Every Kind takes no such field here. Did you mean file_name?"],
        "file.file_name": ["Enter File Name."],
        "files.1.file_name": ["Enter File Name."],
    }


def test_an_unknown_field_without_a_near_one_lists_what_there_is() -> None:
    (why,) = refused(TO, DOMAIN | {"zzz": 1})["zzz"]
    assert why.endswith("It takes: alias_type, port, is_html, place.")


def test_a_required_choice_is_asked_for() -> None:
    assert refused(TO, {})["alias_type"] == ["Choose Alias Type."]


def test_a_field_counts_only_with_its_option() -> None:
    assert refused(TO, CUSTOM) == {"host": ["Enter Host."], "reply": ["Enter Reply."]}
    assert parse(TO | FOR_CUSTOM, CUSTOM)[1].host == "mail"
    assert parse(TO)[1].reply == {}
    assert refused(TO, DOMAIN | {"port": 25}) == {"port": ["Leave this out: it doesn't count with the options chosen."]}
    assert parse(TO | FOR_CUSTOM, CUSTOM | {"port": 25})[0].port == 25
    assert refused(TO | {"plain_only": "x"}, DOMAIN | {"is_html": True}) == {
        "plain_only": ["Leave this out: it doesn't count with the options chosen."]
    }


def test_an_empty_value_for_a_field_that_does_not_count_is_no_mistake() -> None:
    assert parse(TO | {"host": "", "secret": None}, DOMAIN | {"port": ""})[1].host == ""


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ["to", "from", "body", "size", "start", "host", "secret", "file", "files", "copies", "scan", "headers", "zzz"]
)
OPTION_NAMES = st.sampled_from(["alias_type", "port", "is_html", "zzz"])


@given(
    options=st.dictionaries(OPTION_NAMES, VALUES | st.sampled_from(["domain", "custom_alias"]), max_size=3),
    inputs=st.dictionaries(NAMES, VALUES, max_size=5),
)
def test_anything_is_either_taken_or_refused_and_what_is_taken_comes_back_the_same(
    options: dict[str, Any], inputs: dict[str, Any]
) -> None:
    try:
        taken = parse(TO | inputs, DOMAIN | options)
    except InputRejected:
        return
    again = parse(plain_values(taken[1]), plain_values(taken[0]))
    assert again == taken


def test_no_option_and_input_of_a_card_share_a_name() -> None:
    """They stand in one form, and errors name the field alone."""
    for card in all_cards():
        names = [each.name for cls in (card.options, card.inputs) for each in field_types(cls)]
        assert len(names) == len(set(names)), card.key
