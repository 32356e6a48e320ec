"""Hand legs of runs to the worker's queue. The rows are the truth: what isn't handed over is found by the sweep."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction

log = structlog.get_logger(__name__)

Enqueue = Callable[[UUID, int], None]

_queue: list[Enqueue] = []


def register_queue(enqueue: Enqueue) -> None:
    """Tell flows how a leg gets to a worker. Handing the same leg over twice runs it once."""
    _queue[:] = [enqueue]


def enqueue_on_commit(run_id: UUID, leg: int) -> None:
    """Hand the leg over once the caller's transaction has committed."""
    transaction.on_commit(partial(enqueue, run_id, leg))


def enqueue(run_id: UUID, leg: int) -> None:
    """Hand the leg over now. A queue that can't be reached is logged; the sweep tries again."""
    for each in _queue:
        try:
            each(run_id, leg)
        except Exception:
            log.exception("run.not_enqueued", run=str(run_id), leg=leg)
