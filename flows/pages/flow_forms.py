"""Make, rename and delete a flow, and bring one in from a file or take it out as one."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from access import policy
from access.actor import actor_of
from flows.flow_queries import visible_flow
from flows.models import ENDED, Flow
from flows.operations.create_flow import create_flow
from flows.operations.delete_flow import delete_flow
from flows.operations.duplicate_flow import duplicate_flow
from flows.operations.export_flow import export_flow
from flows.operations.import_flow import import_flow
from flows.operations.rename_flow import rename_flow
from kernel.errors import InputRejected

MOST_BYTES = 2 * 1024 * 1024
NO_FLOW = "This is no flow that was exported from a Workflows Console."
MOST_NAMED = 8


@login_required
@require_http_methods(["GET", "POST"])
def new_flow(request: HttpRequest) -> HttpResponse:
    """Ask for the name, then open the flow."""
    actor = actor_of(request)
    policy.require(actor, "flow.edit")
    context = {"url": reverse("new_flow"), "back": reverse("flows"), "is_new": True}
    if request.method != "POST":
        return render(request, "flows/list/texts.html", context)
    given = _texts(request)
    try:
        flow = create_flow(actor, name=given["name"], description=given["description"])
    except InputRejected as rejected:
        return _again(request, context | given, rejected)
    return redirect("flow", flow.pk)


@login_required
@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Ask for the new name and description, then go back to the flow."""
    actor = actor_of(request)
    flow = _editable(request, flow_id)
    context = {"url": reverse("rename_flow", args=[flow_id]), "back": reverse("flow", args=[flow_id]), "flow": flow}
    if request.method != "POST":
        return render(request, "flows/list/texts.html", context | {"name": flow.name, "description": flow.description})
    given = _texts(request)
    try:
        rename_flow(actor, flow_id, **given)
    except InputRejected as rejected:
        return _again(request, context | given, rejected)
    return redirect("flow", flow_id)


def _texts(request: HttpRequest) -> dict[str, str]:
    return {"name": request.POST.get("name", ""), "description": request.POST.get("description", "")}


def _again(request: HttpRequest, context: Mapping[str, Any], rejected: InputRejected) -> HttpResponse:
    return render(
        request, "flows/list/texts.html", {**context, "problems": dict(rejected.fields)}, status=rejected.status
    )


def _editable(request: HttpRequest, flow_id: UUID) -> Flow:
    actor = actor_of(request)
    flow = visible_flow(actor, flow_id)
    policy.require(actor, "flow.edit", flow, kind="flow")
    return flow


@login_required
@require_POST
def duplicate(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Open the copy."""
    copy = duplicate_flow(actor_of(request), flow_id)
    messages.info(request, f"This is {copy.name}. It is off, and not saved yet.")
    return redirect("flow", copy.pk)


@login_required
@require_safe
def export(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """The flow as a file."""
    document = export_flow(actor_of(request), flow_id)
    response = HttpResponse(json.dumps(document, indent=2, ensure_ascii=False), content_type="application/json")
    name = slugify(document["name"]) or "flow"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.flow.json"'
    return response


@login_required
@require_http_methods(["GET", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """Ask for the file, then open the flow made of it."""
    actor = actor_of(request)
    policy.require(actor, "flow.edit")
    if request.method != "POST":
        return render(request, "flows/list/import.html")
    try:
        flow = import_flow(actor, _document(request))
    except InputRejected as rejected:
        texts = [
            text if name == "file" else f"{name}: {text}" for name, each in rejected.fields.items() for text in each
        ]
        context = {"problems": texts[:MOST_NAMED], "more": len(texts[MOST_NAMED:])}
        return render(request, "flows/list/import.html", context, status=rejected.status)
    messages.info(request, f"{flow.name} is imported. It is off, and not saved yet.")
    return redirect("flow", flow.pk)


def _document(request: HttpRequest) -> Any:
    """What is in the file. :raises InputRejected: none was chosen, or it can't be read."""
    file = request.FILES.get("file")
    if file is None:
        raise InputRejected(fields={"file": ["Choose a file."]})
    if (file.size or 0) > MOST_BYTES:
        raise InputRejected(fields={"file": [NO_FLOW]})
    try:
        return json.loads(file.read().decode())
    except (ValueError, RecursionError):
        raise InputRejected(fields={"file": [NO_FLOW]}) from None


@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Say what goes with it and ask; then delete it."""
    flow = _editable(request, flow_id)
    if request.method != "POST":
        under_way = flow.runs.exclude(state__in=ENDED).count()
        return render(request, "flows/list/delete.html", {"flow": flow, "under_way": under_way})
    canceled = delete_flow(actor_of(request), flow_id)
    runs = f" {canceled} run{'' if canceled == 1 else 's'} canceled." if canceled else ""
    messages.info(request, f"{flow.name} is deleted.{runs}")
    return redirect("flows")
