"""A flow taken out as a file and brought in again, here or elsewhere: nothing is lost, and no secret goes with it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access.actor import Actor, Via
from access.models import AuditEntry
from connections.models import Connection
from flows.definition import (
    Definition,
    InputKind,
    PlacedCard,
    PlacedTrigger,
    TriggerField,
    TriggerKind,
    read_definition,
    walk,
)
from flows.findings import definition_findings
from flows.models import Flow
from flows.operations.create_flow import create_flow
from flows.operations.export_flow import export_flow
from flows.operations.import_flow import import_flow
from flows.operations.save_flow import save_flow
from flows.references import parse_text, write_text
from kernel.errors import NotFound, NotPermitted
from tests.factories import ConnectionFactory
from tests.flow_runs import card
from tests.flows.definitions.cards import compose, for_each
from tests.flows.definitions.changing import PASSWORD, alias, draft, events, password_of, somebody
from tests.flows.definitions.malformed import WHOLE

pytestmark = pytest.mark.django_db


def exported(actor: Actor, flow: Flow) -> Any:
    """As it is in the file."""
    return json.loads(json.dumps(export_flow(actor, flow.pk)))


def everything(connection: Connection) -> Definition:
    """Blocks in blocks, an event, every option of a card's place."""
    read = card("c4", "gmail.read_email", connection, inputs={"message_id": "{{c3.item}}"}, note="One by one")
    loop = for_each("c3", ["{{trigger.labels}}"], read, result="{{c4.subject}}")
    branch = card("c1", "function.if_else", inputs={"value": r"\{{c2.text}}"}, blocks={"then": (loop,), "else": ()})
    event = PlacedTrigger(
        kind=TriggerKind.EVENT,
        card="gmail.new_email",
        connection=connection.pk,
        options={"query": "is:unread", "schedule": 1},
        note="Mail of the support",
    )
    return Definition(
        trigger=event, cards=(branch, compose("c5", "Ünïcödé 🎈\n{{c3.results}}")), time_zone="Asia/Tokyo"
    )


def test_brought_in_again_it_is_the_same(actor: Actor, connection: Connection) -> None:
    flow = create_flow(actor, name="Support", description="Outside office hours", definition=everything(connection))
    again = import_flow(actor, exported(actor, flow))
    assert (again.name, again.description, again.owner) == ("Support", "Outside office hours", actor.user)
    assert draft(again) == draft(flow) == everything(connection)
    assert (again.is_on, again.published, again.pk == flow.pk) == (False, None, False)
    assert exported(actor, again) == exported(actor, flow)
    assert events() == ["flow.created", "flow.exported", "flow.imported", "flow.exported", "flow.exported"]


def test_it_is_the_draft_that_goes_out(actor: Actor) -> None:
    flow = create_flow(actor, name="Draft", definition=Definition(cards=(compose("c1"),)))
    save_flow(actor, flow.pk, edit=1)
    assert exported(actor, flow)["definition"] == flow.draft


def test_no_secret_goes_out_and_none_comes_in(actor: Actor, connection: Connection) -> None:
    flow = create_flow(actor, name="Alias", definition=Definition(cards=(alias("c1", connection, PASSWORD),)))
    document = exported(actor, flow)
    kept = password_of(flow, "c1")["secret"]
    assert PASSWORD not in json.dumps(document)
    assert kept not in json.dumps(document)
    document["definition"]["cards"][0]["inputs"]["password"] = {"secret": kept}
    assert password_of(import_flow(actor, document), "c1") is None


def test_a_secret_that_somebody_wrote_into_the_file_is_sealed(actor: Actor, connection: Connection) -> None:
    flow = create_flow(actor, name="Alias", definition=Definition(cards=(alias("c1", connection, ""),)))
    document = exported(actor, flow)
    document["definition"]["cards"][0]["inputs"]["password"] = PASSWORD
    again = import_flow(actor, document)
    assert password_of(again, "c1").keys() == {"secret"}
    assert PASSWORD not in json.dumps(again.draft) + str(AuditEntry.objects.values_list("difference"))


# ------------------------------------------------------------------ connections, which are another console's


def read_with(connection: Connection) -> Definition:
    return Definition(cards=(card("c1", "gmail.read_email", connection, inputs={"message_id": "1"}),))


def connections_of(flow: Flow) -> list[Any]:
    return [place.card.connection for place in walk(read_definition(flow.draft))]


def test_a_connection_is_taken_by_its_nickname(actor: Actor, connection: Connection) -> None:
    document = exported(actor, create_flow(actor, name="Reader", definition=read_with(connection)))
    assert document["connections"] == {str(connection.pk): connection.nickname}
    other = somebody(flow_builder=True)
    Connection.objects.filter(pk=connection.pk).update(nickname="Old", nickname_key="old")
    theirs = ConnectionFactory(owner=other.person, nickname=document["connections"][str(connection.pk)].upper())
    assert connections_of(import_flow(other, document)) == [theirs.pk]


@pytest.mark.parametrize("who", ["nobody's", "somebody else's", "deleted"])
def test_a_connection_that_may_not_be_used_is_left_to_be_chosen(actor: Actor, connection: Connection, who: str) -> None:
    document = exported(actor, create_flow(actor, name="Reader", definition=read_with(connection)))
    importer = actor
    if who == "nobody's":
        document["connections"] = {str(connection.pk): "Such as nobody has"}
    elif who == "somebody else's":
        importer = somebody(flow_builder=True)
    else:
        Connection.objects.filter(pk=connection.pk).update(deleted_at=connection.created_at)
    flow = import_flow(importer, document)
    assert connections_of(flow) == [None]
    assert [each.field for each in definition_findings(read_definition(flow.draft))] == ["connection"]


@pytest.mark.parametrize("nicknames", [{}, {"x": "y"}, {"018f": ["a"]}, {WHOLE["cards"][0]["connection"]: 7}])
def test_nicknames_that_are_none_leave_the_connections_to_be_chosen(actor: Actor, nicknames: Any) -> None:
    document = exported(actor, create_flow(actor, name="Whole")) | {"definition": WHOLE, "connections": nicknames}
    assert set(connections_of(import_flow(actor, document))) == {None}


# ------------------------------------------------------------------ who


def test_who_may_not_edit_a_flow_takes_none_out_and_brings_none_in(actor: Actor) -> None:
    flow = create_flow(actor, name="Mine")
    document = exported(actor, flow)
    with pytest.raises(NotFound):
        export_flow(somebody(flow_builder=True), flow.pk)
    with pytest.raises(NotPermitted):
        export_flow(somebody(operator=True), flow.pk)
    with pytest.raises(NotPermitted):
        import_flow(somebody(operator=True), document)
    assert export_flow(somebody(administrator=True), flow.pk) == document
    assert Flow.objects.count() == 1


# ------------------------------------------------------------------ whatever a definition holds

LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | LETTERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LETTERS, inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.lists(
    st.builds(TriggerField, name=st.from_regex(r"[a-z]{3}_[0-9]{1,3}", fullmatch=True), label=LETTERS.filter(bool)),
    unique_by=lambda each: each.name,
    max_size=3,
).map(tuple)


@given(
    st.builds(PlacedTrigger, kind=st.sampled_from(TriggerKind), fields=FIELDS, note=LETTERS),
    st.dictionaries(LETTERS, VALUES, max_size=4),
    LETTERS,
)
def test_what_is_written_is_read_as_the_same(trigger: PlacedTrigger, inputs: dict[str, Any], note: str) -> None:
    inner = PlacedCard(id="c2", card="x", inputs=inputs, note=note)
    definition = Definition(trigger=trigger, cards=(PlacedCard(id="c1", card="y", blocks={"then": (inner,)}),))
    assert read_definition(json.loads(json.dumps(definition.to_json()))) == definition


@given(st.text())
def test_a_text_in_parts_is_written_as_it_was_meant(text: str) -> None:
    assert parse_text(write_text(parse_text(text))) == parse_text(text)


@pytest.mark.parametrize("kind", InputKind)
def test_a_field_of_each_kind_is_read_as_it_was_written(kind: InputKind) -> None:
    field = TriggerField(name="field", label="Field", kind=kind, is_required=False)
    definition = Definition(trigger=PlacedTrigger(fields=(field,)))
    assert read_definition(definition.to_json()) == definition


def test_who_imports_is_the_owner_whatever_way_they_come(actor: Actor) -> None:
    document = exported(actor, create_flow(actor, name="Mine"))
    key = Actor(user=somebody(flow_builder=True).user, via=Via.COMMAND)
    assert import_flow(key, document).owner == key.user
