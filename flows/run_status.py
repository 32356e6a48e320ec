"""A run's state as people read it: a key for its look, and words that say what it waits for."""

from dataclasses import dataclass
from datetime import datetime

from connections.errors import SendOutcomeUnknown
from flows.models import Phase, Run, RunState, StepRun

OUTCOME_UNKNOWN = "outcome_unknown"


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """``until`` is when it goes on by itself, where that is known."""

    key: str
    words: str
    until: datetime | None = None


def run_status(run: Run) -> RunStatus:
    if run.state != RunState.WAITING:
        return RunStatus(key=run.state, words=str(run.get_state_display()))
    if run.waits_for_id:
        return RunStatus(key=RunState.WAITING, words="Waiting for connection")
    if run.cause and run.cause["code"] == SendOutcomeUnknown.code:
        return RunStatus(key=OUTCOME_UNKNOWN, words="Outcome unknown")
    words = "Waiting to try again" if run.cause else "Answer lost, being checked"
    return RunStatus(key=RunState.WAITING, words=words, until=run.due_at)


def step_status(step: StepRun) -> RunStatus:
    """The same of one card of a run."""
    if step.state != RunState.WAITING:
        return RunStatus(key=step.state, words=str(step.get_state_display()))
    if step.phase == Phase.UNKNOWN:
        return RunStatus(key=OUTCOME_UNKNOWN, words="Outcome unknown")
    if step.phase == Phase.DISPATCHING:
        return RunStatus(key=RunState.WAITING, words="Answer lost, being checked", until=step.settles_at)
    words = "Waiting to try again" if step.retry_at else "Waiting for connection"
    return RunStatus(key=RunState.WAITING, words=words, until=step.retry_at)
