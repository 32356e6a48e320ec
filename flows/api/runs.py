"""Runs over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from ninja import Query, Schema
from pydantic import Field

from access import policy
from connections.api.cursors import cursor_of, page_of
from connections.api.requests import ActorRequest
from flows.api.router import router
from flows.errors import NothingToResume
from flows.history import MOST_COUNTED, RunFilters, list_runs
from flows.models import Run
from flows.operations.cancel_run import cancel_run
from flows.operations.decide_outcome import decide_outcome
from flows.operations.follow_run import follow_run
from flows.operations.release_run import release_run
from flows.operations.resume_run import resume_run
from flows.queries import visible_run
from flows.run_schemas import ResumeIn, RunLineOut, RunList, RunOut


class RunQuery(Schema):
    """Filters of the list, as in Execution History."""

    search: str = ""
    state: Literal["", "queued", "running", "waiting", "completed", "failed", "canceled"] = ""
    trigger: Literal["", "card", "now", "schedule", "api", "event"] = ""
    flow: UUID | None = None
    connection: UUID | None = None
    card: str = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str = ""


@router.get("/runs", response=RunList)
def list_all_runs(request: ActorRequest, query: Query[RunQuery]) -> RunList:
    """Runs that the actor may know of, the newest first, a page at a time."""
    policy.require(request.actor, "run.view")
    filters = RunFilters(
        search=query.search,
        state=query.state,
        trigger=query.trigger,
        flow=query.flow,
        connection=query.connection,
        card=query.card,
    )
    page = list_runs(request.actor, filters, page=page_of(query.cursor), limit=query.limit)
    is_counted = page.total <= MOST_COUNTED
    return RunList(
        items=[RunLineOut.of(row) for row in page.rows],
        next_cursor=cursor_of(page.number + 1) if page.has_next else None,
        total=page.total if is_counted else None,
        total_at_least=None if is_counted else MOST_COUNTED,
    )


def _out(request: ActorRequest, run: Run) -> RunOut:
    return RunOut.of(request.actor, visible_run(request.actor, run.pk))


@router.get("/runs/{run_id}", response=RunOut)
def show_run(request: ActorRequest, run_id: UUID) -> RunOut:
    """Where a run stands. Whoever asks for a card run after ``checked_at`` moves a lost send on."""
    return _out(request, follow_run(request.actor, run_id))


@router.post("/runs/{run_id}/cancel", response=RunOut)
def cancel(request: ActorRequest, run_id: UUID) -> RunOut:
    """End a flow's run where it stands. A card under way is still recorded."""
    return _out(request, cancel_run(request.actor, run_id))


@router.post("/runs/{run_id}/release", response=RunOut)
def release(request: ActorRequest, run_id: UUID) -> RunOut:
    """Try now what a flow's run waits for."""
    return _out(request, release_run(request.actor, run_id))


@router.post("/runs/{run_id}/resume", response=RunOut)
def resume(request: ActorRequest, run_id: UUID, body: ResumeIn) -> RunOut:
    """Go on from the failed card; or settle an outcome that nobody can know: ``sent``, or ``send_again``."""
    if body.decision:
        return _out(request, decide_outcome(request.actor, run_id, body.decision))
    run = visible_run(request.actor, run_id)
    if body.from_step and not run.steps.filter(path=body.from_step, state="failed").exists():
        raise NothingToResume
    return _out(request, resume_run(request.actor, run_id))
