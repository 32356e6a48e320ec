"""Replace with…: choose another connection for whatever uses one."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from access.actor import actor_of
from connections.extensions import get_connector
from connections.impact import impact_of
from connections.models import Connection
from connections.operations.replace_uses import replace_uses
from connections.queries import visible_connection
from connections.readiness import coverage, state_of
from kernel.errors import InputRejected


@login_required
@require_http_methods(["GET", "POST"])
def replace(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Say what uses it and offer the others; then replace it, and say how far that went."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    chosen, problem = request.POST.get("instead", ""), ""
    if request.method == "POST":
        try:
            new, count = replace_uses(actor, connection_id, chosen)
        except InputRejected as rejected:
            problem = " ".join(rejected.fields["instead"])
        else:
            usage = reverse("connection_usage", args=[connection.pk])
            return redirect(f"{usage}?replaced={count}&with={new.pk}")
    connector = get_connector(connection.connector)
    others = Connection.objects.usable_by(actor).filter(connector=connection.connector).exclude(pk=connection.pk)
    context = {
        "connection": connection,
        "connector": connector,
        "impact": impact_of(actor, connection),
        "others": [(each, coverage(state_of(each), connector)) for each in others.order_by("nickname_key")],
        "chosen": chosen,
        "problem": problem,
    }
    return render(request, "connections/replace.html", context, status=InputRejected.status if problem else 200)
