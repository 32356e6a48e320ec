"""Cards that read: what they say beside their outputs, how long they may take, and what lists load of their runs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import time_machine

from access.actor import Actor
from connections.models import Connection
from flows import catalog
from flows.cards import Noted
from flows.catalog import CardSet
from flows.engine.claims import LEASE, lease_end
from flows.models import RunState, StepRun
from flows.operations.run_card import run_card
from flows.queries import run_details, steps_with
from kernel.clock import now
from tests.flows.fake_mail import CONNECTOR, READ, READ_KEY, SEND_KEY, FakeMail, Outputs, arguments, step_of


def register(mail: FakeMail, **changes: Any) -> None:
    """The reading card with something changed; the fixture puts it back."""
    card = replace(READ, **changes)
    catalog.register_cards(CardSet(connector=CONNECTOR, cards=(card,), open_client=lambda *_: mail))


def test_what_a_card_says_beside_its_outputs_stands_with_the_run(
    mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    found = Noted(outputs=Outputs(message_id="1"), note="There is more.")
    register(mail, run=lambda _client, _options, _inputs: found)
    run = run_card(actor, **arguments(connection, card_key=READ_KEY))
    assert run.state == RunState.COMPLETED
    assert run_details(actor, run).outputs == {"message_id": "1"}
    assert step_of(connection).note == "There is more."


def test_a_card_that_may_take_long_is_held_longer(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    held: list[StepRun] = []
    longest = LEASE + timedelta(minutes=7)
    mail.before["read"] = [lambda: held.append(step_of(connection))]
    register(mail, longest=longest)
    with time_machine.travel(now(), tick=False):
        run_card(actor, **arguments(connection, card_key=READ_KEY))
        assert held[0].lease_until == now() + longest


def test_no_card_is_held_shorter_than_a_call_may_take(mail: FakeMail) -> None:
    with time_machine.travel(now(), tick=False):
        register(mail, longest=timedelta(seconds=1))
        assert lease_end(READ_KEY) == now() + LEASE
        assert lease_end("gone.since") == lease_end(SEND_KEY) == now() + LEASE


def test_a_list_of_runs_loads_nothing_of_what_passed_through_them(
    mail: FakeMail, actor: Actor, connection: Connection
) -> None:
    run_card(actor, **arguments(connection))
    (step,) = steps_with(actor, connection.pk, 10)
    assert step.get_deferred_fields() == {"sealed_options", "sealed_inputs", "sealed_outputs"}
