"""Runs of flows on DBOS: a leg is a workflow, each card of it a step. The rows are the truth; DBOS holds ids only."""

import time
from uuid import UUID

import structlog
from dbos import DBOS
from django.db import InterfaceError, OperationalError

from flows.engine.run_flow import take_step
from workflows_console.worker.client import RUN_LEG
from workflows_console.worker.fresh_connections import fresh_connections

log = structlog.get_logger(__name__)

TRIES = 5
FIRST_PAUSE_SECONDS = 0.2


@DBOS.workflow(name=RUN_LEG)
def run_leg(run_id: str, leg: int) -> None:
    """One leg of a run, card by card, until it ends or waits."""
    while _card(run_id, leg):
        pass


@DBOS.step(name="card")
def _card(run_id: str, leg: int) -> bool:
    """One card. A database that is away for a moment is no failure of the card's: it is tried again.

    What goes on failing ends the leg; a later sweep begins the next one.
    """
    for left in range(TRIES, -1, -1):
        try:
            with fresh_connections():
                return take_step(UUID(run_id), leg)
        except (OperationalError, InterfaceError):
            if not left:
                raise
            log.warning("run.database_failed", run=run_id, leg=leg, tries_left=left, exc_info=True)
            time.sleep(FIRST_PAUSE_SECONDS * 2 ** (TRIES - left))
    raise AssertionError(run_id)
