"""Function cards: which of their cards run, and what references mean in and behind their blocks."""

from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from access.actor import Actor
from connections.models import Connection
from flows.definition import InputKind, PlacedTrigger, TriggerField, TriggerKind
from flows.engine.run_flow import take_step
from flows.engine.sealed_values import INPUTS, open_values
from flows.models import RunState
from flows.operations.resume_run import resume_run
from tests.flow_runs import Queue, asks_for, build_flow, card, cause, gave, paths, run_now, start, states, step
from tests.flows.engine.placed import catch, compose, each, read
from tests.flows.fake_mail import FakeMail, gone

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = asks_for("words", kind=InputKind.LIST)
DELIVERY = PlacedTrigger(kind=TriggerKind.API)


def compare(key: str, value: str, other: str, comparison: str = "equals") -> dict[str, Any]:
    return {
        "key": f"function.{key}",
        "options": {"comparison": comparison},
        "inputs": {"value": value, "compared_with": other},
    }


# ------------------------------------------------------------------ If / Else and Continue If


@pytest.mark.parametrize(("word", "name", "text"), [("Yes", "then", "a|"), ("no", "else", "|b")])
def test_one_branch_runs_and_what_the_other_would_give_is_empty(
    actor: Actor, queue: Queue, word: str, name: str, text: str
) -> None:
    choice = card(
        "c1", **compare("if_else", "{{trigger.word}}", "yes"),
        blocks={"then": (compose("c2", "a"),), "else": (compose("c3", "b"),)},
    )  # fmt: skip
    flow = build_flow(
        actor, choice, compose("c4", "{{c2.text}}|{{c3.text}}"), trigger=asks_for("word"), saves_data=True
    )
    run = run_now(actor, queue, flow, word=word)
    assert run.state == RunState.COMPLETED
    assert paths(run) == ["c1", f"c1.{name}/{'c2' if name == 'then' else 'c3'}", "c4"]
    assert gave(run, "c4")["text"] == text


@pytest.mark.parametrize(("word", "ran"), [("go", ["c1", "c2"]), ("stop", ["c1"])])
def test_continue_if_ends_the_run_completed_where_it_does_not_hold(
    actor: Actor, queue: Queue, word: str, ran: list[str]
) -> None:
    flow = build_flow(
        actor,
        card("c1", **compare("continue_if", "{{trigger.word}}", "stop", "does_not_equal")),
        compose("c2", "Hello"),
        trigger=asks_for("word"),
    )
    run = run_now(actor, queue, flow, word=word)
    assert (run.state, paths(run)) == (RunState.COMPLETED, ran)


# ------------------------------------------------------------------ For Each


def test_a_block_runs_once_for_each_item_and_its_results_are_a_list(actor: Actor, queue: Queue) -> None:
    flow = build_flow(
        actor,
        each("c1", "{{trigger.words}}", compose("c2", "{{c1.number}} {{c1.item}}"), result="{{c2.text}}"),
        compose("c3", "{{c1.results}}"),
        trigger=WORDS,
        saves_data=True,
    )
    run = run_now(actor, queue, flow, words=["red", "green"])
    assert paths(run) == ["c1", "c1.each[0]/c2", "c1.each[1]/c2", "c3"]
    assert gave(run, "c3")["text"] == "1 red\n2 green"


def test_results_that_are_lists_become_one(actor: Actor, queue: Queue) -> None:
    inner = each("c2", "{{trigger.words}}", compose("c3", "{{c1.item}}{{c2.item}}"), result="{{c3.text}}")
    flow = build_flow(
        actor,
        each("c1", "{{trigger.words}}", inner, result="{{c2.results}}"),
        compose("c4", "{{c1.results}}"),
        trigger=WORDS,
        saves_data=True,
    )
    run = run_now(actor, queue, flow, words=["a", "b"])
    assert gave(run, "c4")["text"] == "aa\nab\nba\nbb"


def test_continue_if_ends_the_turn_of_one_item_only(actor: Actor, queue: Queue) -> None:
    keep = card("c2", **compare("continue_if", "{{c1.item}}", "r", "contains"))
    flow = build_flow(
        actor,
        each("c1", "{{trigger.words}}", keep, compose("c3", "<{{c1.item}}>"), result="{{c3.text}}"),
        compose("c4", "{{c1.results}}"),
        trigger=WORDS,
        saves_data=True,
    )
    run = run_now(actor, queue, flow, words=["red", "blue", "green"])
    ran = ["c1.each[0]/c2", "c1.each[0]/c3", "c1.each[1]/c2", "c1.each[2]/c2", "c1.each[2]/c3"]
    assert paths(run) == ["c1", *ran, "c4"]
    assert gave(run, "c4")["text"] == "<red>\n<green>"


def test_turns_within_turns_have_items_of_their_own(actor: Actor, queue: Queue) -> None:
    inner = each("c2", "{{trigger.words}}", compose("c3", "{{c1.item}}{{c2.item}}"), result="{{c3.text}}")
    flow = build_flow(
        actor,
        each("c1", "{{trigger.words}}", inner, compose("c4", "{{c2.results}}"), result="{{c4.text}}"),
        compose("c5", "{{c1.results}}"),
        trigger=WORDS,
        saves_data=True,
    )
    run = run_now(actor, queue, flow, words=["a", "b"])
    assert gave(run, "c5")["text"] == "aa\nab\nba\nbb"


def test_of_an_empty_list_no_turn_runs(actor: Actor, queue: Queue) -> None:
    words = TriggerField(name="words", label="Words", kind=InputKind.LIST, is_required=False)
    flow = build_flow(
        actor,
        each("c1", "{{trigger.words}}", compose("c2", "{{c1.item}}"), result="{{c2.text}}"),
        compose("c3", "none: {{c1.results}}"),
        trigger=PlacedTrigger(fields=(words,)),
        saves_data=True,
    )
    run = run_now(actor, queue, flow)
    assert (run.state, paths(run)) == (RunState.COMPLETED, ["c1", "c3"])
    assert gave(run, "c3")["text"] == "none: "


@pytest.mark.parametrize(
    ("given", "code"), [(["x"] * 501, "flow.too_many_items"), ("x", "input.rejected")], ids=["too long", "no list"]
)
def test_what_it_cannot_go_through_fails_with_its_cause(actor: Actor, queue: Queue, given: Any, code: str) -> None:
    flow = build_flow(actor, each("c1", "{{trigger.body.words}}", compose("c2", "x")), trigger=DELIVERY)
    run = run_now(actor, queue, flow, body={"words": given})
    assert (run.state, cause(run).code, states(run)) == (RunState.FAILED, code, {"c1": RunState.FAILED})


def test_a_turn_that_failed_is_resumed_and_earlier_ones_are_not_repeated(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [None, gone()]
    flow = build_flow(
        actor,
        each("c1", "{{trigger.words}}", read("c2", connection, "{{c1.item}}"), result="{{c2.message_id}}"),
        compose("c3", "{{c1.results}}"),
        trigger=WORDS,
        saves_data=True,
    )
    run = run_now(actor, queue, flow, words=["a", "b", "c"])
    assert (run.state, paths(run)) == (RunState.FAILED, ["c1", "c1.each[0]/c2", "c1.each[1]/c2"])
    resume_run(actor, run.pk)
    queue.drain()
    run.refresh_from_db()
    assert (run.state, run.cause, mail.calls) == (RunState.COMPLETED, None, ["read"] * 4)
    assert gave(run, "c3")["text"] == "a\nb\nc"


# ------------------------------------------------------------------ If Error


def test_when_a_card_fails_the_other_block_runs_and_the_flow_goes_on(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [gone()]
    told = compose("c4", "{{c1.code}} at {{c1.card}} of {{c1.run}}: {{c1.message}}")
    flow = build_flow(
        actor,
        catch("c1", (read("c2", connection), compose("c3", "never")), (told,)),
        compose("c5", "{{c1.failed}} {{c2.message_id}}"),
        saves_data=True,
    )
    run = run_now(actor, queue, flow)
    assert (run.state, run.cause) == (RunState.COMPLETED, None)
    assert paths(run) == ["c1", "c1.try/c2", "c1.error/c4", "c5"]
    assert gave(run, "c1.error/c4")["text"] == f"{gone().code} at Fake Read of {run.pk}: {gone().cause}"
    assert gave(run, "c5")["text"] == "true "


def test_when_none_fails_the_other_block_does_not_run(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    flow = build_flow(
        actor,
        catch("c1", (read("c2", connection),), (compose("c3", "never"),)),
        compose("c4", "{{c1.failed}} {{c2.message_id}}"),
        saves_data=True,
    )
    run = run_now(actor, queue, flow)
    assert paths(run) == ["c1", "c1.try/c2", "c4"]
    assert gave(run, "c4")["text"] == "false Hello"


def test_what_an_inner_if_error_caught_is_no_failure_of_the_outer_one(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [gone()]
    flow = build_flow(
        actor,
        catch("c1", (catch("c2", (read("c3", connection),)),), (compose("c4", "never"),)),
        compose("c5", "{{c1.failed}} {{c2.failed}}"),
        saves_data=True,
    )
    run = run_now(actor, queue, flow)
    assert paths(run) == ["c1", "c1.try/c2", "c1.try/c2.try/c3", "c5"]
    assert gave(run, "c5")["text"] == "false true"


def test_the_outer_one_tells_of_the_card_that_no_inner_one_caught(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [gone()]
    no_list = each("c4", "{{trigger.body.word}}", compose("c5", "x"))
    tried = (catch("c2", (read("c3", connection),), (compose("c6", "{{c2.card}}"),)), no_list)
    flow = build_flow(actor, catch("c1", tried, (compose("c7", "{{c1.card}}"),)), trigger=DELIVERY, saves_data=True)
    run = run_now(actor, queue, flow, body={"word": "no list"})
    assert run.state == RunState.COMPLETED
    assert gave(run, "c1.try/c2.error/c6")["text"] == "Fake Read"
    assert gave(run, "c1.error/c7")["text"] == "For Each"


def test_each_turn_catches_its_own(mail: FakeMail, actor: Actor, connection: Connection, queue: Queue) -> None:
    mail.before["read"] = [gone(), None, gone()]
    turn = catch("c2", (read("c3", connection),), (compose("c4", "lost {{c1.item}}"),))
    flow = build_flow(
        actor,
        each("c1", "{{trigger.words}}", turn, compose("c5", "{{c2.failed}}"), result="{{c5.text}}"),
        compose("c6", "{{c1.results}}"),
        trigger=WORDS,
        saves_data=True,
    )
    run = run_now(actor, queue, flow, words=["a", "b", "c"])
    assert gave(run, "c6")["text"] == "true\nfalse\ntrue"
    assert [path for path in paths(run) if path.endswith("c4")] == ["c1.each[0]/c2.error/c4", "c1.each[2]/c2.error/c4"]


def test_a_failure_in_the_block_for_errors_fails_the_run_and_is_resumed_there(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [gone(), gone()]
    flow = build_flow(actor, catch("c1", (read("c2", connection),), (read("c3", connection),)), compose("c4", "after"))
    run = run_now(actor, queue, flow)
    assert (run.state, paths(run)) == (RunState.FAILED, ["c1", "c1.try/c2", "c1.error/c3"])
    resume_run(actor, run.pk)
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.COMPLETED
    assert states(run)["c1.try/c2"] == RunState.FAILED
    assert mail.calls == ["read"] * 3


# ------------------------------------------------------------------ what a card is given


def test_what_a_card_is_given_is_made_when_it_begins_and_kept_with_it(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    flow = build_flow(
        actor,
        compose("c1", "{{trigger.word}}, {{trigger.context.execution_id}}"),
        read("c2", connection, "{{c1.text}}"),
        trigger=asks_for("word"),
        saves_data=True,
    )
    run = run_now(actor, queue, flow, word="Hello")
    assert open_values(step(run, "c2"), INPUTS) == {"to": ["ben@acme.example"], "subject": f"Hello, {run.pk}"}


def test_a_late_turn_asks_the_database_no_more_than_an_early_one(actor: Actor, queue: Queue) -> None:
    turn = (compose("c2", "{{c1.item}}"), card("c3", **compare("continue_if", "{{c2.text}}", "x")))
    flow = build_flow(actor, each("c1", "{{trigger.words}}", *turn), trigger=WORDS)
    run = start(actor, flow, words=["x"] * 60)
    asked = []
    for _card in range(1 + 2 * 60):
        with CaptureQueriesContext(database) as queries:
            assert take_step(run.pk, 1)
        asked.append(len(queries))
    assert set(asked[-4:]) == set(asked[3:7])
    assert not take_step(run.pk, 1)
