"""Execution History: which runs it lists, for whom, and that it follows them."""

import csv
import html
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from access.actor import Actor
from access.models import AuditEntry, User
from connections.models import Connection
from flows.definition import PlacedTrigger, TriggerKind
from flows.models import Flow, Run, RunState, Trigger
from flows.pages.history import PAGE_SIZE
from kernel.clock import now
from tests.factories import UserFactory
from tests.flow_runs import Queue, build_flow, run_now, start
from tests.flows.engine.placed import compose, read
from tests.flows.fake_mail import READ_KEY, FakeMail, gone
from tests.read_pages import links_of, open_page, words_of

pytestmark = pytest.mark.django_db

HISTORY = "/history/"


def listed(person: User, **query: str) -> list[str]:
    """The ids of the runs that are listed, in their order."""
    page = open_page(person, HISTORY, data=query).content.decode()
    return re.findall(r'id="run-([\w-]+)"', page)


def made(owner: User, **values: Any) -> Run:
    """A run of a flow, completed unless something else is said."""
    moment = now()
    usual = {"trigger": Trigger.NOW, "via": "page", "flow_name": "Digest", "state": RunState.COMPLETED}
    run: Run = Run.objects.create(**usual | {"owner": owner, "started_at": moment, "ended_at": moment} | values)
    return run


def exported(person: User, **query: str) -> list[dict[str, str]]:
    response = open_page(person, reverse("export_history"), data=query)
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_new_console_says_what_will_stand_here(actor: Actor) -> None:
    response = open_page(actor.person, HISTORY)
    assert "Nothing has run yet" in words_of(response)
    assert reverse("export_history") not in links_of(response)
    entries = response.context["navigation"].entries
    assert [each.title for each in entries if each.is_current] == ["Execution History"]


@pytest.mark.django_db(transaction=True)
def test_runs_are_listed_newest_first_with_where_they_stand(
    mail: FakeMail, actor: Actor, connection: Connection, queue: Queue
) -> None:
    mail.before["read"] = [gone()]
    failed = run_now(actor, queue, build_flow(actor, read("c1", connection), name="Offboarding"))
    queued = start(actor, build_flow(actor, compose("c1"), name="Digest"))
    assert listed(actor.person) == [str(queued.pk), str(failed.pk)]
    words = words_of(open_page(actor.person, HISTORY))
    assert re.search(r"Digest Run \w{8} Queued", words)
    assert re.search(r"Offboarding Run \w{8} Failed at Fake Read", words)
    assert "1–2 of 2" in words


@pytest.mark.django_db(transaction=True)
def test_filters_stand_in_the_address(mail: FakeMail, actor: Actor, connection: Connection, queue: Queue) -> None:
    mail.before["read"] = [gone()]
    run = run_now(actor, queue, build_flow(actor, read("c1", connection), name="Offboarding"))
    made(actor.person, trigger=Trigger.SCHEDULE, created_at=now() - timedelta(days=3))
    for filters in (
        {"state": "failed"},
        {"flow": str(run.flow_id)},
        {"trigger": "now"},
        {"card": READ_KEY},
        {"days": "1"},
        {"search": "offboard"},
        {"search": connection.nickname},
        {"search": str(run.pk)},
    ):
        assert listed(actor.person, **filters) == [str(run.pk)], filters
        assert [row["Run"] for row in exported(actor.person, **filters)] == [str(run.pk)], filters
    for nonsense in ({"state": "lost"}, {"flow": "x"}, {"days": "2"}, {"page": "0"}, {"card": "no.such"}):
        assert len(listed(actor.person, **nonsense)) == 2, nonsense
    assert "No run matches" in words_of(open_page(actor.person, HISTORY, data={"search": "nothing such"}))


def test_a_run_that_an_event_started_names_the_event(actor: Actor) -> None:
    trigger = PlacedTrigger(kind=TriggerKind.EVENT, card="gmail.new_email")
    flow = build_flow(actor, trigger=trigger)
    made(actor.person, trigger=Trigger.EVENT, flow=flow, version=flow.published)
    assert "New Email" in words_of(open_page(actor.person, HISTORY)).partition("Started by")[2]
    assert exported(actor.person)[0]["Started by"] == "New Email"


def test_states_are_counted_whatever_state_is_chosen(actor: Actor) -> None:
    for state in (RunState.COMPLETED, RunState.COMPLETED, RunState.CANCELED):
        made(actor.person, state=state)
    for chosen in ("", "canceled"):
        words = words_of(open_page(actor.person, HISTORY, data={"state": chosen}))
        assert "All 3 Queued 0 Running 0 Waiting 0 Completed 2 Failed 0 Canceled 1" in words


def test_every_run_is_on_one_page_and_a_page_too_far_is_the_last(actor: Actor) -> None:
    moment = now()
    runs = [made(actor.person, created_at=moment) for _ in range(PAGE_SIZE + 3)]
    seen = listed(actor.person) + listed(actor.person, page="2")
    assert len(seen) == len(set(seen)) == len(runs)
    assert listed(actor.person, page="99") == seen[PAGE_SIZE:]
    assert f"51–{PAGE_SIZE + 3} of {PAGE_SIZE + 3}" in words_of(open_page(actor.person, HISTORY, data={"page": "2"}))


def test_the_export_has_every_run_and_is_in_the_audit_trail(actor: Actor) -> None:
    runs = {str(made(actor.person, flow_name="=1+1").pk) for _ in range(PAGE_SIZE + 3)}
    rows = exported(actor.person, state="completed")
    assert {row["Run"] for row in rows} == runs
    assert (rows[0]["Flow or card"], rows[0]["State"], rows[0]["Owner"]) == ("'=1+1", "Completed", actor.person.email)
    entry = AuditEntry.objects.get(event="run.list_exported")
    assert entry.difference == {"runs": len(runs), "state": "completed"}


@pytest.mark.parametrize(
    ("role", "sees"),
    [("administrator", True), ("operator", True), ("flow_builder", False), ("connection_manager", False)],
)
def test_others_see_runs_as_their_roles_reach(role: str, *, sees: bool, actor: Actor) -> None:
    run = made(actor.person)
    other = UserFactory(**{role: True})
    assert (listed(other) == [str(run.pk)]) is sees
    assert (len(exported(other)) == 1) is sees


def test_an_auditor_has_no_history(actor: Actor) -> None:
    auditor = UserFactory(auditor=True)
    assert open_page(auditor, HISTORY).status_code == 403
    assert open_page(auditor, reverse("export_history")).status_code == 403
    assert HISTORY not in links_of(open_page(auditor, "/"))


def test_the_list_is_drawn_anew_only_when_something_has_changed(actor: Actor) -> None:
    run = made(actor.person, state=RunState.QUEUED, started_at=None, ended_at=None)
    page = open_page(actor.person, f"{HISTORY}?search=digest").content.decode()
    asked = re.search(r'data-follow hx-get="([^"]+)"', page)
    assert asked is not None
    address, htmx = html.unescape(asked[1]), {"HX-Request": "true"}
    assert "search=digest" in address
    assert open_page(actor.person, address, headers=htmx).status_code == 204
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, started_at=now())
    drawn = open_page(actor.person, address, headers=htmx)
    assert (drawn.status_code, drawn.headers.get("HX-Push-Url")) == (200, None)
    assert "Running" in words_of(drawn)
    assert "<html" not in drawn.content.decode()
    gone_out = Client().get(address, headers=htmx)
    assert gone_out.headers["HX-Refresh"] == "true"


def test_a_filter_puts_itself_into_the_address(actor: Actor) -> None:
    flow = Flow.objects.create(owner=actor.person, name="Digest", draft={})
    made(actor.person, flow=flow)
    htmx = {"HX-Request": "true"}
    chosen = open_page(actor.person, f"{HISTORY}?flow={flow.pk}&trigger=&search=", headers=htmx)
    assert chosen.headers["HX-Push-Url"] == f"{HISTORY}?flow={flow.pk}"
    typed = open_page(actor.person, f"{HISTORY}?search=dig", headers=htmx | {"HX-Trigger-Name": "search"})
    assert typed.headers["HX-Replace-Url"] == f"{HISTORY}?search=dig"
