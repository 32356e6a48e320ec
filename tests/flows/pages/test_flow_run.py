"""The page of a flow's run: its cards, what it failed with or waits for, and what one can do about it."""

import html
import json
import re
from typing import Any

import pytest
from django.urls import reverse

from access.actor import Actor
from access.models import AuditEntry, User
from connections.errors import GrantEnded
from connections.models import Connection, Sharing, Status
from flows.definition import InputKind, PlacedTrigger
from flows.models import Flow, Run, RunState
from flows.operations.delete_flow import delete_flow
from flows.operations.rename_flow import rename_flow
from flows.operations.run_card import run_card
from flows.pages.run_cards import MOST_TURNS
from kernel.clock import now
from kernel.errors import to_stored
from tests.factories import UserFactory
from tests.flow_runs import Queue, asks_for, build_flow, run_now, start
from tests.flows.engine.placed import catch, compose, each, read, send
from tests.flows.fake_mail import SEND_KEY, FakeMail, arguments, gone, lost
from tests.read_pages import links_of, open_page, signed_in, words_of

pytestmark = pytest.mark.django_db(transaction=True)


def page(person: User, run: Run, **options: Any) -> Any:
    response = open_page(person, reverse("run", args=[run.pk]), **options)
    assert response.status_code in {200, 204}, response.status_code
    return response


def press(person: User, route: str, run: Run, **given: str) -> Any:
    return signed_in(person).post(reverse(route, args=[run.pk]), given)


def cards_of(response: Any) -> list[tuple[str, str]]:
    """Title and tone of each card, in the order of the page."""
    text = response.content.decode()
    found = re.findall(r'<li data-tone="(\w+)".*?<h3>(.*?)</h3>', text, re.DOTALL)
    return [(html.unescape(title), tone) for tone, title in found]


def block_heads(response: Any) -> list[tuple[str, bool]]:
    """Title of each block and whether it lies open."""
    pattern = r'<details class="fold step__block"[^>]*?( open)?><summary>.*?<span>(.*?)</span>'
    found = re.findall(pattern, page_text(response), re.DOTALL)
    return [(html.unescape(title), bool(is_open)) for is_open, title in found]


def page_text(response: Any) -> str:
    return str(response.content.decode())


def many() -> PlacedTrigger:
    return asks_for("names", kind=InputKind.LIST)


def pause(connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(paused_at=now(), status=Status.PAUSED)


# ------------------------------------------------------------------ the cards


def test_cards_stand_with_time_connection_and_state(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [gone()]
    flow = build_flow(actor, compose("c1"), read("c2", connection), compose("c3"), name="Offboarding")
    response = page(actor.person, run_now(actor, queue, flow))
    assert cards_of(response) == [
        ("1 · Run now", "ok"),
        ("2 · Compose", "ok"),
        ("3 · Fake Read", "bad"),
        ("4 · Compose", "idle"),
    ]
    words = words_of(response)
    assert "Offboarding Failed at card 3" in words
    assert "2 completed, 1 failed, 1 not run" in words
    assert f"{connection.nickname} , {connection.account_email}" in words
    assert f"started by {actor.person}" in words
    assert "version 1" in words


def test_a_failed_card_has_cause_remedy_who_and_the_way_on(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [gone()]
    run = run_now(actor, queue, build_flow(actor, compose("c1"), read("c2", connection)))
    response, error = page(actor.person, run), gone()
    for said in (error.title, error.cause, error.remedy, "Who can do it", "Resume from this card"):
        assert said in words_of(response)
    assert {reverse("resume_from_card", args=[run.pk]), reverse("connection", args=[connection.pk])} <= links_of(
        response
    )
    assert press(actor.person, "resume_from_card", run).headers["Location"] == reverse("run", args=[run.pk])
    queue.drain()
    response = page(actor.person, run)
    assert cards_of(response)[-1] == ("3 · Fake Read", "ok")
    assert f"{actor.person.email} resumed it" in words_of(response)
    late = press(actor.person, "resume_from_card", run)
    assert (late.status_code, "Resume from this card" in words_of(late)) == (409, False)


def test_only_who_may_mend_the_connection_gets_the_button(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    error = GrantEnded(nickname=connection.nickname, email=connection.account_email, reason="Google ended it.")
    run = run_now(actor, queue, build_flow(actor, read("c1", connection)))
    step = run.steps.get(path="c1")
    run.steps.filter(pk=step.pk).update(state=RunState.FAILED, cause=to_stored(error))
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, cause=to_stored(error))
    back = f"?return_to=%2Fruns%2F{run.pk}%2F"
    mend = reverse("reauthorize_connection", args=[connection.pk]) + back
    operator = UserFactory(operator=True)
    assert mend in links_of(page(actor.person, run))
    assert not [each for each in links_of(page(operator, run)) if str(connection.pk) in each]
    Connection.objects.update(sharing=Sharing.EVERYONE)
    assert mend in links_of(page(operator, run))


def test_blocks_are_folded_unless_something_is_to_be_seen(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [gone()]
    flow = build_flow(
        actor, catch("c1", (read("c2", connection), compose("c3")), (compose("c4"),)), compose("c5"), name="Blocks"
    )
    response = page(actor.person, run_now(actor, queue, flow))
    assert block_heads(response) == [("Try", True), ("If Error", True)]
    states = [("3 · Fake Read", "bad"), ("4 · Compose", "idle"), ("5 · Compose", "ok"), ("6 · Compose", "ok")]
    assert cards_of(response)[2:] == states
    # What an If Error caught isn't where the run ended.
    assert "Resume from this card" not in words_of(response)


def test_turns_are_folded_and_many_of_them_are_counted(actor: Actor, queue: Queue) -> None:
    flow = build_flow(actor, each("c1", "{{trigger.names}}", compose("c2", "{{c1.item}}")), trigger=many())
    few = page(actor.person, run_now(actor, queue, flow, names=["a", "b"]))
    assert block_heads(few) == [("Item 1 of 2", True), ("Item 2 of 2", True)]
    more = page(actor.person, run_now(actor, queue, flow, names=list("abcd")))
    assert block_heads(more) == [(f"Item {number} of 4", False) for number in range(1, 5)]
    many_turns = run_now(actor, queue, flow, names=[str(number) for number in range(MOST_TURNS + 7)])
    response = page(actor.person, many_turns)
    assert len(block_heads(response)) == MOST_TURNS
    assert "7 more items are left out here" in words_of(response)


def test_a_turn_that_failed_lies_open_among_the_others(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [*[None] * (MOST_TURNS + 2), gone()]
    flow = build_flow(actor, each("c1", "{{trigger.names}}", read("c2", connection, "{{c1.item}}")), trigger=many())
    run = run_now(actor, queue, flow, names=[str(number) for number in range(MOST_TURNS + 5)])
    response = page(actor.person, run)
    opened = [title for title, is_open in block_heads(response) if is_open]
    assert opened == [f"Item {MOST_TURNS + 3} of {MOST_TURNS + 5}"]
    assert "4 more items are left out here" in words_of(response)


def test_a_deleted_flow_leaves_what_ran(actor: Actor, queue: Queue) -> None:
    flow = build_flow(actor, compose("c1"), compose("c2"), name="Short-lived")
    run = run_now(actor, queue, flow)
    delete_flow(actor, flow.pk)
    response = page(actor.person, run)
    assert cards_of(response) == [("1 · Run now", "ok"), ("2 · Compose", "ok"), ("3 · Compose", "ok")]
    assert "Short-lived" in words_of(response)
    assert not [each for each in links_of(response) if "/flows/" in each and str(flow.pk) in each]


# ------------------------------------------------------------------ what passed through


@pytest.mark.parametrize("saves_data", [True, False])
def test_inputs_and_outputs_are_shown_where_they_are_saved(*, saves_data: bool, actor: Actor, queue: Queue) -> None:
    flow = build_flow(actor, compose("c1", "Dear {{trigger.name}}"), trigger=asks_for("name"), saves_data=saves_data)
    words = words_of(page(actor.person, run_now(actor, queue, flow, name="Ben")))
    assert ("Dear Ben" in words) is saves_data
    assert ("Inputs and outputs weren’t saved" in words) is not saves_data


def test_nobody_but_the_owner_sees_what_passed_through(actor: Actor, queue: Queue) -> None:
    run = run_now(actor, queue, build_flow(actor, compose("c1", "private words"), saves_data=True))
    assert "private words" in words_of(page(actor.person, run))
    for role in ("operator", "administrator"):
        other = UserFactory(**{role: True})
        assert "private words" not in page_text(page(other, run))
        assert f"Inputs and outputs are shown to {actor.person} alone" in words_of(page(other, run))
        assert "private words" not in page_text(open_page(other, reverse("export_run", args=[run.pk])))


def test_a_run_is_exported_as_the_api_gives_it_and_that_is_in_the_audit_trail(actor: Actor, queue: Queue) -> None:
    run = run_now(actor, queue, build_flow(actor, compose("c1", "private words"), saves_data=True))
    response = open_page(actor.person, reverse("export_run", args=[run.pk]))
    assert response["Content-Disposition"] == f'attachment; filename="run-{run.pk}.json"'
    exported = json.loads(response.content)
    assert (exported["id"], exported["state"]) == (str(run.pk), "completed")
    assert exported["steps"][1]["outputs"] == {"text": "private words"}
    entry = AuditEntry.objects.get(event="run.exported")
    assert (entry.object_id, entry.object_name) == (str(run.pk), run.flow_name)


def test_a_card_run_is_exported_under_its_cards_name(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    run = run_card(actor, **arguments(connection))
    exported = json.loads(open_page(actor.person, reverse("export_run", args=[run.pk])).content)
    assert (exported["card"], exported["state"], len(mail.sent)) == (SEND_KEY, "completed", 1)
    assert AuditEntry.objects.get(event="run.exported").object_name == "Fake Send"


# ------------------------------------------------------------------ waiting


def test_a_run_that_waits_says_what_for_since_when_and_until_when(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    pause(connection)
    run = run_now(actor, queue, build_flow(actor, compose("c1"), read("c2", connection)))
    response = page(actor.person, run)
    words = words_of(response)
    for said in ("Waiting for connection", f"Waits for {connection.nickname}", "Since today", "Ends Canceled"):
        assert said in words
    assert {reverse(name, args=[run.pk]) for name in ("release_run", "cancel_run")} <= links_of(response)
    assert reverse("connection", args=[connection.pk]) in links_of(response)
    press(actor.person, "release_run", run)
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.WAITING
    Connection.objects.update(paused_at=None, status=Status.ACTIVE)
    press(actor.person, "release_run", run)
    queue.drain()
    assert "Completed" in words_of(page(actor.person, run))


def test_a_run_is_canceled_after_a_question(actor: Actor, queue: Queue) -> None:
    run = start(actor, build_flow(actor, compose("c1")))
    asked = open_page(actor.person, reverse("cancel_run", args=[run.pk]))
    assert "Cancel this run?" in words_of(asked)
    press(actor.person, "cancel_run", run)
    response = page(actor.person, run)
    assert "Canceled" in words_of(response)
    assert reverse("cancel_run", args=[run.pk]) not in links_of(response)
    assert press(actor.person, "cancel_run", run).status_code == 409
    assert AuditEntry.objects.filter(event="run.canceled").count() == 1


@pytest.mark.parametrize(("decision", "sent"), [("sent", 1), ("send_again", 2)])
def test_an_unknown_outcome_offers_the_two_decisions(
    *, decision: str, sent: int, mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    run = run_now(actor, queue, build_flow(actor, send("c1", connection), compose("c2")))
    response = page(actor.person, run)
    assert cards_of(response)[1:] == [("2 · Fake Send", "warn"), ("3 · Compose", "idle")]
    for said in ("Outcome unknown", "It was sent", "Send again", "Look into the mailbox"):
        assert said in words_of(response)
    assert reverse("release_run", args=[run.pk]) not in links_of(response)
    press(actor.person, "resume_run", run, decision=decision)
    queue.drain()
    response = page(actor.person, run)
    assert cards_of(response)[1:] == [("2 · Fake Send", "ok"), ("3 · Compose", "ok")]
    assert len(mail.sent) == sent


# ------------------------------------------------------------------ who, and live


def test_an_operator_moves_a_run_on_and_a_stranger_learns_nothing(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    pause(connection)
    run = run_now(actor, queue, build_flow(actor, read("c1", connection)))
    operator = UserFactory(operator=True)
    assert reverse("release_run", args=[run.pk]) in links_of(page(operator, run))
    assert press(operator, "release_run", run).status_code == 302
    for role in ("auditor", "flow_builder", "connection_manager"):
        stranger = UserFactory(**{role: True})
        assert open_page(stranger, reverse("run", args=[run.pk])).status_code == 404
        for route in ("release_run", "cancel_run", "resume_from_card"):
            assert press(stranger, route, run).status_code == 404


def test_the_page_is_drawn_anew_only_when_something_has_changed(actor: Actor, queue: Queue) -> None:
    run = start(actor, build_flow(actor, compose("c1")))
    asked = re.search(r'data-follow hx-get="([^"]+)"', page_text(page(actor.person, run)))
    assert asked is not None
    address, htmx = html.unescape(asked[1]), {"HX-Request": "true"}
    assert open_page(actor.person, address, headers=htmx).status_code == 204
    queue.drain()
    drawn = open_page(actor.person, address, headers=htmx)
    assert drawn.status_code == 200
    assert "data-follow" not in page_text(drawn)
    assert "<h1>" in page_text(drawn)
    assert "<html" not in page_text(drawn)


def test_other_runs_of_the_flow_stand_beside(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    flow = build_flow(actor, read("c1", connection))
    runs = [run_now(actor, queue, flow) for _ in range(2)]
    pause(connection)
    waiting = run_now(actor, queue, flow)
    run_now(actor, queue, build_flow(actor, compose("c1"), name="Another"))
    response = page(actor.person, runs[0])
    beside = page_text(response).partition('id="h-beside"')[2]
    assert re.findall(r'href="/runs/([\w-]+)/"', beside) == [str(each.pk) for each in (waiting, *runs[::-1])]
    assert f'href="/runs/{runs[0].pk}/" aria-current="page"' in beside
    assert "1 waits" in words_of(response)
    assert f"{reverse('history')}?flow={flow.pk}&state=waiting" in links_of(response)


def test_the_name_is_the_one_that_the_flow_had(actor: Actor, queue: Queue) -> None:
    flow: Flow = build_flow(actor, compose("c1"), name="Before")
    run = run_now(actor, queue, flow)
    rename_flow(actor, flow.pk, name="After", description="")
    assert "Before" in words_of(page(actor.person, run))
