"""Settings, Workers: who does the housekeeping, and when they were last heard from."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access import policy
from access.actor import actor_of
from workflows_console.worker.heartbeat import heartbeats


@login_required
@require_safe
def workers(request: HttpRequest) -> HttpResponse:
    policy.require(actor_of(request), "policy.manage")
    context = {"rows": heartbeats(), "silent_seconds": int(settings.WORKER_SILENT_SECONDS)}
    return render(request, "settings/workers.html", context)
