"""What becomes of a card of a flow's run that met an error: it is tried again, waits for a person, or fails."""

import random
from datetime import datetime, timedelta

from django.conf import settings

from connections.errors import ConnectionBlocked, ConnectionPaused
from flows.engine.claims import fail, retry, wait_for_connection
from flows.models import StepRun
from kernel.clock import now
from kernel.errors import ConsoleError, ReauthorizationNeeded, TryLater

NEEDS_A_PERSON = (ReauthorizationNeeded, ConnectionBlocked, ConnectionPaused)


def stop_step(step: StepRun, error: ConsoleError) -> None:
    """Record it. :raises ClaimLost:

    A passing failure is tried again whatever the card's effect: a card that sends, or whose call could do harm twice,
    raises ``TryLater`` only when nothing was carried out; a lost answer is something else.
    """
    if isinstance(error, NEEDS_A_PERSON) and step.connection_id:
        wait_for_connection(step, error)
    elif isinstance(error, TryLater) and step.tries < settings.CARD_RETRIES:
        retry(step, error, _retry_at(step, error))
    else:
        fail(step, error)


def _retry_at(step: StepRun, error: TryLater) -> datetime:
    """Twice as long each time, with a random part so that many don't come back at once; never before Google's word."""
    longest = settings.CARD_RETRY_SECONDS * 2**step.tries
    at = now() + timedelta(seconds=longest * random.uniform(0.5, 1))  # noqa: S311  (nobody guesses at it)
    return max(at, error.retry_at) if error.retry_at else at
