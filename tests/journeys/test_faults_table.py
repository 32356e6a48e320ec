"""Sending once (engine.md): every fault at every request of a send, under every grant, with one follower and two.

The rows are printed at the end of the run, each fault with the deliveries and how the run ended: the note's table.
"""

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.conf import settings as console
from django.db import connections as databases
from pytest_django.fixtures import Settings

from connections.models import Connection
from flows.engine.sealed_values import OUTPUTS, open_values
from flows.models import Phase, Run, RunState, StepRun
from flows.operations.decide_outcome import decide_outcome
from flows.operations.follow_run import follow_run
from flows.operations.run_card import run_card
from gmail_connector.client import open_client
from gmail_connector.scopes import COMPOSE, MODIFY, READONLY, SEND
from gmail_connector.sending import dispatch
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.consents import Browser
from tests.factories import UserFactory
from tests.gmail_connector.mailboxes import drafts, received, stored
from tests.staged_google import gmail_calls, requests_to, stage

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = ("none", "close_after", "reset_after", "hang_after", "503_before", "503_after", "half_answer")
ME = "/gmail/v1/users/me"
DRAFTS = {"drafts.create": f"{ME}/drafts", "drafts.send": f"{ME}/drafts/send"}
MESSAGES = {"messages.send": f"{ME}/messages/send"}
UPLOADED_DRAFTS = {"drafts.create by upload": f"/upload{ME}/drafts", "drafts.send": DRAFTS["drafts.send"]}
UPLOADED_MESSAGES = {"messages.send by upload": f"/upload{ME}/messages/send"}
SENDS = (DRAFTS["drafts.send"], MESSAGES["messages.send"], UPLOADED_MESSAGES["messages.send by upload"])
FILE = base64.b64encode(bytes(range(256)) * 1024).decode()
ADA, BEN = "ada@acme.example", "ben@acme.example"
MOST_FOLLOWS = 6


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A way to be allowed to send, and the requests that a send then makes. No scopes are the default ones."""

    name: str
    scopes: tuple[str, ...]
    requests: dict[str, str]
    can_read: bool = True

    @property
    def has_drafts(self) -> bool:
        return "drafts.send" in self.requests

    @property
    def sends_a_file(self) -> bool:
        return self.requests in (UPLOADED_DRAFTS, UPLOADED_MESSAGES)


GRANTS = (
    Grant(name="default scopes", scopes=(), requests=DRAFTS),
    Grant(name="gmail.compose + gmail.readonly", scopes=(COMPOSE, READONLY), requests=DRAFTS),
    Grant(name="gmail.compose", scopes=(COMPOSE,), requests=DRAFTS, can_read=False),
    Grant(name="gmail.modify", scopes=(MODIFY,), requests=DRAFTS),
    Grant(name="gmail.send + gmail.readonly", scopes=(SEND, READONLY), requests=MESSAGES),
    Grant(name="gmail.send", scopes=(SEND,), requests=MESSAGES, can_read=False),
    Grant(name="default scopes, with a file", scopes=(), requests=UPLOADED_DRAFTS),
    Grant(name="gmail.send + gmail.readonly, with a file", scopes=(SEND, READONLY), requests=UPLOADED_MESSAGES),
    Grant(name="gmail.send, with a file", scopes=(SEND,), requests=UPLOADED_MESSAGES, can_read=False),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    grant: Grant
    request: str
    fault: str
    followers: int

    @property
    def subject(self) -> str:
        return f"{self.grant.name}, {self.fault} at {self.request}, {self.followers} following"

    @property
    def is_carried_out(self) -> bool:
        """Whether Google acted on the request that met the fault."""
        return self.fault != "503_before"

    @property
    def expected(self) -> tuple[int, str]:
        """Deliveries, and how the run ends."""
        if self.grant.has_drafts or self.fault == "none":
            return 1, "sent"
        known = self.grant.can_read and self.is_carried_out
        return int(self.is_carried_out), "sent" if known else "outcome unknown"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One person with one connection, and Google."""

    google: RunningSandbox
    person: Browser
    connection: Connection

    def send(self, subject: str, *, with_file: bool = False) -> Run:
        file = {"file": {"file_name": "once.bin", "file_content": FILE}} if with_file else {}
        return run_card(
            self.person.actor,
            card_key="gmail.send_email_with_attachment" if with_file else "gmail.send_email",
            connection_id=self.connection.pk,
            options={"body_is_html": False},
            inputs={"to": [BEN], "subject": subject, "body": "Once.", **file},
        )

    def follow(self, run: Run, followers: int) -> Run:
        """Look after the run until nothing but a person can move it, each time past the settle time."""
        for _time in range(MOST_FOLLOWS):
            step = run.steps.get()
            if run.state != RunState.WAITING or step.phase == Phase.UNKNOWN:
                return run
            with time_machine.travel(_due(step), tick=True):
                self._follow_at_once(run, followers)
            run.refresh_from_db()
        raise AssertionError(f"{run.state} after {MOST_FOLLOWS} looks")

    def _follow_at_once(self, run: Run, followers: int) -> None:
        together = Barrier(followers)

        def look(_index: int) -> None:
            try:
                together.wait(10)
                follow_run(self.person.actor, run.pk)
            finally:
                databases.close_all()

        if followers == 1:
            follow_run(self.person.actor, run.pk)
            return
        with ThreadPoolExecutor(followers) as pool:
            list(pool.map(look, range(followers)))

    def sends_accepted(self) -> int:
        """From the journal: requests to send that Google carried out."""
        return sum(
            entry["path"] in SENDS and (entry["status"] == 200 or entry["fault"] == "503_after")
            for entry in gmail_calls(self.google)
        )


def _due(step: StepRun) -> Any:
    assert step.settles_at is not None
    assert step.settles_at >= now() + timedelta(seconds=console.DRAFT_SETTLE_SECONDS - 10)
    return step.settles_at + timedelta(seconds=1)


def patience(fault: str) -> float:
    """Seconds to wait for an answer: short only where none comes, since this machine may be busy."""
    return 0.3 if fault == "hang_after" else 10


def cases(grant: Grant, followers: int) -> Iterator[Case]:
    for request in grant.requests:
        for fault in FAULTS:
            yield Case(grant=grant, request=request, fault=fault, followers=followers)


def outcome(run: Run) -> str:
    step = run.steps.get()
    if run.state == RunState.WAITING and step.phase == Phase.UNKNOWN:
        assert run.cause is not None
        assert run.cause["code"] == "send.outcome_unknown"
        return "outcome unknown"
    return "sent" if run.state == RunState.COMPLETED else f"{run.state} {run.cause}"


@pytest.mark.parametrize("followers", [1, 2])
@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant.name)
def test_a_message_leaves_once_or_the_run_says_that_it_cannot_know(
    google: RunningSandbox,
    settings: Settings,
    figure: Callable[[str], None],
    grant: Grant,
    followers: int,
) -> None:
    person = Browser(UserFactory(administrator=True))
    desk = Desk(google=google, person=person, connection=person.connect(account=ADA, scopes=grant.scopes))
    wrong: list[tuple[Case, int, str, int]] = []
    results: dict[str, list[str]] = {}
    for case in cases(grant, followers):
        google.sandbox.journal.clear()
        settings.GMAIL_READ_SECONDS = patience(case.fault)
        if case.fault != "none":
            stage(google, case.fault, path=grant.requests[case.request], method="POST", count=1)
        run = desk.follow(desk.send(case.subject, with_file=grant.sends_a_file), followers)
        delivered, said = len(received(google, BEN, case.subject)), outcome(run)
        results.setdefault(case.request, []).append(f"{case.fault} {delivered} {said}")
        struck = [entry["path"] for entry in gmail_calls(google) if entry["fault"] == case.fault]
        assert struck == ([] if case.fault == "none" else [grant.requests[case.request]])
        if (delivered, said) != case.expected or desk.sends_accepted() != delivered:
            wrong.append((case, delivered, said, desk.sends_accepted()))
        assert drafts(google, ADA, case.subject) == 0
        check_outputs(google, case, run)
    for request, ends in results.items():
        figure(f"Sending once, {followers} following | {grant.name}, fault at {request} | {' | '.join(ends)}")
    assert wrong == []


def check_outputs(google: RunningSandbox, case: Case, run: Run) -> None:
    """What is given out is the message itself; what can't be read back is left empty, and said."""
    step = run.steps.get()
    if run.state != RunState.COMPLETED:
        return
    given = open_values(step, OUTPUTS)
    (sent,) = stored(google, ADA, case.subject, "SENT")
    is_read_back = case.grant.can_read or case.request != "drafts.send" or case.fault in {"none", "503_before"}
    assert given == {"message_id": sent.id if is_read_back else "", "thread_id": sent.thread_id}
    assert bool(step.note) is not is_read_back


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "none"])
@pytest.mark.parametrize("decision", ["sent", "send_again"])
def test_after_a_decision_nothing_more_leaves_than_was_decided(
    google: RunningSandbox, settings: Settings, fault: str, decision: str
) -> None:
    settings.GMAIL_READ_SECONDS = patience(fault)
    person = Browser(UserFactory(administrator=True))
    desk = Desk(google=google, person=person, connection=person.connect(account=ADA, scopes=(SEND,)))
    stage(google, fault, path=MESSAGES["messages.send"], method="POST", count=1)
    run = desk.send(fault)
    before = len(received(google, BEN, fault))
    run = decide_outcome(person.actor, run.pk, decision)
    assert run.state == RunState.COMPLETED
    assert len(received(google, BEN, fault)) == before + (decision == "send_again")


@pytest.mark.parametrize("grant", [each for each in GRANTS if each.has_drafts], ids=lambda grant: grant.name)
def test_a_draft_that_somebody_deleted_is_not_taken_for_sent_where_that_can_be_seen(
    google: RunningSandbox, grant: Grant
) -> None:
    person = Browser(UserFactory(administrator=True))
    desk = Desk(google=google, person=person, connection=person.connect(account=ADA, scopes=grant.scopes))
    stage(google, "503_before", path=DRAFTS["drafts.send"], method="POST", count=1)
    run = desk.send("Deleted meanwhile", with_file=grant.sends_a_file)
    assert run.state == RunState.WAITING
    with google.sandbox.store.transaction() as db:
        db.execute("DELETE FROM messages WHERE labels = 'DRAFT'")
        db.execute("DELETE FROM drafts")
    run = desk.follow(run, 1)
    assert received(google, BEN, "Deleted meanwhile") == []
    if grant.can_read:
        assert outcome(run) == "outcome unknown"
    else:
        assert "unless somebody deleted the draft" in run.steps.get().note


@pytest.mark.parametrize("grant", [each for each in GRANTS if each.has_drafts], ids=lambda grant: grant.name)
def test_a_request_that_comes_through_late_is_found_and_nothing_is_sent_again(
    google: RunningSandbox, grant: Grant
) -> None:
    person = Browser(UserFactory(administrator=True))
    desk = Desk(google=google, person=person, connection=person.connect(account=ADA, scopes=grant.scopes))
    stage(google, "503_before", path=DRAFTS["drafts.send"], method="POST", count=1)
    run = desk.send("Late", with_file=grant.sends_a_file)
    dispatch(open_client(desk.connection), run.steps.get().draft_id, b"")
    run = desk.follow(run, 2)
    assert outcome(run) == "sent"
    assert len(received(google, BEN, "Late")) == desk.sends_accepted() == 1
    assert len(requests_to(google, DRAFTS["drafts.send"])) == 2
