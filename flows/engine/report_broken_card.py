"""A mistake in a card's code, in the log."""

import traceback

import structlog

from flows.models import StepRun

log = structlog.get_logger(__name__)


def report_broken_card(step: StepRun, error: Exception) -> None:
    """Where it happened, and of what kind. Not its message, which may hold what passed through the card."""
    frames = [f"{each.filename}:{each.lineno} {each.name}" for each in traceback.extract_tb(error.__traceback__)]
    log.error("card.broke", card=step.card_key, run=str(step.run_id), error=type(error).__name__, frames=frames)
