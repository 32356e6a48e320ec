"""Run a flow: its trigger's form, or at once where that asks for nothing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from access import policy
from access.actor import Actor, actor_of
from flows.definition import BODY, Definition, InputKind, TriggerField, TriggerKind, read_definition
from flows.errors import FlowHasFindings
from flows.findings import definition_findings
from flows.flow_queries import visible_flow
from flows.models import Flow
from flows.operations.save_flow import save_flow
from flows.operations.start_flow_run import MESSAGE_ID, start_flow_run
from flows.pages.builder_changes import edit_number
from kernel.errors import ConsoleError, EditStale, FlowInvalid, InputRejected
from kernel.ids import new_id

_MESSAGE = TriggerField(name=MESSAGE_ID, label="Message ID")


@dataclass(frozen=True, kw_only=True)
class RunField:
    """One field that is asked for. ``kind`` is the control."""

    name: str
    label: str
    kind: str
    is_required: bool
    help: str = ""
    value: str = ""
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ask:
    """``saves``: the draft is what would run, saved first. ``once`` makes a second press of *Run* the same run."""

    saves: bool
    fields: tuple[RunField, ...]
    once: str = field(default_factory=lambda: new_id().hex)


@login_required
@require_http_methods(["GET", "POST"])
def flow_run(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Show the form, or run with what was entered and go on to the run's page."""
    actor = actor_of(request)
    flow = visible_flow(actor, flow_id)
    policy.require(actor, "flow.run", flow, kind="flow")
    saves = _saves(actor, flow)
    definition = _definition(flow, draft=saves)
    ask = Ask(saves=saves, fields=_fields(definition, {}, {}))
    asks = ask.fields or saves
    if request.method != "POST" or ("ask" in request.POST and asks):
        return _page(request, flow, ask)
    return _run(request, actor, flow, definition, saves=saves)


def _saves(actor: Actor, flow: Flow) -> bool:
    """Whether there is something to save first, by somebody who may."""
    return (flow.published is None or flow.unsaved_changes > 0) and policy.may(actor, "flow.edit", flow)


def _definition(flow: Flow, *, draft: bool) -> Definition:
    return read_definition(flow.draft if draft or flow.published is None else flow.published.definition)


def _run(request: HttpRequest, actor: Actor, flow: Flow, definition: Definition, *, saves: bool) -> HttpResponse:
    sent = dict(request.POST.lists())
    once = request.POST.get("once") or new_id().hex
    try:
        given = _given(definition, sent)
        if saves:
            _save(actor, flow, definition, edit_number(request))
        run = start_flow_run(actor, flow.pk, fields=given, idempotency_key=once)
    except InputRejected as rejected:
        fields = _fields(definition, sent, rejected.fields)
        return _page(request, flow, Ask(saves=saves, fields=fields, once=once), rejected)
    except (FlowInvalid, EditStale) as problem:
        ask = Ask(saves=saves, fields=_fields(definition, sent, {}), once=once)
        return _page(request, visible_flow(actor, flow.pk), ask, problem)
    return redirect("run", run.pk)


def _save(actor: Actor, flow: Flow, definition: Definition, edit: int) -> None:
    """*Save and run*: what can't run isn't saved for it. :raises FlowHasFindings: :raises EditStale:"""
    findings = definition_findings(definition)
    if findings:
        raise FlowHasFindings(flow=flow.name, findings=[str(each) for each in findings])
    save_flow(actor, flow.pk, edit=edit)


# ------------------------------------------------------------------ the form


def _asked(definition: Definition) -> tuple[TriggerField, ...]:
    trigger = definition.trigger
    if trigger.kind is TriggerKind.EVENT:
        return (_MESSAGE,)
    return trigger.fields if trigger.kind in {TriggerKind.NOW, TriggerKind.API} else ()


def _fields(
    definition: Definition, sent: Mapping[str, list[str]], errors: Mapping[str, list[str]]
) -> tuple[RunField, ...]:
    asked = [
        RunField(
            name=each.name,
            label=each.label,
            kind=each.kind.value,
            is_required=each.is_required,
            help=_HELP.get(each.kind, "") if each is not _MESSAGE else _ABOUT_MESSAGE,
            value="\n".join(sent.get(each.name, ())),
            errors=tuple(errors.get(each.name, ())),
        )
        for each in _asked(definition)
    ]
    if definition.trigger.kind is TriggerKind.API:
        value, wrong = "\n".join(sent.get(BODY, ())), tuple(errors.get(BODY, ()))
        about = "What a delivery would bring, as a JSON object."
        asked.append(
            RunField(name=BODY, label="Body", kind="json", is_required=False, help=about, value=value, errors=wrong)
        )
    return tuple(asked)


_HELP = {InputKind.LIST: "One a line.", InputKind.DATETIME: "Such as 2026-11-24T09:30:00Z. Without a zone it is UTC."}
_ABOUT_MESSAGE = "Of a message in the mailbox, such as 19e1acd465710c93. The flow runs as if it had just arrived."


def _given(definition: Definition, sent: Mapping[str, list[str]]) -> dict[str, Any]:
    """What was entered, by name. :raises InputRejected: the body is no JSON object."""
    given: dict[str, Any] = {}
    for each in _asked(definition):
        text = "\n".join(sent.get(each.name, ())).replace("\r\n", "\n")
        given[each.name] = text.splitlines() if each.kind is InputKind.LIST else text
    body = "\n".join(sent.get(BODY, ())).strip()
    if definition.trigger.kind is TriggerKind.API and body:
        given[BODY] = _object(body)
    return given


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InputRejected(fields={BODY: ['Enter a JSON object, such as {"name": "value"}.']})
    return found


def _page(request: HttpRequest, flow: Flow, ask: Ask, problem: ConsoleError | None = None) -> HttpResponse:
    problems = [(each.name, text) for each in ask.fields for text in each.errors]
    context = {
        "flow": flow,
        "ask": ask,
        "problems": problems,
        "problem": None if isinstance(problem, InputRejected) else problem,
        "may_edit": policy.may(actor_of(request), "flow.edit", flow),
    }
    return render(request, "flows/builder/run_form.html", context, status=problem.status if problem else 200)
