"""The secret address of a flow that starts with a delivery, and the secret that signs deliveries."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from access.actor import actor_of
from flows.definition import TRIGGER
from flows.operations.make_hook import make_hook, make_signing_secret, remove_signing_secret
from flows.pages.builder import View, render_builder
from flows.pages.builder_changes import back_to, editable_flow


@login_required
@require_POST
@sensitive_variables("secret")
def flow_endpoint(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Make the address, or the signing secret, anew; or take deliveries that aren't signed."""
    actor = actor_of(request)
    flow = editable_flow(actor, flow_id)
    match request.POST.get("make", ""):
        case "signing":
            secret = make_signing_secret(actor, flow_id)
            return render_builder(request, actor, flow, View(card=TRIGGER), signing_secret=secret)
        case "unsigned":
            remove_signing_secret(actor, flow_id)
            messages.info(request, "Deliveries needn’t be signed any more.")
        case "address":
            make_hook(actor, flow_id)
            messages.info(request, "The address is made.")
    return back_to(flow_id, card=TRIGGER)
