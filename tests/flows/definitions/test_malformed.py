"""Definitions that are none, or can't run: it is said where, nothing breaks, and nothing is made of what is refused."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from access.actor import Actor, Via
from access.models import AuditEntry
from connections.models import Connection
from flows.definition import Definition, read_definition
from flows.errors import FlowHasFindings
from flows.findings import definition_findings
from flows.models import Flow, FlowSecret, PlacedConnection
from flows.operations.create_flow import create_flow
from flows.operations.edit_flow import edit_flow
from flows.operations.import_flow import import_flow
from flows.operations.save_flow import save_flow
from flows.operations.switch_flow import switch_flow
from kernel.errors import InputRejected
from tests.api_callers import Caller
from tests.factories import UserFactory
from tests.flows.definitions.cards import CONNECTION
from tests.flows.definitions.malformed import BY_HAND, WHOLE, document, spoiled
from tests.flows.definitions.test_findings import CASES
from vault.models import DataKey

REFUSED, LEAST = 422, 200


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Flow, FlowSecret, PlacedConnection, AuditEntry, DataKey))


def read_or_none(data: Any) -> Definition | None:
    try:
        return read_definition(data)
    except InputRejected:
        return None


SPOILED = dict(spoiled())
NONE_AT_ALL = {case: data for case, data in SPOILED.items() if read_or_none(data) is None}
WITH_FINDINGS = {
    case: data
    for case, data in SPOILED.items()
    if case not in NONE_AT_ALL and definition_findings(read_definition(data))
}


def test_in_the_whole_nothing_is_wrong() -> None:
    assert definition_findings(read_definition(WHOLE)) == ()


def test_there_are_enough_of_them(figure: Callable[[str], None]) -> None:
    def distinct(cases: Mapping[str, Any]) -> int:
        return len({json.dumps(each) for each in cases.values()})

    by_hand = {case: data for case, (data, _place, _said) in BY_HAND.items()}
    assert distinct(by_hand | NONE_AT_ALL) >= LEAST
    assert distinct(CANNOT_RUN) >= LEAST
    figure(f"Definitions | {distinct(by_hand | NONE_AT_ALL)} that are none | {distinct(CANNOT_RUN)} that can't run")


# ------------------------------------------------------------------ what is no definition at all


@pytest.mark.parametrize("case", BY_HAND)
def test_what_is_no_definition_is_said_where_it_is(case: str) -> None:
    data, place, said = BY_HAND[case]
    with pytest.raises(InputRejected) as rejected:
        read_definition(data)
    assert place in rejected.value.fields
    assert any(each.startswith(said) for each in rejected.value.fields[place])


@pytest.mark.django_db
def test_each_of_them_is_refused_by_an_import_which_changes_nothing(actor: Actor) -> None:
    before = rows()
    for case, data in [*NONE_AT_ALL.items(), *((case, data) for case, (data, *_rest) in BY_HAND.items())]:
        with pytest.raises(InputRejected):
            import_flow(actor, document(data))
        assert rows() == before, case


@pytest.mark.django_db
def test_each_of_them_is_refused_by_the_page_and_the_api_which_change_nothing(actor: Actor) -> None:
    browser, caller = Client(), Caller(actor.person)
    browser.force_login(actor.person)
    before = rows()
    for case, (data, place, _said) in BY_HAND.items():
        status, text = uploaded(browser, document(data))
        assert (status, "Nothing was imported" in text) == (REFUSED, True), case
        if not isinstance(data, dict):
            continue  # the API's own schema has an object there
        sent, problem = caller.post("flows", {"name": "Made", "definition": data})
        assert (sent, problem["code"]) == (REFUSED, "input.rejected"), case
        assert place in problem["fields"] or "NaN" in json.dumps(data) or "Infinity" in json.dumps(data), case
    assert rows() == before


def uploaded(browser: Client, data: Any) -> tuple[int, str]:
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    answer = browser.post(reverse("import_flow"), {"file": SimpleUploadedFile("flow.json", content)})
    return answer.status_code, answer.content.decode()


FILES: dict[str, Any] = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b"\xff\xfe{}",
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "lists without end": b"[" * 100_000,
    "objects without end": b'{"definition":' * 50_000,
    "a number of ten thousand digits": b'{"format_version":' + b"9" * 10_000 + b"}",
    "no format": {"definition": WHOLE},
    "another format": document(WHOLE, format="okta-flopack"),
    "a format in a list": document(WHOLE, format=["workflows-console-flow"]),
    "a newer format": document(WHOLE, format_version=2),
    "a format in words": document(WHOLE, format_version="1"),
    "a format without a number": {name: each for name, each in document(WHOLE).items() if name != "format_version"},
    "one name more": document(WHOLE, owner="ada@acme.example"),
    "no name": document(WHOLE, name=""),
    "a name of blanks": document(WHOLE, name="  "),
    "a name that is a number": document(WHOLE, name=7),
    "a name that is null": document(WHOLE, name=None),
    "a name that is too long": document(WHOLE, name="x" * 101),
    "half a letter in the name": document(WHOLE, name="a\ud800"),
    "NUL in the name": document(WHOLE, name="a\x00"),
    "NUL in the description": document(WHOLE, description="a\x00"),
    "half a letter in the description": document(WHOLE, description="a\ud800"),
    "a description that is a list": document(WHOLE, description=[]),
    "a description that is a book": document(WHOLE, description="x" * 1001),
    "connections in a list": document(WHOLE, connections=[]),
    "no definition": {name: each for name, each in document(WHOLE).items() if name != "definition"},
    "a definition in a text": document(json.dumps(WHOLE)),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_none_of_ours_makes_nothing(case: str, actor: Actor) -> None:
    browser = Client()
    browser.force_login(actor.person)
    before = rows()
    status, text = uploaded(browser, FILES[case])
    assert (status, "Nothing was imported" in text) == (REFUSED, True)
    assert rows() == before


@pytest.mark.django_db
def test_without_a_file_nothing_is_made(actor: Actor) -> None:
    browser = Client()
    browser.force_login(actor.person)
    answer = browser.post(reverse("import_flow"))
    assert (answer.status_code, "Choose a file." in answer.content.decode()) == (REFUSED, True)


# ------------------------------------------------------------------ what is one, and can't run


CANNOT_RUN = {case: definition.to_json() for case, (definition, _said) in CASES.items()} | WITH_FINDINGS
del CANNOT_RUN["a secret in a field that does not count"]  # of another flow: it is left out when it is stored


@pytest.mark.django_db
def test_what_cannot_run_is_kept_and_saved_but_never_turned_on(actor: Actor, connection: Connection) -> None:
    names = {str(CONNECTION): connection.nickname}
    for case, data in CANNOT_RUN.items():
        flow = import_flow(actor, document(data, connections=names))
        assert definition_findings(read_definition(flow.draft)), case
        if case not in CASES:
            continue
        save_flow(actor, flow.pk, edit=flow.edit)
        with pytest.raises(FlowHasFindings) as found:
            switch_flow(actor, flow.pk, on=True)
        assert found.value.cause.startswith("Card "), case
        flow.refresh_from_db()
        assert not flow.is_on


@pytest.mark.django_db
def test_the_builder_shows_what_cannot_run_and_opens_its_card(actor: Actor, connection: Connection) -> None:
    browser, names = Client(), {str(CONNECTION): connection.nickname}
    browser.force_login(actor.person)
    for case in CASES.keys() & CANNOT_RUN.keys():
        flow = import_flow(actor, document(CANNOT_RUN[case], connections=names))
        (found,) = definition_findings(read_definition(flow.draft))
        page = browser.get(reverse("flow", args=[flow.pk], query={"card": found.card_id}))
        assert page.status_code == 200, case
        assert f"Card {found.number}: " in page.content.decode(), case


@pytest.mark.django_db
def test_the_api_gives_findings_of_what_cannot_run(actor: Actor) -> None:
    caller = Caller(actor.person)
    for case, data in CANNOT_RUN.items():
        status, flow = caller.post("flows", {"name": "Made", "definition": data})
        assert status == 201, case
        assert flow["findings"], case
        assert all(each["number"] and each["problem"]["detail"] for each in flow["findings"]), case


# ------------------------------------------------------------------ whatever may come

LETTERS = st.text(st.characters(codec=None), max_size=8)
WORDS = st.sampled_from(
    [
        *("id", "card", "cards", "trigger", "kind", "fields", "name", "options", "inputs", "blocks", "note", "each"),
        *("c1", "c2", "now", "api", "event", "schedule", "every", "at", "weekdays", "gmail.send_email", "to", "result"),
        *("function.for_each", "function.compose", "text", "list", "{{c1.text}}", "{{trigger.context}}", "{{c2.item}}"),
    ]
)
NUMBERS = st.integers() | st.floats()
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | LETTERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LETTERS | WORDS, inner, max_size=4),
    max_leaves=20,
)
IDS = st.sampled_from(["c1", "c2", "c3", "c4", "c5"])
KEYS = st.sampled_from(["gmail.send_email", "gmail.search_emails", "gmail.new_email", "gmail.set_auto_reply", "x", ""])
FUNCTIONS = st.sampled_from(["compose", "continue_if", "if_else", "for_each", "if_error"]).map("function.{}".format)
TEXTS = st.sampled_from(
    [*("", "a", "{{trigger.name}}", "{{trigger.context}}", "{{c1.text}} {{c2.item}}", "{{c1.item}}"), "{{c3.results}}"]
)
VALUES = st.dictionaries(
    st.sampled_from(["text", "list", "result", "value", "to", "subject", "result_set", "comparison", "user_email"]),
    TEXTS | ANYTHING | st.lists(TEXTS, max_size=2),
    max_size=4,
)
SHALLOW = st.fixed_dictionaries(
    {"id": IDS, "card": KEYS | FUNCTIONS}, optional={"options": VALUES, "inputs": VALUES, "note": LETTERS}
)
CARDS = st.recursive(
    st.lists(SHALLOW, max_size=3),
    lambda inner: st.lists(
        st.fixed_dictionaries(
            {"id": IDS, "card": FUNCTIONS, "options": VALUES, "inputs": VALUES},
            optional={"blocks": st.dictionaries(st.sampled_from(["each", "then", "else", "try", "error"]), inner)},
        ),
        max_size=3,
    ),
    max_leaves=6,
)
TRIGGERS = st.fixed_dictionaries(
    {"kind": st.sampled_from(["now", "schedule", "api", "event"])},
    optional={"card": KEYS, "options": VALUES, "schedule": ANYTHING, "fields": st.just([{"name": "name"}])},
)
LIKE_ONE = st.fixed_dictionaries({"cards": CARDS}, optional={"trigger": TRIGGERS | ANYTHING, "time_zone": ANYTHING})


@given(ANYTHING | LIKE_ONE)
@settings(max_examples=400)
def test_whatever_comes_is_refused_or_has_findings_or_is_fine(data: Any) -> None:
    definition = read_or_none(data)
    if definition is None:
        return
    assert read_definition(json.loads(json.dumps(definition.to_json()))) == definition
    for each in definition_findings(definition):
        assert each.number
        assert each.error.cause
        assert each.error.remedy


class TestImports(TestCase):
    """Each example in a transaction of its own."""

    def setUp(self) -> None:
        self.actor = Actor(user=UserFactory(flow_builder=True), via=Via.API)

    @given(st.fixed_dictionaries({"definition": ANYTHING | LIKE_ONE}, optional={"connections": ANYTHING}))
    @settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
    def test_whatever_is_imported_becomes_a_flow_or_nothing(self, given: dict[str, Any]) -> None:
        before = rows()
        try:
            flow = import_flow(self.actor, document(given["definition"]) | given)
        except InputRejected:
            assert rows() == before
        else:
            assert (Flow.objects.get().pk, flow.is_on, flow.published) == (flow.pk, False, None)
            read_definition(flow.draft)


# ------------------------------------------------------------------ what the console itself would make too much of


@pytest.mark.django_db
@pytest.mark.parametrize("case", ["a card too many", "a note that is a book", "blocks too deep"])
def test_a_change_that_goes_too_far_is_refused_and_leaves_the_draft(case: str, actor: Actor) -> None:
    flow = create_flow(actor, name="Long")
    too_much = unchecked(BY_HAND[case][0])
    before = rows()
    with pytest.raises(InputRejected):
        edit_flow(actor, flow.pk, edit=flow.edit, definition=too_much, what="Too much")
    with pytest.raises(InputRejected):
        create_flow(actor, name="Too much", definition=too_much)
    assert rows() == before
    flow.refresh_from_db()
    assert (flow.edit, flow.draft) == (1, Definition().to_json())


def unchecked(data: Any) -> Definition:
    """As a change made by the console, which nothing has read."""

    class Whatever(Definition):
        def to_json(self) -> dict[str, Any]:
            return dict(data)

    return Whatever()
