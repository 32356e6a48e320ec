"""A placed card's form: values of a definition as texts with references, and back again."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.cards import Fields
from flows.derive.field_types import FieldType, Kind, field_types
from flows.derive.form_fields import FormField, every_field
from flows.derive.placed_fields import placed_fields, placed_values, typed_text, typed_values
from tests.flows.derive.every_kind import EVERY_KIND, Inputs, Options

REF = "{{c1.subject}}"
WORDS = st.text(alphabet="abcäß {}.\\", min_size=1, max_size=12).filter(str.strip)


def fields(
    inputs: Mapping[str, Any], options: Mapping[str, Any] | None = None, **errors: list[str]
) -> dict[str, FormField]:
    chosen = {"alias_type": "custom_alias"} if options is None else options
    drawn = placed_fields(EVERY_KIND, chosen, inputs, errors, lambda _declared: ((REF, "1 Subject"),))
    return {each.name: each for each in every_field(drawn)}


def sent(options: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, list[str]]:
    """What the form sends that shows these values."""
    drawn = placed_fields(EVERY_KIND, options, inputs, {}, lambda _declared: ())
    return {each.name: each.value.split("\n") if each.kind == "list" else [each.value] for each in every_field(drawn)}


def again(options: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is kept when the form that shows these values is sent unchanged."""
    return placed_values(EVERY_KIND, sent(options, inputs), options, inputs)


# ------------------------------------------------------------------ drawn


def test_every_kind_is_drawn_as_the_text_it_is_kept_as() -> None:
    drawn = fields(
        {
            "to": ["ben@acme.example", REF],
            "size": REF,
            "start": f"in {REF}",
            "file": {"file_name": REF},
            "scan": {"name": "a", "page": {"text": f"Hello {REF}"}},
            "headers": {"a": REF},
            "reply": f'{{"a": {REF}}}',
        }
    )
    shown = {name: drawn[name].value for name in ("to", "size", "start", "file.file_name", "scan.page", "reply")}
    assert shown == {
        "to": f"ben@acme.example\n{REF}",
        "size": REF,
        "start": f"in {REF}",
        "file.file_name": REF,
        "scan.page": f"Hello {REF}",
        "reply": f'{{"a": {REF}}}',
    }
    assert drawn["headers"].value == f'{{\n  "a": "{REF}"\n}}'


def test_what_is_left_out_is_empty_and_says_its_default() -> None:
    drawn = fields({})
    assert (drawn["size"].value, drawn["size"].default) == ("", "1")
    assert (drawn["is_html"].value, drawn["is_html"].default) == ("", "No")
    assert drawn["alias_type"].default == ""


def test_a_choice_that_decides_takes_no_output_and_another_does() -> None:
    drawn = fields({})
    assert drawn["alias_type"].outputs == drawn["is_html"].outputs == ()
    assert {each.name for each in drawn.values() if each.outputs} == set()


@pytest.mark.parametrize(
    ("value", "is_kept"), [("SGVsbG8=", True), (REF, False), ({"text": "x"}, False), (None, False)]
)
def test_a_file_in_base64_is_kept_and_not_shown(value: Any, is_kept: bool) -> None:
    drawn = fields({"scan": {"name": "a", "page": value}})
    assert drawn["scan.page"].is_kept is is_kept
    assert "SGVsbG8=" not in drawn["scan.page"].value


def test_a_sealed_secret_is_kept_and_not_shown() -> None:
    drawn = fields({"secret": {"secret": "5b6f1e0c"}})
    assert (drawn["secret"].is_kept, drawn["secret"].value) == (True, "")


def test_a_file_here_gives_no_name_to_the_field_beside_it() -> None:
    drawn = fields({})
    assert (drawn["scan.name"].is_required, drawn["scan.name"].is_named_by_file) == (True, False)


def test_errors_stand_at_their_fields() -> None:
    drawn = placed_fields(EVERY_KIND, {}, {}, {"to": ["Enter To."], "scan.page": ["No."]}, lambda _declared: ())
    assert {each.name: each.errors for each in every_field(drawn) if each.errors} == {
        "to": ("Enter To.",),
        "scan.page": ("No.",),
    }


# ------------------------------------------------------------------ and back


def values_of(cls: type[Fields]) -> st.SearchStrategy[dict[str, Any]]:
    """Values as a definition holds them."""
    return st.fixed_dictionaries({}, optional=dict(_strategies(cls)))


def _strategies(cls: type[Fields]) -> Iterator[tuple[str, st.SearchStrategy[Any]]]:
    for each in field_types(cls):
        found = _strategy(each)
        if found is not None:
            yield each.name, found


TEXTS = st.one_of(WORDS.map(str.strip).filter(bool), st.just(REF))
FILES = st.one_of(st.sampled_from([REF, "SGVsbG8="]), WORDS.map(lambda each: {"text": each}))
JSON = st.dictionaries(WORDS, st.one_of(TEXTS, st.integers(), st.booleans()), min_size=1, max_size=3)
BY_KIND = {Kind.LIST: st.lists(TEXTS, min_size=1, max_size=3), Kind.FILE: FILES, Kind.JSON: JSON}
SECRET = st.just({"secret": "5b6f1e0c-9f0e-4a53-8c0e-0f5a5b9b8f11"})


def _strategy(declared: FieldType) -> st.SearchStrategy[Any] | None:
    if declared.kind is Kind.OBJECTS:
        return None
    if declared.kind is Kind.OBJECT:
        return values_of(declared.inner).filter(bool)
    return SECRET if declared.spec.secret else BY_KIND.get(declared.kind, TEXTS)


@given(values_of(Options), values_of(Inputs))
def test_a_form_that_is_sent_unchanged_changes_nothing(options: dict[str, Any], inputs: dict[str, Any]) -> None:
    chosen, filled = again(options, inputs)
    assert chosen == {name: each for name, each in options.items() if name != "port" or "port" in chosen}
    kept = {name: each for name, each in inputs.items() if name in filled}
    assert filled == kept
    left_out = inputs.keys() - filled.keys()
    assert all(each.spec.when for each in field_types(Inputs) if each.name in left_out)


def test_lines_come_as_browsers_send_them() -> None:
    given_back = placed_values(EVERY_KIND, {"to": ["a\r\n\r\n b "], "body": ["x\r\ny"]}, {}, {})
    assert given_back == ({}, {"to": ["a", " b "], "body": "x\ny"})


def test_a_new_secret_takes_the_place_of_the_one_that_is_kept() -> None:
    options = {"alias_type": "custom_alias"}
    kept = {"secret": {"secret": "5b6f1e0c"}}
    blank = placed_values(EVERY_KIND, {"alias_type": ["custom_alias"], "secret": [""]}, options, kept)
    assert blank[1] == kept
    anew = placed_values(EVERY_KIND, {"alias_type": ["custom_alias"], "secret": ["hunter-2"]}, options, kept)
    assert anew[1] == {"secret": {"new_secret": "hunter-2"}}


def test_a_file_goes_when_a_text_is_entered_and_its_output_is_cleared() -> None:
    before = {"scan": {"name": "a", "page": REF}}
    assert placed_values(EVERY_KIND, {"scan.name": ["a"], "scan.page": [""]}, {}, before)[1] == {"scan": {"name": "a"}}


# ------------------------------------------------------------------ what a run was given, typed again


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (None, ""),
        (7, "7"),
        (["a", "b"], "a\nb"),
        ({"a": 1}, '{\n  "a": 1\n}'),
        ([{"a": 1}], '[\n  {\n    "a": 1\n  }\n]'),
    ],
)
def test_a_plain_value_as_somebody_would_type_it(value: Any, text: str) -> None:
    assert typed_text(value) == text


def test_only_the_first_of_several_objects_has_room_in_a_form() -> None:
    typed = dict(typed_values(Inputs, {"files": [{"file_name": "a"}, {"file_name": "b"}]}))
    assert typed["files.file_name"] == ["a"]
