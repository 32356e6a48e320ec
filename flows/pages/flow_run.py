"""One run of a flow: card by card, what it waits for or failed with, and what one can do about it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access import policy
from access.actor import Actor, actor_of
from connections.models import Connection
from connections.rights import Rights, rights_of
from flows.flow_run_details import FlowRunDetails, flow_run_details
from flows.history import RunFilters, list_runs, starter
from flows.models import ENDED, Run, RunState
from flows.operations.cancel_run import cancel_run
from flows.operations.export_run import export_run
from flows.operations.release_run import release_run
from flows.operations.resume_run import resume_run
from flows.pages.run_cards import shown_cards
from flows.pages.run_words import lasted_words
from flows.queries import visible_run
from flows.run_schemas import RunOut
from flows.run_status import run_status
from kernel.clock import now
from kernel.errors import Conflict

MOST_BESIDE = 6


def flow_run_context(actor: Actor, run: Run) -> dict[str, Any]:
    """What the run's page draws."""
    details = flow_run_details(actor, run)
    return {
        "details": details,
        "run": run,
        "status": run_status(run),
        "cards": shown_cards(actor, details),
        "stands": _stands(details),
        "counts": _counts(details),
        "started_by": starter(run),
        "lasted": lasted_words(run.ended_at - run.started_at) if run.ended_at and run.started_at else "",
        "is_under_way": run.state not in ENDED,
        "is_owner": actor.user_id == run.owner_id,
        "flow_is_visible": run.flow is not None and policy.may(actor, "flow.view", run.flow),
        "may_edit_flow": run.flow is not None and policy.may(actor, "flow.edit", run.flow),
        "wait": _wait(actor, details) if run.state == RunState.WAITING else None,
        "beside": _beside(actor, run),
    }


def _stands(details: FlowRunDetails) -> str:
    """The state, with the card at which it failed: ``Failed at card 5``."""
    words = run_status(details.run).words
    failed = next((line for line in details.lines if line.path == details.failed_at), None)
    return f"{words} at card {failed.number}" if failed else words


@dataclass(frozen=True, kw_only=True)
class Wait:
    """What a run waits for. ``rights`` are the actor's on the connection, None where they don't see it.

    ``ends_at`` is when it is canceled if nothing happens.
    """

    connection: Connection | None
    rights: Rights | None
    lasted: str
    ends_at: datetime | None


def _wait(actor: Actor, details: FlowRunDetails) -> Wait:
    run = details.run
    is_seen = run.waits_for_id and Connection.objects.visible_to(actor).filter(pk=run.waits_for_id).exists()
    since = run.waiting_since
    return Wait(
        connection=run.waits_for,
        rights=rights_of(actor, run.waits_for) if run.waits_for and is_seen else None,
        lasted=lasted_words(now() - since) if since else "",
        ends_at=since + timedelta(days=settings.WAITING_DAYS) if since else None,
    )


def mark_of(details: FlowRunDetails) -> str:
    """Changes whenever the page would look different."""
    steps = [(line.path, line.state, line.step.attempt if line.step else 0) for line in details.lines]
    return hashlib.sha256(repr((details.run.state, details.run.leg, steps)).encode()).hexdigest()[:16]


def _counts(details: FlowRunDetails) -> str:
    """``4 completed, 1 failed, 1 not run``."""
    states = ("completed", "failed", "running", "waiting", "outcome_unknown", "queued", "canceled", "not_run")
    counted = [(details.count(state), state.replace("_", " ")) for state in states]
    return ", ".join(f"{count} {words}" for count, words in counted if count)


def _beside(actor: Actor, run: Run) -> dict[str, Any] | None:
    """The newest runs of the same flow, and how many of all wait, where others than this one do."""
    if run.flow_id is None:
        return None
    page = list_runs(actor, RunFilters(flow=run.flow_id), limit=MOST_BESIDE)
    rows = [(row, lasted_words(row.lasted)) for row in page.rows]
    waiting = page.by_state[RunState.WAITING]
    others_wait = waiting > (run.state == RunState.WAITING)
    return {"rows": rows, "total": page.total, "waiting": waiting if others_wait else 0}


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
def run_export(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The run as JSON, as the API gives it: inputs and outputs only where they are kept, for its owner."""
    actor = actor_of(request)
    run = export_run(actor, run_id)
    body = json.dumps(RunOut.of(actor, run).model_dump(mode="json"), indent=2, ensure_ascii=False)
    answer = HttpResponse(body, content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="run-{run_id}.json"'
    return answer
