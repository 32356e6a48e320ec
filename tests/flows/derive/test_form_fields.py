"""A card's form: what it draws, and what comes back."""

import pytest

from flows.derive.form_fields import ChosenFile, FormField, every_field, form_fields, form_values
from flows.derive.parse_fields import parse_fields
from tests.flows.derive.every_kind import EVERY_KIND, File, Inputs, Scan


def by_name(fields: tuple[FormField, ...]) -> dict[str, FormField]:
    return {each.name: each for each in fields}


def test_every_field_is_drawn_as_what_it_is() -> None:
    drawn = by_name(form_fields(EVERY_KIND))
    assert {name: each.kind for name, each in drawn.items()} == {
        "alias_type": "choice",
        "port": "number",
        "is_html": "boolean",
        "place": "listed",
        "to": "list",
        "from": "text",
        "body": "multiline",
        "size": "number",
        "start": "datetime",
        "host": "text",
        "secret": "text",
        "place_name": "text",
        "plain_only": "text",
        "file": "object",
        "files": "object",
        "copies": "number",
        "scan": "object",
        "headers": "json",
        "reply": "json",
    }
    assert [each.part for each in drawn.values()].count("options") == 4
    assert drawn["alias_type"].choices == (("domain", "Domain"), ("custom_alias", "Custom alias"))
    assert drawn["is_html"].choices == (("yes", "Yes"), ("no", "No"))
    assert (drawn["is_html"].value, drawn["body"].value, drawn["size"].value) == ("no", "Hello", "1")
    assert (drawn["to"].is_required, drawn["from"].is_required) == (True, False)
    assert drawn["host"].when == {"alias_type": "custom_alias"}
    assert [each.name for each in drawn["file"].fields] == ["file.file_name", "file.content"]
    assert [(each.name, each.kind) for each in every_field((drawn["scan"],))] == [
        ("scan", "object"),
        ("scan.name", "text"),
        ("scan.page", "file"),
    ]


def test_what_was_typed_stays_with_its_errors_and_a_secret_does_not() -> None:
    sent = {"to": ["a@x.example\r\nb"], "secret": ["hush"], "file.file_name": ["a.txt"], "is_html": ["yes"]}
    drawn = by_name(form_fields(EVERY_KIND, sent, {"to": ["Not an address."]}))
    assert (drawn["to"].value, drawn["to"].errors) == ("a@x.example\r\nb", ("Not an address.",))
    assert (drawn["secret"].value, drawn["is_html"].value, drawn["body"].value) == ("", "yes", "")
    assert drawn["file"].fields[0].value == "a.txt"


def test_a_listed_field_has_the_choices_that_other_fields_name() -> None:
    drawn = by_name(form_fields(EVERY_KIND))
    assert (drawn["place"].choices_from, drawn["place"].choices) == ("places", (("enter_it", "Enter It"),))


def test_a_form_comes_back_as_plain_values() -> None:
    sent = {
        "alias_type": ["domain"],
        "port": ["25"],
        "is_html": ["no"],
        "to": ["ben@acme.example\r\n\r\nEve, Dr. <eve@acme.example>"],
        "body": ["One\r\nTwo"],
        "host": ["hidden by the page"],
        "file.file_name": ["a.txt"],
        "files.file_name": [""],
    }
    options, inputs = form_values(EVERY_KIND, sent)
    assert options == {"alias_type": "domain", "is_html": "no"}
    assert "host" not in inputs
    _parsed, taken = parse_fields(EVERY_KIND, options, inputs)
    assert taken == Inputs(
        to=("ben@acme.example", "Eve, Dr. <eve@acme.example>"),
        body="One\nTwo",
        host="",
        reply={},
        file=File(file_name="a.txt"),
    )


def test_a_field_that_its_option_shows_comes_back() -> None:
    options, inputs = form_values(EVERY_KIND, {"alias_type": ["custom_alias"], "port": ["25"], "host": ["mail"]})
    assert (options["port"], inputs["host"]) == ("25", "mail")


def test_when_a_field_counts_is_said_in_words_and_for_the_script() -> None:
    drawn = by_name(form_fields(EVERY_KIND))
    assert (drawn["host"].counts_with, drawn["host"].condition) == (
        "Alias Type: Custom alias",
        "alias_type=custom_alias",
    )
    assert (drawn["plain_only"].counts_with, drawn["plain_only"].condition) == ("Body is HTML: No", "is_html=no")
    assert drawn["place_name"].counts_with == "Place: Enter It"
    assert (drawn["to"].counts_with, drawn["to"].condition) == ("", "")


@pytest.mark.parametrize(
    ("typed", "name"), [([""], "own.png"), (["  "], "own.png"), ([], "own.png"), (["a.png"], "a.png")]
)
def test_a_chosen_file_gives_its_name_where_none_is_typed(typed: list[str], name: str) -> None:
    drawn = by_name(form_fields(EVERY_KIND))["scan"].fields[0]
    assert (drawn.is_required, drawn.is_named_by_file) == (False, True)
    sent = {"alias_type": ["domain"], "to": ["a@x.example"], "scan.name": typed}
    options, inputs = form_values(EVERY_KIND, sent, {"scan.page": ChosenFile(name="own.png", content=b"\x89PNG")})
    _parsed, taken = parse_fields(EVERY_KIND, options, inputs)
    assert isinstance(taken, Inputs)
    assert taken.scan == Scan(name=name, page=b"\x89PNG")
