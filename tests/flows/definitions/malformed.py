"""Definitions that are none, by hand and by spoiling each place of one that is."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from flows.definition import MOST_CARDS, MOST_DEPTH, MOST_FIELDS, MOST_NAME, MOST_TEXT

WHOLE: dict[str, Any] = {
    "time_zone": "Europe/Berlin",
    "trigger": {
        "kind": "api",
        "card": "",
        "connection": None,
        "options": {},
        "fields": [{"name": "email", "label": "Email", "kind": "text", "is_required": True}],
        "schedule": {},
        "note": "Called by the personnel system",
    },
    "cards": [
        {
            "id": "c1",
            "card": "gmail.search_emails",
            "connection": "018f6f0e-6c5e-7a64-b3b7-1f6d2c9a7e11",
            "options": {"result_set": "all_matching_emails"},
            "inputs": {"query": "from:{{trigger.email}}", "limit": 5},
            "note": "",
            "blocks": {},
        },
        {
            "id": "c2",
            "card": "function.for_each",
            "options": {"result": "{{c3.message_id}}"},
            "inputs": {"list": ["{{c1.emails}}"]},
            "blocks": {
                "each": [
                    {
                        "id": "c3",
                        "card": "gmail.send_email_with_attachment",
                        "connection": "018f6f0e-6c5e-7a64-b3b7-1f6d2c9a7e11",
                        "options": {"body_is_html": False},
                        "inputs": {
                            "to": ["ada@acme.example"],
                            "subject": "Re: {{c2.item.subject}}",
                            "file": {"file_name": "a.txt", "file_content": {"text": "Number {{c2.number}}"}},
                        },
                    }
                ]
            },
        },
        {
            "id": "c4",
            "card": "gmail.custom_api_action",
            "connection": "018f6f0e-6c5e-7a64-b3b7-1f6d2c9a7e11",
            "options": {"request_type": "POST"},
            "inputs": {"relative_url": "/v1/users/me/labels", "body": {"name": "{{c2.results}}"}},
        },
    ],
}
"""A flow with a bit of everything, in which nothing is wrong."""


def nested(depth: int) -> Any:
    """A list within a list, so deep."""
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


NUL, HALF = "a\x00b", "a\ud800b"
SPOILED: tuple[Any, ...] = (
    None,
    True,
    7,
    -1.5,
    10**40,
    "",
    "x",
    NUL,
    HALF,
    [],
    {},
    ["x"],
    {"x": 1},
    {NUL: 1},
    nested(30),
)
"""What is put in every place."""
REMOVED = object()


def spoiled() -> Iterator[tuple[str, Any]]:
    """Each place of the whole by its path, with each of those instead, with one more name, and without it."""
    for path in _paths(WHOLE):
        for value in (*SPOILED, REMOVED):
            document = copy.deepcopy(WHOLE)
            *around, last = path
            parent: Any = document
            for step in around:
                parent = parent[step]
            if value is REMOVED:
                del parent[last]
            else:
                parent[last] = value
            yield _named(path, value), document
            if value is REMOVED and isinstance(last, str):
                more = copy.deepcopy(WHOLE)
                parent = more
                for step in around:
                    parent = parent[step]
                parent[f"{last}_"] = parent[last]
                yield f"{'.'.join(map(str, path))}_", more


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _paths(each, (*path, name))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _paths(each, (*path, at))


def _named(path: tuple[Any, ...], value: Any) -> str:
    return f"{'.'.join(map(str, path))} = {'nothing' if value is REMOVED else json.dumps(value)[:40]}"


def compose(card_id: str, **more: Any) -> dict[str, Any]:
    return {"id": card_id, "card": "function.compose", "inputs": {"text": "Hello"}, **more}


def block(depth: int) -> dict[str, Any]:
    """Blocks within blocks."""
    inside = [block(depth - 1)] if depth else []
    return {"id": f"c{depth + 1}", "card": "function.if_else", "blocks": {"then": inside}}


def field(**more: Any) -> dict[str, Any]:
    return {"trigger": {"fields": [{"name": "email", **more}]}}


def cards(*given: Any) -> dict[str, Any]:
    return {"cards": list(given)}


OWN_ID, OBJECT, LIST = "Give an id of its own, such as c1.", "Give an object.", "Give a list."
TEXT, JSON = f"Give a text of at most {MOST_TEXT:,} characters.", "Leave out what JSON doesn't have, such as NaN."
NAME, DEEP = f"Give names of at most {MOST_NAME} characters that can be written.", "This lies too deep."
FIELD_NAME = "Give a name of its own: small letters, digits and underscores."
CONNECTION, ONE_OF = "Give the id of a connection, or null.", "Give one of "
TAKEN = "Give another name: the trigger has a "
ZONE = "Give a time zone of the IANA database, such as Europe/Berlin."
UNKNOWN = "There is no such thing here."

BY_HAND: dict[str, tuple[Any, str, str]] = {
    "nothing": (None, "definition", OBJECT),
    "a text": ("{}", "definition", OBJECT),
    "a number": (7, "definition", OBJECT),
    "a list": ([], "definition", OBJECT),
    "cards alone": ([compose("c1")], "definition", OBJECT),
    "a name that there is not": ({"card": []}, "definition.card", UNKNOWN),
    "cards in an object": ({"cards": {"c1": compose("c1")}}, "cards", LIST),
    "cards that are null": ({"cards": None}, "cards", LIST),
    "a card that is its id": (cards("c1"), "cards[0]", OBJECT),
    "a card that is null": (cards(None), "cards[0]", OBJECT),
    "a card without an id": (cards({"card": "function.compose"}), "cards[0].id", OWN_ID),
    "an id in words": (cards(compose("first")), "cards[0].id", OWN_ID),
    "an id in capitals": (cards(compose("C1")), "cards[0].id", OWN_ID),
    "an id with a path": (cards(compose("c1/c2")), "cards[0].id", OWN_ID),
    "an id of seven digits": (cards(compose("c1000000")), "cards[0].id", OWN_ID),
    "an id in other digits": (cards(compose("c١")), "cards[0].id", OWN_ID),
    "an id with a line break": (cards(compose("c1\n")), "cards[0].id", OWN_ID),
    "an id that is a number": (cards(compose(1)), "cards[0].id", TEXT),  # type: ignore[arg-type]
    "the trigger's id": (cards(compose("trigger")), "cards[0].id", OWN_ID),
    "the same id twice": (cards(compose("c1"), compose("c1")), "cards[1].id", OWN_ID),
    "the same id in a block": (
        cards(compose("c1"), {"id": "c2", "blocks": {"then": [compose("c1")]}}),
        "cards[1].blocks.then[0].id",
        OWN_ID,
    ),
    "a card's key that is a list": (cards(compose("c1", card=["x"])), "cards[0].card", TEXT),
    "a name that a card has not": (cards(compose("c1", colour="red")), "cards[0].colour", UNKNOWN),
    "an output among the names": (cards(compose("c1", outputs={})), "cards[0].outputs", UNKNOWN),
    "a connection by name": (cards(compose("c1", connection="Payroll")), "cards[0].connection", CONNECTION),
    "a connection by number": (cards(compose("c1", connection=7)), "cards[0].connection", CONNECTION),
    "a connection in a list": (cards(compose("c1", connection=["x"])), "cards[0].connection", CONNECTION),
    "options in a list": (cards(compose("c1", options=[])), "cards[0].options", OBJECT),
    "options that are null": (cards(compose("c1", options=None)), "cards[0].options", OBJECT),
    "inputs as JSON in a text": (cards(compose("c1", inputs="{}")), "cards[0].inputs", OBJECT),
    "a note that is a number": (cards(compose("c1", note=7)), "cards[0].note", TEXT),
    "a note that is a book": (cards(compose("c1", note="x" * (MOST_TEXT + 1))), "cards[0].note", TEXT),
    "an input that is a book": (
        cards(compose("c1", inputs={"text": "x" * (MOST_TEXT + 1)})),
        "cards[0].inputs.text",
        TEXT,
    ),
    "NUL in a text": (cards(compose("c1", inputs={"text": NUL})), "cards[0].inputs.text", TEXT),
    "NUL in a list": (cards(compose("c1", inputs={"text": ["a", NUL]})), "cards[0].inputs.text[1]", TEXT),
    "half a letter": (cards(compose("c1", inputs={"text": HALF})), "cards[0].inputs.text", TEXT),
    "half a letter deep in an object": (
        cards(compose("c1", inputs={"text": {"a": [{"b": HALF}]}})),
        "cards[0].inputs.text.a[0].b",
        TEXT,
    ),
    "NUL in a name": (cards(compose("c1", inputs={NUL: "x"})), "cards[0].inputs", NAME),
    "half a letter in a name": (cards(compose("c1", options={HALF: "x"})), "cards[0].options", NAME),
    "NUL in a name deep in an object": (
        cards(compose("c1", inputs={"text": {"a": {NUL: 1}}})),
        "cards[0].inputs.text.a",
        NAME,
    ),
    "a name that is a book": (cards(compose("c1", inputs={"x" * (MOST_NAME + 1): 1})), "cards[0].inputs", NAME),
    "half a letter in a card's name": (cards({"id": "c1", HALF: 1}), "cards[0]", NAME),
    "half a letter in the whole's name": ({HALF: 1}, "definition", NAME),
    "half a letter in a block's name": (cards({"id": "c1", "blocks": {HALF: []}}), "cards[0].blocks", NAME),
    "no number": (cards(compose("c1", inputs={"text": float("nan")})), "cards[0].inputs.text", JSON),
    "without end": (cards(compose("c1", inputs={"text": [float("-inf")]})), "cards[0].inputs.text[0]", JSON),
    "an input too deep": (cards(compose("c1", inputs={"text": nested(11)})), f"cards[0].inputs.text{'[0]' * 10}", DEEP),
    "blocks in a list": (cards(compose("c1", blocks=[[]])), "cards[0].blocks", OBJECT),
    "a block that is a card": (cards(compose("c1", blocks={"then": compose("c2")})), "cards[0].blocks.then", LIST),
    "a block that is null": (cards(compose("c1", blocks={"then": None})), "cards[0].blocks.then", LIST),
    "blocks too deep": (
        cards(block(MOST_DEPTH)),
        f"cards[0]{'.blocks.then[0]' * (MOST_DEPTH - 1)}.blocks.then",
        "Blocks may lie at most 5 deep.",
    ),
    "a card too many": (
        {"cards": [compose(f"c{at}") for at in range(1, MOST_CARDS + 2)]},
        "cards",
        f"Give at most {MOST_CARDS}.",
    ),
    "a card too many in a block": (
        cards(
            {"id": "c999", "blocks": {"then": [compose(f"c{at}") for at in range(1, MOST_CARDS + 1)]}},
        ),
        "cards",
        f"A flow has at most {MOST_CARDS} cards.",
    ),
    "no time zone": ({"time_zone": ""}, "time_zone", ZONE),
    "a time zone that is null": ({"time_zone": None}, "time_zone", TEXT),
    "a time zone of nowhere": ({"time_zone": "Europe/Atlantis"}, "time_zone", ZONE),
    "a time zone in hours": ({"time_zone": "+01:00"}, "time_zone", ZONE),
    "a time zone's file": ({"time_zone": "../../etc/passwd"}, "time_zone", ZONE),
    "a trigger that is null": ({"trigger": None}, "trigger", OBJECT),
    "a trigger by its kind": ({"trigger": "now"}, "trigger", OBJECT),
    "a trigger of another kind": ({"trigger": {"kind": "later"}}, "trigger.kind", ONE_OF),
    "a trigger's kind in capitals": ({"trigger": {"kind": "NOW"}}, "trigger.kind", ONE_OF),
    "a trigger's kind in a list": ({"trigger": {"kind": ["now"]}}, "trigger.kind", ONE_OF),
    "a trigger's kind in an object": ({"trigger": {"kind": {"a": 1}}}, "trigger.kind", ONE_OF),
    "a trigger's kind that is null": ({"trigger": {"kind": None}}, "trigger.kind", ONE_OF),
    "a name that a trigger has not": ({"trigger": {"inputs": {}}}, "trigger.inputs", UNKNOWN),
    "a trigger's card that is null": ({"trigger": {"card": None}}, "trigger.card", TEXT),
    "a trigger's connection by name": ({"trigger": {"connection": "x"}}, "trigger.connection", CONNECTION),
    "a trigger's options in a list": ({"trigger": {"options": []}}, "trigger.options", OBJECT),
    "NUL in a trigger's options": ({"trigger": {"options": {"query": NUL}}}, "trigger.options.query", TEXT),
    "a schedule in words": ({"trigger": {"schedule": "daily"}}, "trigger.schedule", OBJECT),
    "a trigger's note that is a number": ({"trigger": {"note": 7}}, "trigger.note", TEXT),
    "fields in an object": ({"trigger": {"fields": {"email": "text"}}}, "trigger.fields", LIST),
    "fields that are null": ({"trigger": {"fields": None}}, "trigger.fields", LIST),
    "a field that is its name": ({"trigger": {"fields": ["email"]}}, "trigger.fields[0]", OBJECT),
    "a field without a name": ({"trigger": {"fields": [{}]}}, "trigger.fields[0].name", FIELD_NAME),
    "a field's name in capitals": (field(name="Email"), "trigger.fields[0].name", FIELD_NAME),
    "a field's name with a dot": (field(name="a.b"), "trigger.fields[0].name", FIELD_NAME),
    "a field's name that begins with a digit": (field(name="1st"), "trigger.fields[0].name", FIELD_NAME),
    "a field's name that is too long": (field(name="a" * 41), "trigger.fields[0].name", FIELD_NAME),
    "a field's name that is a number": (field(name=7), "trigger.fields[0].name", TEXT),
    "the same field twice": (
        {"trigger": {"fields": [{"name": "email"}, {"name": "email"}]}},
        "trigger.fields[1].name",
        FIELD_NAME,
    ),
    "a field called as the context": (field(name="context"), "trigger.fields[0].name", TAKEN),
    "a field called as the body": (
        {"trigger": {"kind": "api", "fields": [{"name": "body"}]}},
        "trigger.fields[0].name",
        TAKEN,
    ),
    "a field of another kind": (field(kind="file"), "trigger.fields[0].kind", ONE_OF),
    "a field's kind in a list": (field(kind=["text"]), "trigger.fields[0].kind", ONE_OF),
    "a field's label that is a number": (field(label=7), "trigger.fields[0].label", TEXT),
    "a field that is perhaps needed": (field(is_required="perhaps"), "trigger.fields[0].is_required", "Give true or"),
    "a field that is needed by number": (field(is_required=1), "trigger.fields[0].is_required", "Give true or false."),
    "a name that a field has not": (field(default="x"), "trigger.fields[0].default", UNKNOWN),
    "a field too many": (
        {"trigger": {"fields": [{"name": f"f{at}"} for at in range(MOST_FIELDS + 1)]}},
        "trigger.fields",
        f"Give at most {MOST_FIELDS}.",
    ),
}
"""Of each the place that is named, and what is said of it."""


def document(definition: Any, **more: Any) -> dict[str, Any]:
    """A file as an export makes it."""
    return {
        "format": "workflows-console-flow",
        "format_version": 1,
        "name": "Imported",
        "description": "",
        "connections": {},
        "definition": definition,
        **more,
    }
