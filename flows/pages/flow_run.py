"""One run of a flow: card by card, what it waits for or failed with, and what one can do about it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access import policy
from access.actor import Actor, actor_of
from connections.models import Connection
from flows.cards import Card
from flows.catalog import declared_of
from flows.flow_queries import visible_flow
from flows.flow_run_details import CardLine, FlowRunDetails, flow_run_details
from flows.history import RunFilters, list_runs, starter
from flows.models import ENDED, Run, RunState
from flows.operations.cancel_run import cancel_run
from flows.operations.release_run import release_run
from flows.operations.resume_run import resume_run
from flows.pages.run_words import lasted_words
from flows.pages.shown_values import Shown, shown_any, shown_inputs, shown_outputs
from flows.queries import visible_run
from flows.run_schemas import RunOut
from flows.run_status import run_status
from kernel.clock import now
from kernel.errors import Conflict, NotFound

MOST_BESIDE = 6


@dataclass(frozen=True, kw_only=True)
class ShownLine:
    """A card with what its owner may see of what passed through it."""

    line: CardLine
    lasted: str
    inputs: tuple[Shown, ...] | None
    outputs: tuple[Shown, ...] | None
    is_visible: bool


def flow_run_context(actor: Actor, run: Run) -> dict[str, Any]:
    """What the run's page draws."""
    details = flow_run_details(actor, run)
    visible = set(
        Connection.objects.visible_to(actor).filter(step_runs__run=run).values_list("pk", flat=True).distinct()
    )
    status = run_status(run)
    return {
        "details": details,
        "run": run,
        "status": status,
        "lines": [_shown(line, visible) for line in details.lines],
        "counts": _counts(details),
        "started_by": starter(run),
        "lasted": lasted_words(run.ended_at - run.started_at) if run.ended_at and run.started_at else "",
        "waited": lasted_words(now() - run.waiting_since) if run.waiting_since else "",
        "is_under_way": run.state in {RunState.QUEUED, RunState.RUNNING, RunState.WAITING},
        "is_owner": actor.user_id == run.owner_id,
        "flow_is_visible": _flow_is_visible(actor, run),
        "sees_waited_for": run.waits_for_id is not None
        and Connection.objects.visible_to(actor).filter(pk=run.waits_for_id).exists(),
        "may_reauthorize": run.waits_for is not None and policy.may(actor, "connection.reauthorize", run.waits_for),
        "may_reach_waited_for": run.waits_for is not None and policy.may(actor, "connection.pause", run.waits_for),
        "beside": _beside(actor, run),
    }


def mark_of(details: FlowRunDetails) -> str:
    """Changes whenever the page would look different."""
    steps = [(line.path, line.state, line.step.attempt if line.step else 0) for line in details.lines]
    return hashlib.sha256(repr((details.run.state, details.run.leg, steps)).encode()).hexdigest()[:16]


def _shown(line: CardLine, visible: set[UUID]) -> ShownLine:
    step, passed = line.step, line.passed
    declared = declared_of(line.card_key)
    inputs: tuple[Shown, ...] | None = None
    outputs: tuple[Shown, ...] | None = None
    if passed:
        if isinstance(declared, Card):
            inputs = shown_inputs(declared, passed.options, passed.inputs)
            outputs = shown_outputs(declared, passed.options, passed.outputs)
        else:
            inputs = shown_any({**passed.options, **passed.inputs}, getattr(declared, "inputs", None))
            outputs = shown_any(passed.outputs, declared.outputs if declared else None)
    return ShownLine(
        line=line,
        lasted=lasted_words(step.ended_at - step.started_at) if step and step.started_at and step.ended_at else "",
        inputs=inputs,
        outputs=outputs,
        is_visible=step is not None and step.connection_id in visible,
    )


def _counts(details: FlowRunDetails) -> str:
    """``4 completed, 1 failed, 1 not run``."""
    states = ("completed", "failed", "running", "waiting", "outcome_unknown", "queued", "canceled", "not_run")
    counted = [(details.count(state), state.replace("_", " ")) for state in states]
    return ", ".join(f"{count} {words}" for count, words in counted if count)


def _flow_is_visible(actor: Actor, run: Run) -> bool:
    try:
        return run.flow_id is not None and bool(visible_flow(actor, run.flow_id))
    except NotFound:
        return False


def _beside(actor: Actor, run: Run) -> dict[str, Any] | None:
    """The newest runs of the same flow."""
    if run.flow_id is None:
        return None
    page = list_runs(actor, RunFilters(flow=run.flow_id), limit=MOST_BESIDE)
    return {"rows": [(row, lasted_words(row.lasted)) for row in page.rows], "total": page.total}


# ------------------------------------------------------------------ what one can do


@login_required
@require_POST
def resume_from_card(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """*Resume from this card*. Who comes too late sees how it stands."""
    try:
        resume_run(actor_of(request), run_id)
    except Conflict as error:
        return _refused(request, run_id, error)
    return redirect("run", run_id)


@login_required
@require_POST
def release(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Try now what the run waits for."""
    try:
        release_run(actor_of(request), run_id)
    except Conflict as error:
        return _refused(request, run_id, error)
    return redirect("run", run_id)


@login_required
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask, then cancel."""
    actor = actor_of(request)
    run = visible_run(actor, run_id)
    policy.require(actor, "run.resolve", run, kind="run")
    if request.method == "GET" and run.state not in ENDED:
        return render(request, "flows/cancel_run.html", {"run": run, "status": run_status(run)})
    try:
        if request.method == "POST":
            cancel_run(actor, run_id)
    except Conflict as error:
        return _refused(request, run_id, error)
    return redirect("run", run_id)


def _refused(request: HttpRequest, run_id: UUID, error: Conflict) -> HttpResponse:
    actor = actor_of(request)
    context = flow_run_context(actor, visible_run(actor, run_id))
    return render(request, "flows/flow_run.html", {**context, "refused": error}, status=error.status)


@login_required
@require_safe
def export_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The run as JSON, as the API gives it: inputs and outputs only where they are kept, for its owner."""
    actor = actor_of(request)
    run = visible_run(actor, run_id)
    body = json.dumps(RunOut.of(actor, run).model_dump(mode="json"), indent=2, ensure_ascii=False)
    answer = HttpResponse(body, content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="run-{run.pk}.json"'
    return answer
