"""One step, from its readiness to its record. Page, API and command all come through here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.db import DatabaseError

from access.actor import Actor, Via
from connections.errors import ConnectionBlocked, ConnectionDeleted, GoogleUnavailable, SendOutcomeUnknown
from connections.models import Connection
from connections.operations.record_use import record_use
from connections.operations.report_failure import report_failure
from connections.operations.require_role import require_role
from connections.operations.swap_credential import live_credential_id
from connections.operations.use_connection import use_connection
from connections.readiness import require_ready, state_of
from connections.requirements import Impersonation
from flows.cards import AnswerLost, AnyCard, AnyEvent, Event, Fields, Noted
from flows.catalog import find_declaration, get_card, open_client
from flows.context import context_of
from flows.definition import TRIGGER, read_definition
from flows.derive.parse_fields import parse_fields, parse_options
from flows.derive.plain_values import plain_values
from flows.engine.claims import ClaimLost, claim, complete, due, record, wait
from flows.engine.impersonation import impersonation_of
from flows.engine.once_only import Done, OnceOnlyRun, Result, Undecided, Waits
from flows.engine.report_broken_card import report_broken_card
from flows.engine.sealed_values import INPUTS, OPTIONS, open_values
from flows.engine.stop_step import end_step
from flows.errors import CardBroke, ConnectionNotUsable
from flows.models import Phase, Run, StepRun, Trigger
from kernel.errors import ConsoleError, NotFound, ReauthorizationNeeded


def run_due_steps(run: Run) -> None:
    """Move on what waits for nothing but its time, or was left by a process that died. Of several, one acts.

    Runs of flows are the worker's.
    """
    if run.trigger != Trigger.CARD:
        return
    for step in run.steps.select_related("run__owner"):
        if due(step) and claim(step):
            run_step(step)


def run_step(step: StepRun, *, stop: Callable[[StepRun, ConsoleError], None] = end_step) -> None:
    """Take a claimed step as far as it goes. Whatever its card meets is recorded with it, never raised.

    ``stop`` records an error that it met. A failure of this console's own database or vault is raised: the row stays
    as it is, to be followed later.
    """
    try:
        try:
            result = _result(step)
        except ConsoleError as error:
            stop(step, error)
        else:
            _settle(step, result)
    except ClaimLost:
        step.refresh_from_db()


def _settle(step: StepRun, result: Result) -> None:
    match result:
        case Done(outputs=outputs, note=note):
            complete(step, plain_values(outputs) | _context(step), note)
        case Waits():
            wait(step, phase=Phase.DISPATCHING)
        case Undecided(reason=reason):
            wait(step, phase=Phase.UNKNOWN, cause=SendOutcomeUnknown(reason=reason))


def _context(step: StepRun) -> dict[str, Any]:
    """What the trigger of a flow gives beside its own."""
    if step.path != TRIGGER or step.run.version is None:
        return {}
    time_zone = read_definition(step.run.version.definition).time_zone
    return {"context": context_of(step.run_id, step.run.started_at or step.run.created_at, time_zone)}


@dataclass(frozen=True, kw_only=True)
class _Ready:
    """All that a card is run with."""

    card: AnyCard
    connection: Connection
    options: Fields
    inputs: Fields
    impersonation: Impersonation | None


def _result(step: StepRun) -> Result:
    declared = find_declaration(step.card_key)
    if isinstance(declared, Event):
        return _read_event(step, declared)
    _require_repeatable(step)
    ready = _ready(step)
    try:
        with _reported(ready.connection, ready.impersonation):
            return _run_card(step, ready, open_client(ready.connection, ready.impersonation))
    finally:
        record_use(ready.connection.pk)


def _ready(step: StepRun) -> _Ready:
    """Everything that a card needs, with its owner's rights as they are now. Gmail isn't called.

    :raises ConsoleError: the owner may not use the connection any more, it isn't ready, nothing opens, or the
        service account lacks a role or the delegation. :raises ClaimLost: somebody else goes on with the step.
    """
    card = get_card(step.card_key)
    connection = _connection_of(step)
    require_ready(state_of(connection), card)
    options, inputs = parse_fields(card, open_values(step, OPTIONS), open_values(step, INPUTS))
    if card.needs_of:
        card = replace(card, needs=card.needs_of(options, inputs))
        require_ready(state_of(connection), card)
    impersonation = impersonation_of(card, connection, options, inputs)
    if impersonation:
        with _reported(connection, impersonation):
            require_role(connection, impersonation, card=card)
        record(step)  # Google may have been asked several times by now, and the lease is for the card
    return _Ready(card=card, connection=connection, options=options, inputs=inputs, impersonation=impersonation)


def _connection_of(step: StepRun) -> Connection:
    """:raises ConnectionNotUsable: the flow's owner may not use it. :raises ConnectionDeleted:
    :raises NotFound: whoever tests a card may not use it, or not any more.
    """
    owner = Actor(user=step.run.owner, via=Via(step.run.via))
    if step.connection is None:
        raise NotFound(kind="connection")
    try:
        return use_connection(owner, step.connection.pk)
    except NotFound:
        if step.run.trigger == Trigger.CARD:
            raise
        if step.connection.deleted_at:
            raise ConnectionDeleted(nickname=step.connection.nickname) from None
        raise ConnectionNotUsable(
            nickname=step.connection.nickname, owner=step.run.owner.email, keeper=step.connection.owner.email
        ) from None


def _read_event(step: StepRun, event: AnyEvent) -> Result:
    """What started the run, read once it runs: as a card that reads."""
    connection = _connection_of(step)
    require_ready(state_of(connection), event)
    options = parse_options(event, open_values(step, OPTIONS))
    try:
        with _reported(connection, None):
            return Done(outputs=event.read(open_client(connection), options, open_values(step, INPUTS)))
    except AnswerLost as lost:
        raise GoogleUnavailable(what=event.title, reason=lost.reason) from None
    except (ConsoleError, ClaimLost, DatabaseError):
        raise
    except Exception as error:
        report_broken_card(step, error)
        raise CardBroke(card=event.title, kind=type(error).__name__) from error
    finally:
        record_use(connection.pk)


@contextmanager
def _reported(connection: Connection, impersonation: Impersonation | None) -> Iterator[None]:
    """Store with the connection what a person has to mend there.

    Of a card that acts through a service account that is the end of the person's own grant alone: what blocks the
    mailbox it impersonates is no failure of the connection.
    """
    used = live_credential_id(connection)  # a reauthorization may replace it while the card runs
    theirs = (ReauthorizationNeeded,) if impersonation else (ReauthorizationNeeded, ConnectionBlocked)
    try:
        yield
    except theirs as error:
        report_failure(connection.pk, error, credential_id=used)
        raise


def _run_card(step: StepRun, ready: _Ready, client: Any) -> Result:
    card, options, inputs = ready.card, ready.options, ready.inputs
    try:
        if card.send:
            sending = OnceOnlyRun(
                step=step, title=card.title, send=card.send, client=client, options=options, inputs=inputs
            )
            return sending.go_on()
        found = _function(card)(client, options, inputs)
        return Done(outputs=found.outputs, note=found.note) if isinstance(found, Noted) else Done(outputs=found)
    except AnswerLost as lost:
        _require_harmless(card, options, inputs, lost.reason)
        # Reading again, or setting the same state again, does no harm: nothing has to be found out.
        raise GoogleUnavailable(what=card.title, reason=lost.reason) from None
    except (ConsoleError, ClaimLost, DatabaseError):
        raise
    except Exception as error:
        report_broken_card(step, error)
        if step.phase in {Phase.DISPATCHING, Phase.UNKNOWN}:
            return Undecided(reason=f"Google's answer was lost, and {card.title} stopped while looking it up.")
        raise CardBroke(card=card.title, kind=type(error).__name__) from error


def _require_repeatable(step: StepRun) -> None:
    """What a process that died left on its way may have been carried out. :raises OutcomeUnknown: and does harm."""
    card = get_card(step.card_key)
    if step.deaths and card.lost:
        options, inputs = parse_fields(card, open_values(step, OPTIONS), open_values(step, INPUTS))
        _require_harmless(card, options, inputs, "this console stopped before Google's answer came")


def _require_harmless(card: AnyCard, options: Fields, inputs: Fields, reason: str) -> None:
    """:raises OutcomeUnknown: asking again could do it twice."""
    unknown = card.lost(options, inputs, reason) if card.lost else None
    if unknown:
        raise unknown


def _function(card: AnyCard) -> Callable[[Any, Fields, Fields], Fields | Noted[Any]]:
    if card.run is None:
        raise AssertionError(card.key)  # a card that doesn't send has a function; Card sees to it
    return card.run
