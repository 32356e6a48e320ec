"""A mailbox in memory with drafts that can be sent once, and a card that sends through it.

Each call can be broken before or after it is carried out, as Google's can, and the process can die at it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import time_machine

from connections.models import Connection
from connections.requirements import Requirements
from flows import catalog
from flows.cards import AnswerLost, Card, Effect, Fields, NoFields, OnceOnly, Sent, StillThere, Unknown
from flows.cards import field as card_field
from flows.catalog import CardSet
from flows.models import RunState, StepRun
from gmail_connector.errors import MessageNotFound

CONNECTOR = "gmail"  # that of the factories' connections
SEND_KEY, READ_KEY = "fake.send", "fake.read"


class ProcessDied(BaseException):
    """Not an Exception: nothing but the process's end comes after it."""


Clock = time_machine.Traveller
Trouble = BaseException | Callable[[], None]


@dataclass
class FakeMail:
    """``before`` and ``after`` map a call's name to the troubles of its next calls, in order."""

    has_drafts: bool = True
    can_read: bool = True
    drafts: dict[str, str] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    before: dict[str, list[Trouble | None]] = field(default_factory=dict)
    after: dict[str, list[Trouble | None]] = field(default_factory=dict)
    at_every_call: Callable[[str], None] = lambda _name: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        self.calls.append(name)
        self.at_every_call(name)
        _strike(self.before, name)
        with self.lock:
            yield
        _strike(self.after, name)

    @property
    def is_draft_left(self) -> bool:
        return bool(self.drafts)


def _strike(troubles: dict[str, list[Trouble | None]], name: str) -> None:
    trouble = troubles[name].pop(0) if troubles.get(name) else None
    if isinstance(trouble, BaseException):
        raise trouble
    if trouble is not None:
        trouble()


class Options(Fields):
    loud: bool = card_field("Loud?", default=False)


class Inputs(Fields):
    to: tuple[str, ...] = card_field("To")
    subject: str = card_field("Subject", default="")


class Outputs(Fields):
    message_id: str = card_field("Message ID")


def prepare(mail: FakeMail, _options: Options, _inputs: Inputs, marker: str) -> bytes:
    with mail.call("prepare"):
        return marker.encode()


def stage(mail: FakeMail, mime: bytes) -> str:
    with mail.call("stage"):
        draft_id = f"draft-{len(mail.calls)}"
        mail.drafts[draft_id] = mime.decode()
    return draft_id


def dispatch(mail: FakeMail, draft_id: str | None, mime: bytes) -> Outputs:
    with mail.call("dispatch"):
        if draft_id is not None and draft_id not in mail.drafts:
            raise gone()
        mail.sent.append(mail.drafts.pop(draft_id) if draft_id else mime.decode())
        number = len(mail.sent)
    return Outputs(message_id=f"message-{number}")


def find(mail: FakeMail, draft_id: str | None, marker: str) -> Sent[Outputs] | StillThere | Unknown:
    with mail.call("find"):
        for known, mark in mail.drafts.items():
            if draft_id == known or (draft_id is None and mark == marker and mail.has_drafts):
                return StillThere(draft_id=known)
        if marker in mail.sent and mail.can_read:
            return Sent(outputs=Outputs(message_id=f"message-{mail.sent.index(marker) + 1}"))
        if marker in mail.sent and draft_id:
            return Sent(outputs=Outputs(message_id=""), note="It can't be read back.")
    return Unknown(reason="Nobody can tell.")


def read(mail: FakeMail, _options: NoFields, inputs: Inputs) -> Outputs:
    with mail.call("read"):
        return Outputs(message_id=inputs.subject)


NEEDS = Requirements(scopes=(("https://www.googleapis.com/auth/gmail.send",),))

SEND = Card(
    key=SEND_KEY,
    title="Fake Send",
    summary="Sends into memory.",
    effect=Effect.SEND,
    quota_units=1,
    needs=NEEDS,
    options=Options,
    inputs=Inputs,
    outputs=Outputs,
    send=OnceOnly(prepare=prepare, can_stage=lambda mail: mail.has_drafts, stage=stage, dispatch=dispatch, find=find),
)
READ = Card(
    key=READ_KEY,
    title="Fake Read",
    summary="Reads from memory.",
    effect=Effect.READ,
    quota_units=1,
    needs=NEEDS,
    options=NoFields,
    inputs=Inputs,
    outputs=Outputs,
    run=read,
)


@contextmanager
def fake_cards(mail: FakeMail) -> Iterator[None]:
    """Only these cards, for connections of the factories, with that mailbox as the client of each."""
    kept = dict(catalog._sets)
    catalog._sets.clear()
    catalog.register_cards(CardSet(connector=CONNECTOR, cards=(SEND, READ), open_client=lambda *_: mail))
    try:
        yield
    finally:
        catalog._sets.clear()
        catalog._sets.update(kept)


def gone() -> MessageNotFound:
    """Google's 404 for a draft that is no longer there, and the refusal of these tests."""
    return MessageNotFound(field="Draft", email="ada@acme.example")


def lost() -> AnswerLost:
    return AnswerLost("the answer broke off")


def step_of(connection: Connection | None) -> StepRun:
    """The connection's only step."""
    return StepRun.objects.select_related("run").get(connection=connection)


def assert_in_step(step: StepRun) -> None:
    """The run's own state says what its only step says."""
    assert (step.run.state, step.run.cause, step.run.ended_at) == (step.state, step.cause, step.ended_at)
    assert (step.state == RunState.RUNNING) == (step.lease_until is not None)


def arguments(connection: Connection, **more: Any) -> dict[str, Any]:
    """What run_card takes to send with the connection."""
    sending = {"options": {}, "inputs": {"to": ["ben@acme.example"], "subject": "Hello"}}
    return {"card_key": SEND_KEY, "connection_id": connection.pk, **sending, **more}
