"""A run, of a flow or of one card: where it stands, what passed through it, and the two decisions about it."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from access import policy
from access.actor import Actor, actor_of
from connections.models import Connection
from flows.engine.sealed_values import INPUTS, OPTIONS, open_values
from flows.errors import NothingToDecide
from flows.history import starter
from flows.models import ENDED, RunState, Trigger
from flows.operations.decide_outcome import decide_outcome
from flows.operations.follow_run import follow_run
from flows.pages.card_looks import look_of
from flows.pages.flow_run import flow_run_context, mark_of
from flows.pages.run_words import lasted_words
from flows.pages.shown_values import Shown, shown_inputs, shown_outputs
from flows.queries import RunDetails, run_details
from flows.run_status import step_status


@require_safe
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The run's page. Opened or polled, it also moves on what waits for nothing but its time."""
    is_poll = bool(request.htmx)  # type: ignore[attr-defined]  # set by django-htmx's middleware
    if is_poll and not request.user.is_authenticated:
        return HttpResponseClientRefresh()  # the sign-in page must not be drawn into this one
    return _run(request, run_id, is_poll=is_poll)


@login_required
def _run(request: HttpRequest, run_id: UUID, *, is_poll: bool) -> HttpResponse:
    actor = actor_of(request)
    run = follow_run(actor, run_id)
    if run.trigger == Trigger.CARD:
        details = run_details(actor, run)
        context, mark, template = _context(actor, details), _mark(details), "flows/run"
    else:
        context = flow_run_context(actor, run)
        mark, template = mark_of(context["details"]), "flows/flow_run"
    if is_poll and request.GET.get("seen") == mark:
        return HttpResponse(status=204)
    whole = f"{template}{'_body' if is_poll else ''}.html"
    return render(request, whole, context | {"mark": mark, "is_poll": is_poll})


@login_required
@require_POST
def resume_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """*It was sent* or *Send again*. Who decides too late sees how it was decided."""
    with suppress(NothingToDecide):
        decide_outcome(actor_of(request), run_id, request.POST.get("decision", ""))
    return redirect("run", run_id)


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What passed through the run, for its owner's eyes."""

    inputs: tuple[Shown, ...]
    outputs: tuple[Shown, ...] | None


def _passed(actor: Actor, details: RunDetails) -> Passed | None:
    if actor.user_id != details.run.owner_id or details.run.data_removed_at:
        return None
    options = open_values(details.step, OPTIONS)
    outputs = None if details.outputs is None else shown_outputs(details.card, options, details.outputs)
    return Passed(
        inputs=shown_inputs(details.card, options, open_values(details.step, INPUTS)),
        outputs=outputs,
    )


def _context(actor: Actor, details: RunDetails) -> dict[str, Any]:
    run, step = details.run, details.step
    is_owner = actor.user_id == run.owner_id
    return {
        "details": details,
        "run": run,
        "step": step,
        "card": details.card,
        "look": look_of(details.card),
        "status": "outcome_unknown" if run.state == RunState.WAITING and not details.checked_at else run.state,
        "status_words": step_status(step).words,
        "started_by": starter(run),
        "lasted": lasted_words(run.ended_at - run.started_at) if run.ended_at and run.started_at else "",
        "is_under_way": run.state not in ENDED and not (run.state == RunState.WAITING and not details.checked_at),
        "is_owner": is_owner,
        "may_run_again": is_owner
        and run.state in ENDED
        and run.data_removed_at is None
        and policy.may(actor, "card.run"),
        "sees_connection": Connection.objects.visible_to(actor).filter(step_runs=step).exists(),
        "passed": _passed(actor, details),
    }


def _mark(details: RunDetails) -> str:
    """Changes whenever the page would look different."""
    step = details.step
    return f"{step.state}-{step.phase}-{step.attempt}-{step.dispatches}"
