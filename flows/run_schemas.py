"""What the API takes and gives about runs."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema

from access import policy
from access.actor import Actor
from flows.cards import Card
from flows.catalog import declared_of
from flows.engine.sealed_values import OUTPUTS, open_values
from flows.flow_run_details import CardLine, flow_run_details
from flows.history import RunRow, starter
from flows.models import Phase, Run, RunState, StepRun, Trigger
from flows.operations.decide_outcome import Choice
from flows.operations.keep_secrets import without_secret_values
from flows.run_status import run_status
from kernel.errors import as_problem, from_stored


class RunLineOut(Schema):
    """A run in a list. ``waits_for`` is the connection that a person has to mend first."""

    id: UUID
    state: str
    status: str
    trigger: str
    title: str
    flow: UUID | None
    owner: str
    started_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    at_card: str
    waits_for: UUID | None
    waiting_since: datetime | None
    problem: dict[str, Any] | None

    @classmethod
    def of(cls, row: RunRow) -> "RunLineOut":
        run = row.run
        return cls(
            id=run.pk,
            state=run.state,
            status=row.status.words,
            trigger=run.trigger,
            title=row.title,
            flow=run.flow_id,
            owner=run.owner.email,
            started_by=row.starter,
            created_at=run.created_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
            at_card=row.at_card,
            waits_for=run.waits_for_id,
            waiting_since=run.waiting_since,
            problem=as_problem(from_stored(run.cause)) if run.cause else None,
        )


class RunList(Schema):
    items: list[RunLineOut]
    next_cursor: str | None
    total: int | None
    total_at_least: int | None


class StepOut(Schema):
    """One card of a run. ``state`` is ``not_run`` where it didn't come to it.

    Inputs and outputs are for the run's owner only, where the flow saves data.
    """

    path: str
    number: int
    card: str
    title: str
    state: str
    connection: UUID | None
    attempt: int
    started_at: datetime | None
    ended_at: datetime | None
    note: str
    problem: dict[str, Any] | None
    options: dict[str, Any] | None
    inputs: dict[str, Any] | None
    outputs: dict[str, Any] | None

    @classmethod
    def of(cls, line: CardLine) -> "StepOut":
        step, passed = line.step, line.passed
        return cls(
            path=line.path,
            number=line.number,
            card=line.card_key,
            title=line.title,
            state=line.state,
            connection=step.connection_id if step else None,
            attempt=step.attempt if step else 0,
            started_at=step.started_at if step else None,
            ended_at=step.ended_at if step else None,
            note=step.note if step else "",
            problem=as_problem(line.error) if line.error else None,
            options=without_secrets(line.card_key, "options", passed.options) if passed else None,
            inputs=without_secrets(line.card_key, "inputs", passed.inputs) if passed else None,
            outputs=dict(passed.outputs) if passed else None,
        )


def without_secrets(card_key: str, part: Literal["options", "inputs"], values: Any) -> dict[str, Any]:
    """As the card takes them, but for secrets."""
    declared = declared_of(card_key)
    return without_secret_values(getattr(declared, part), values) if isinstance(declared, Card) else dict(values)


class RunOut(Schema):
    """A run. ``outputs`` and ``note`` are those of a card run, for its owner only, until ``data_removed_at``; of a
    flow's run ``steps`` has them card by card. ``decisions`` are what a person is asked to choose from.
    """

    id: UUID
    state: str
    status: str
    trigger: str
    flow: UUID | None
    flow_name: str
    version: int | None
    card: str | None
    connection: UUID | None
    owner: str
    started_by: str
    via: str
    leg: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    data_removed_at: datetime | None
    checked_at: datetime | None
    waits_for: UUID | None
    waiting_since: datetime | None
    outputs: dict[str, Any] | None
    note: str
    problem: dict[str, Any] | None
    decisions: list[Choice]
    steps: list[StepOut]

    @classmethod
    def of(cls, actor: Actor, run: Run) -> "RunOut":
        is_card_run = run.trigger == Trigger.CARD
        step = run.steps.get() if is_card_run else None
        details = None if is_card_run else flow_run_details(actor, run)
        may_decide = details.may_decide if details else step is not None and _is_undecided(actor, run, step)
        return cls(
            id=run.pk,
            state=run.state,
            status=run_status(run).words,
            trigger=run.trigger,
            flow=run.flow_id,
            flow_name=run.flow_name,
            version=run.version.number if run.version else None,
            card=step.card_key if step else None,
            connection=step.connection_id if step else None,
            owner=run.owner.email,
            started_by=starter(run),
            via=run.via,
            leg=run.leg,
            created_at=run.created_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
            data_removed_at=run.data_removed_at,
            checked_at=_checked_at(step) if step else run.due_at,
            waits_for=run.waits_for_id,
            waiting_since=run.waiting_since,
            outputs=_outputs(actor, run, step) if step else None,
            note=step.note if step else "",
            problem=as_problem(from_stored(run.cause)) if run.cause else None,
            decisions=list(Choice) if may_decide else [],
            steps=[StepOut.of(line) for line in details.lines] if details else [],
        )


def _is_undecided(actor: Actor, run: Run, step: StepRun) -> bool:
    is_asked = step.state == RunState.WAITING and step.phase == Phase.UNKNOWN
    return is_asked and policy.may(actor, "run.resolve", run)


def _checked_at(step: StepRun) -> datetime | None:
    is_checked = step.state == RunState.WAITING and step.phase == Phase.DISPATCHING
    return step.settles_at if is_checked else None


def _outputs(actor: Actor, run: Run, step: StepRun) -> dict[str, Any] | None:
    is_owner = actor.user_id == run.owner_id
    return open_values(step, OUTPUTS) if is_owner and step.sealed_outputs is not None else None


class ResumeIn(Schema):
    """``decision`` settles an outcome that nobody can know; without it a failed run goes on from its failed card.

    ``from_step`` is the path of that card, to be sure that it is the one.
    """

    decision: Choice | None = None
    from_step: str = ""


class FlowRunIn(Schema):
    """``inputs`` are the fields of the flow's trigger by name."""

    inputs: dict[str, Any] = {}


class StartedOut(Schema):
    id: UUID
