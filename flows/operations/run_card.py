"""Run one card with a connection: *Test this card*, the API's card run, the command."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from access import policy
from access.actor import Actor
from connections.models import Connection
from connections.operations.use_connection import use_connection
from flows.catalog import card_set_for, get_card
from flows.derive.parse_fields import parse_fields
from flows.derive.plain_values import plain_values
from flows.engine.claims import lease_end
from flows.engine.run_step import run_due_steps, run_step
from flows.engine.sealed_values import INPUTS, OPTIONS, open_values, seal_values
from flows.errors import IdempotencyKeyReused
from flows.models import Run, RunState, StepRun, Trigger
from kernel.clock import now
from kernel.ids import new_id


def run_card(
    actor: Actor,
    *,
    card_key: str,
    connection_id: UUID,
    options: Mapping[str, Any],
    inputs: Mapping[str, Any],
    idempotency_key: str = "",
) -> Run:
    """The run, ended or waiting. What the card meets, readiness included, is the run's cause and isn't raised.

    The same ``idempotency_key`` of the same person gives the run that it started, moved on where it is due.

    :raises InputRejected: options or inputs can't be taken, or the key belongs to another request.
    :raises NotFound: no such card, or no such connection that the actor may use.
    :raises NotPermitted: the actor runs no cards.
    """
    card = get_card(card_key)
    policy.require(actor, "card.run")
    connection = use_connection(actor, connection_id)
    card_set_for(card, connection)
    parsed_options, parsed_inputs = parse_fields(card, options, inputs)
    values = plain_values(parsed_options), plain_values(parsed_inputs)
    if idempotency_key:
        earlier = _earlier(actor, idempotency_key, card_key, connection, values)
        if earlier:
            return earlier
    try:
        step = _begin(actor, idempotency_key, card_key, connection, values)
    except IntegrityError:
        earlier = _earlier(actor, idempotency_key, card_key, connection, values)
        if earlier is None:
            raise
        return earlier
    run_step(step)
    return Run.objects.get(pk=step.run_id)


def _begin(
    actor: Actor,
    idempotency_key: str,
    card_key: str,
    connection: Connection,
    values: tuple[dict[str, Any], dict[str, Any]],
) -> StepRun:
    """The rows first, claimed by this process, so that a crash at any later moment leaves something to follow."""
    moment = now()
    step_id = new_id()
    with transaction.atomic():
        run = Run.objects.create(
            owner=actor.person,
            trigger=Trigger.CARD,
            via=actor.via,
            key=actor.key,
            state=RunState.RUNNING,
            idempotency_key=idempotency_key,
            created_at=moment,
            started_at=moment,
        )
        return StepRun.objects.create(
            id=step_id,
            run=run,
            card_key=card_key,
            connection=connection,
            sealed_options=seal_values(step_id, run.pk, OPTIONS, values[0]),
            sealed_inputs=seal_values(step_id, run.pk, INPUTS, values[1]),
            state=RunState.RUNNING,
            lease_until=lease_end(card_key),
            started_at=moment,
        )


def _earlier(
    actor: Actor,
    idempotency_key: str,
    card_key: str,
    connection: Connection,
    values: tuple[dict[str, Any], dict[str, Any]],
) -> Run | None:
    """The run that the key started. :raises IdempotencyKeyReused: by another request."""
    run: Run | None = Run.objects.filter(owner=actor.person, idempotency_key=idempotency_key).first()
    if run is None:
        return None
    if run.data_removed_at:  # what it was given can't be compared any more, and it may have sent a mail
        raise IdempotencyKeyReused(fields={"Idempotency-Key": ["It was used before, for a run of long ago."]})
    step = run.steps.get()
    is_same = (step.card_key, step.connection_id) == (card_key, connection.pk)
    if not is_same or values != (open_values(step, OPTIONS), open_values(step, INPUTS)):
        raise IdempotencyKeyReused(fields={"Idempotency-Key": ["It was used for another card run before."]})
    run_due_steps(run)
    run.refresh_from_db()
    return run
