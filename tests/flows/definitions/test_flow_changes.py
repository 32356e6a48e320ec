"""What becomes of a flow: made, changed, undone, saved, turned on and off, copied, deleted, and by whom."""

from dataclasses import replace

import pytest

from access.actor import Actor
from access.models import AuditEntry
from connections.models import Connection
from flows.definition import Definition, PlacedTrigger, TriggerKind, read_definition
from flows.draft import add_card, remove_card, with_trigger
from flows.errors import FlowHasFindings, NothingToUndo, NotSaved
from flows.flow_queries import FlowFilters, list_flows, visible_flow, with_last_runs
from flows.models import Flow, FlowVersion, RunState, TriggerState
from flows.operations.create_flow import create_flow
from flows.operations.delete_flow import delete_flow
from flows.operations.duplicate_flow import duplicate_flow
from flows.operations.edit_flow import UNDOABLE, edit_flow
from flows.operations.rename_flow import rename_flow
from flows.operations.save_flow import save_flow
from flows.operations.start_flow_run import start_flow_run
from flows.operations.switch_flow import switch_flow
from flows.operations.undo_edit import undo_edit
from kernel.errors import EditStale, InputRejected, NotFound, NotPermitted
from tests.flow_runs import Queue, build_flow, card, queued_runs
from tests.flows.definitions.cards import compose
from tests.flows.definitions.changing import change, draft, events, placed, somebody

pytestmark = pytest.mark.django_db

SCHEDULE = PlacedTrigger(kind=TriggerKind.SCHEDULE, schedule={"every": "day", "at": "09:00"})
HELLO = Definition(cards=(compose("c1"),))


@pytest.fixture
def flow(actor: Actor) -> Flow:
    return create_flow(actor, name="Offboarding", definition=HELLO)


# ------------------------------------------------------------------ made


def test_a_flow_is_its_makers_off_and_not_saved(actor: Actor) -> None:
    flow = create_flow(actor, name="  Off   boarding ", description=" For leavers ")
    assert (flow.name, flow.description, flow.owner) == ("Off boarding", "For leavers", actor.user)
    assert (flow.is_on, flow.published, flow.unsaved_changes, flow.saves_data) == (False, None, 1, False)
    assert draft(flow) == Definition()
    assert events() == ["flow.created"]


@pytest.mark.parametrize(
    ("name", "description", "field"),
    [
        ("", "", "name"),
        ("  ", "", "name"),
        ("x" * 101, "", "name"),
        ("a\x00", "", "name"),
        ("a\u202eb", "", "name"),
        ("Fine", "x" * 1001, "description"),
        ("Fine", "a\x00", "description"),
        ("Fine", "a\ud800", "description"),
    ],
)
def test_a_name_or_description_that_cannot_be_kept(actor: Actor, name: str, description: str, field: str) -> None:
    flow = create_flow(actor, name="Offboarding")
    with pytest.raises(InputRejected) as made:
        create_flow(actor, name=name, description=description)
    with pytest.raises(InputRejected) as renamed:
        rename_flow(actor, flow.pk, name=name, description=description)
    assert made.value.fields.keys() == renamed.value.fields.keys() == {field}
    assert Flow.objects.get().name == "Offboarding"


@pytest.mark.parametrize("role", ["operator", "auditor", "connection_manager"])
def test_who_builds_no_flows_makes_none(role: str) -> None:
    with pytest.raises(NotPermitted):
        create_flow(somebody(**{role: True}), name="Mine")
    assert not Flow.objects.exists()


def test_a_flow_is_renamed_once(actor: Actor, flow: Flow) -> None:
    renamed = rename_flow(actor, flow.pk, name="Leavers", description="")
    assert (renamed.name, renamed.edit) == ("Leavers", 1)
    rename_flow(actor, flow.pk, name="Leavers", description="")
    entry = AuditEntry.objects.order_by("sequence").last()
    assert events() == ["flow.created", "flow.renamed"]
    assert entry is not None
    assert entry.difference == {"name": ["Offboarding", "Leavers"]}


# ------------------------------------------------------------------ changed and undone


def test_a_change_is_kept_at_once_and_says_where_its_connections_are(
    actor: Actor, flow: Flow, connection: Connection
) -> None:
    changed = change(actor, flow, add_card(HELLO, card("c2", "gmail.read_email", connection), after="c1"))
    assert (changed.edit, changed.unsaved_changes) == (2, 2)
    assert [each.id for each in draft(flow).cards] == ["c1", "c2"]
    assert placed(flow) == [("c2", False)]
    change(actor, flow, HELLO)
    assert placed(flow) == []


def test_a_change_that_changes_nothing_is_none(actor: Actor, flow: Flow) -> None:
    assert change(actor, flow, HELLO).edit == 1
    assert not flow.edits.exists()


def test_of_two_who_change_at_once_the_later_one_is_told(actor: Actor, flow: Flow) -> None:
    edit_flow(actor, flow.pk, edit=1, definition=Definition(), what="Compose removed")
    for act in (
        lambda: edit_flow(actor, flow.pk, edit=1, definition=HELLO, what="Compose added"),
        lambda: undo_edit(actor, flow.pk, edit=1),
        lambda: save_flow(actor, flow.pk, edit=1),
    ):
        with pytest.raises(EditStale):
            act()
    assert draft(flow) == Definition()
    assert not FlowVersion.objects.exists()


def test_changes_are_undone_one_by_one_with_what_they_were(actor: Actor, flow: Flow, connection: Connection) -> None:
    read = card("c2", "gmail.read_email", connection)
    change(actor, flow, add_card(HELLO, read, after="c1"), "Read Email added")
    change(actor, flow, Definition(), "Everything removed")
    undone, what = undo_edit(actor, flow.pk, edit=3)
    assert (undone.edit, what) == (4, "Everything removed")
    assert placed(flow) == [("c2", False)]
    _undone, what = undo_edit(actor, flow.pk, edit=4)
    assert (draft(flow), what) == (HELLO, "Read Email added")
    assert placed(flow) == []
    with pytest.raises(NothingToUndo):
        undo_edit(actor, flow.pk, edit=5)


def test_the_last_fifty_changes_can_be_undone(actor: Actor, flow: Flow) -> None:
    for number in range(1, UNDOABLE + 6):
        change(actor, flow, Definition(cards=(compose("c1", f"{number}"),)))
    for _ in range(UNDOABLE):
        flow.refresh_from_db()
        undo_edit(actor, flow.pk, edit=flow.edit)
    assert draft(flow) == Definition(cards=(compose("c1", "5"),))
    with pytest.raises(NothingToUndo):
        undo_edit(actor, flow.pk, edit=flow.edit)


def test_a_flow_is_its_owners_and_an_administrators(flow: Flow) -> None:
    assert change(somebody(administrator=True), flow, Definition()).edit == 2
    for other in (somebody(flow_builder=True), somebody(auditor=True)):
        for act in (
            lambda other=other: change(other, flow, HELLO),
            lambda other=other: save_flow(other, flow.pk, edit=2),
            lambda other=other: switch_flow(other, flow.pk, on=True),
            lambda other=other: rename_flow(other, flow.pk, name="Mine", description=""),
            lambda other=other: undo_edit(other, flow.pk, edit=2),
            lambda other=other: delete_flow(other, flow.pk),
            lambda other=other: duplicate_flow(other, flow.pk),
        ):
            with pytest.raises(NotFound):
                act()
    operator = somebody(operator=True)
    assert visible_flow(operator, flow.pk) == flow
    with pytest.raises(NotPermitted):
        change(operator, flow, HELLO)
    assert draft(flow) == Definition()


# ------------------------------------------------------------------ saved


def test_what_is_saved_is_the_version_that_runs(actor: Actor, flow: Flow, connection: Connection) -> None:
    read = card("c2", "gmail.read_email", connection)
    change(actor, flow, add_card(HELLO, read, after="c1"))
    first = save_flow(actor, flow.pk, edit=2)
    flow.refresh_from_db()
    assert (first.number, flow.published, flow.unsaved_changes) == (1, first, 0)
    assert placed(flow) == [("c2", False), ("c2", True)]
    change(actor, flow, HELLO)
    assert placed(flow) == [("c2", True)]
    assert read_definition(FlowVersion.objects.get().definition).find("c2") == read
    assert save_flow(actor, flow.pk, edit=3).number == 2
    assert placed(flow) == []


def test_a_draft_that_is_saved_already_is_the_same_version(actor: Actor, flow: Flow) -> None:
    assert save_flow(actor, flow.pk, edit=1) == save_flow(actor, flow.pk, edit=1)
    assert events() == ["flow.created", "flow.saved"]


def test_whether_data_is_saved_is_in_the_trail(actor: Actor, flow: Flow) -> None:
    save_flow(actor, flow.pk, edit=1)
    save_flow(actor, flow.pk, edit=1, saves_data=True)
    save_flow(actor, flow.pk, edit=1)
    flow.refresh_from_db()
    assert flow.saves_data
    differences = (
        AuditEntry.objects.filter(event="flow.saved").order_by("sequence").values_list("difference", flat=True)
    )
    assert list(differences) == [{"version": 1}, {"saves data": [False, True]}]


def test_what_cannot_run_is_saved_while_the_flow_is_off_and_refused_while_it_is_on(actor: Actor) -> None:
    flow = build_flow(actor, compose("c1"), trigger=SCHEDULE)
    switch_flow(actor, flow.pk, on=True)
    broken = with_trigger(draft(flow), PlacedTrigger(kind=TriggerKind.SCHEDULE, schedule={"every": "never"}))
    flow = change(actor, flow, broken)
    with pytest.raises(FlowHasFindings) as found:
        save_flow(actor, flow.pk, edit=flow.edit)
    assert found.value.cause.startswith("Card 1, Schedule, Every: Choose one of")
    flow.refresh_from_db()
    assert (flow.is_on, FlowVersion.objects.count(), flow.unsaved_changes) == (True, 1, 1)
    switch_flow(actor, flow.pk, on=False)
    assert save_flow(actor, flow.pk, edit=flow.edit).number == 2


def test_saving_a_flow_that_is_on_takes_its_new_schedule(actor: Actor) -> None:
    flow = build_flow(actor, compose("c1"), trigger=SCHEDULE)
    switch_flow(actor, flow.pk, on=True)
    before = TriggerState.objects.get().due_at
    later = with_trigger(draft(flow), replace(SCHEDULE, schedule={"every": "day", "at": "09:07"}))
    flow = change(actor, flow, later)
    assert TriggerState.objects.get().due_at == before
    save_flow(actor, flow.pk, edit=flow.edit)
    due = TriggerState.objects.get().due_at
    assert due is not None
    assert f"{due:%H:%M}" == "09:07"


# ------------------------------------------------------------------ turned on and off


def test_only_what_was_saved_can_be_turned_on(actor: Actor, flow: Flow) -> None:
    with pytest.raises(NotSaved):
        switch_flow(actor, flow.pk, on=True)
    save_flow(actor, flow.pk, edit=1)
    assert switch_flow(actor, flow.pk, on=True).is_on
    switch_flow(actor, flow.pk, on=True)
    switch_flow(actor, flow.pk, on=False)
    switch_flow(actor, flow.pk, on=False)
    assert events()[2:] == ["flow.switched_on", "flow.switched_off"]


def test_of_all_that_stops_it_the_first_is_said_and_how_many_more(actor: Actor) -> None:
    flow = build_flow(actor, compose("c1", ""), card("c2", "gmail.read_email"))
    with pytest.raises(FlowHasFindings) as found:
        switch_flow(actor, flow.pk, on=True)
    assert found.value.cause == "Card 2, Compose, Text: Enter Text. And 2 more."


def test_a_draft_that_is_worse_does_not_stop_what_is_saved(actor: Actor) -> None:
    flow = build_flow(actor, compose("c1"))
    change(actor, flow, remove_card(add_card(draft(flow), compose("c2", "{{c1.text}}"), after="c1"), "c1"))
    assert switch_flow(actor, flow.pk, on=True).is_on


def test_a_schedule_is_due_from_when_it_is_turned_on_until_it_is_turned_off(actor: Actor) -> None:
    flow = build_flow(actor, compose("c1"), trigger=SCHEDULE)
    assert not TriggerState.objects.exists()
    switch_flow(actor, flow.pk, on=True)
    assert TriggerState.objects.get().due_at is not None
    switch_flow(actor, flow.pk, on=False)
    assert TriggerState.objects.get().due_at is None


@pytest.mark.django_db(transaction=True)
def test_a_run_goes_on_with_the_version_it_began_with(actor: Actor, queue: Queue) -> None:
    flow = build_flow(actor, compose("c1", "First"), saves_data=True)
    run = start_flow_run(actor, flow.pk, fields={})
    flow = change(actor, flow, Definition(cards=(compose("c2", "Second"),)))
    save_flow(actor, flow.pk, edit=flow.edit)
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETED
    assert [step.path for step in run.steps.all()] == ["trigger", "c1"]


# ------------------------------------------------------------------ listed


def test_flows_are_found_by_name_description_state_and_owner(actor: Actor) -> None:
    digest = build_flow(actor, compose("c1"), name="Weekly digest")
    switch_flow(actor, digest.pk, on=True)
    create_flow(actor, name="Offboarding", description="With a digest of what was done")
    create_flow(somebody(flow_builder=True), name="Somebody else's digest")

    def found(who: Actor, sort: str = "name", **filters: str) -> list[str]:
        return [each.name for each in list_flows(who, FlowFilters(**filters), sort=sort)]

    assert found(actor) == ["Offboarding", "Weekly digest"]
    assert found(actor, search="DIGEST", sort="-name") == ["Weekly digest", "Offboarding"]
    assert found(actor, state="on") == ["Weekly digest"]
    assert found(actor, state="off") == ["Offboarding"]
    operator = somebody(operator=True)
    assert len(found(operator)) == 3
    assert found(operator, owner=actor.name, search="off") == ["Offboarding"]
    assert found(actor, sort="nonsense") == found(actor)
    assert found(somebody(auditor=True)) == []


def test_each_flow_is_listed_with_its_newest_run(actor: Actor) -> None:
    flow, never = build_flow(actor, compose("c1"), name="Ran"), create_flow(actor, name="Never ran")
    with queued_runs():
        start_flow_run(actor, flow.pk, fields={})
        newest = start_flow_run(actor, flow.pk, fields={})
    rows = {row.flow: row.last_run and row.last_run.id for row in with_last_runs([flow, never])}
    assert rows == {flow: newest.pk, never: None}
