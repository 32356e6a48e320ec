"""Save a flow as the version that runs, and turn it on or off."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from access.actor import actor_of
from flows.errors import FlowHasFindings, NotSaved
from flows.flow_queries import visible_flow
from flows.operations.save_flow import save_flow
from flows.operations.switch_flow import switch_flow
from flows.pages.builder import View, render_builder
from flows.pages.builder_changes import back_to, edit_number, or_stale


@login_required
@require_POST
@or_stale
def save(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """The draft becomes the next version; where the flow is on and couldn't run with it, the page says why."""
    actor = actor_of(request)
    try:
        version = save_flow(actor, flow_id, edit=edit_number(request), saves_data="saves_data" in request.POST)
    except FlowHasFindings as problem:
        return render_builder(request, actor, visible_flow(actor, flow_id), View(), problem=problem)
    messages.info(request, f"Saved as version {version.number}.")
    return back_to(flow_id, card=request.POST.get("card", ""))


@login_required
@require_POST
def switch(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """On or off; where it can't be turned on, the page says why."""
    actor = actor_of(request)
    try:
        switch_flow(actor, flow_id, on=request.POST.get("on") == "yes")
    except (FlowHasFindings, NotSaved) as problem:
        return render_builder(request, actor, visible_flow(actor, flow_id), View(), problem=problem)
    return back_to(flow_id)
