"""What becomes of a card of a flow's run that met an error: it is tried again, waits for a person, or fails."""

import random
from datetime import datetime, timedelta

from django.conf import settings

from connections.errors import ConnectionBlocked, ConnectionPaused, SendOutcomeUnknown
from connections.models import Connection, Status
from flows.cards import Card
from flows.catalog import declared_of
from flows.engine.claims import fail, retry, wait, wait_for_connection
from flows.models import Phase, StepRun
from kernel.clock import now
from kernel.errors import ConsoleError, ReauthorizationNeeded, TryLater

NEEDS_A_PERSON = (ReauthorizationNeeded, ConnectionBlocked, ConnectionPaused)


def end_step(step: StepRun, error: ConsoleError) -> None:
    """Failed; but what may have been sent waits for a person's decision. :raises ClaimLost:"""
    if step.phase in {Phase.DISPATCHING, Phase.UNKNOWN}:
        reason = f"Google's answer was lost, and it can't be looked up: {error.cause}"
        wait(step, phase=Phase.UNKNOWN, cause=SendOutcomeUnknown(reason=reason))
    else:
        fail(step, error)


def stop_step(step: StepRun, error: ConsoleError) -> None:
    """Record it, of a flow's run. :raises ClaimLost:

    A passing failure is tried again whatever the card's effect: a card that sends, or whose call could do harm twice,
    raises ``TryLater`` only when nothing was carried out; a lost answer is something else.
    """
    if step.phase == Phase.UNKNOWN:
        end_step(step, error)
    elif isinstance(error, NEEDS_A_PERSON) and _is_of_connection(step, error):
        wait_for_connection(step, error)
    elif isinstance(error, TryLater) and step.tries < settings.CARD_RETRIES:
        retry(step, error, _retry_at(step, error))
    else:
        end_step(step, error)


def _is_of_connection(step: StepRun, error: ConsoleError) -> bool:
    """Whether mending the connection is what helps: not where the mailbox of somebody else is blocked."""
    if step.connection_id is None:
        return False
    declared = declared_of(step.card_key)
    if isinstance(error, ConnectionBlocked) and isinstance(declared, Card) and declared.needs.role:
        return Connection.objects.filter(pk=step.connection_id, status=Status.BLOCKED).exists()
    return True


def _retry_at(step: StepRun, error: TryLater) -> datetime:
    """Twice as long each time, with a random part so that many don't come back at once; never before Google's word."""
    longest = settings.CARD_RETRY_SECONDS * 2**step.tries
    at = now() + timedelta(seconds=longest * random.uniform(0.5, 1))  # noqa: S311  (nobody guesses at it)
    return max(at, error.retry_at) if error.retry_at else at
