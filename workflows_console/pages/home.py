"""Home: what needs attention and what mends it, how the connections stand, and what ran last."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access import policy
from access.actor import actor_of
from connections.attention import WORKING, health
from connections.queries import BROKEN
from flows.history import newest_runs, waiting_runs
from flows.pages.run_words import lasted_words

MOST_TROUBLED = 5
MOST_RUNS = 10


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """For everybody who is signed in: each sees what their roles reach, and without a role, how to get one."""
    actor = actor_of(request)
    connections = health(actor, most=MOST_TROUBLED)
    waiting, waiting_total = waiting_runs(actor, most=MOST_TROUBLED)
    context = {
        "health": connections,
        "waiting": waiting,
        "waiting_total": waiting_total,
        "waiting_more": waiting_total - len(waiting),
        "is_calm": not (connections.broken_total or connections.ending_total or waiting_total),
        "broken_statuses": ",".join(BROKEN),
        "working_statuses": ",".join(WORKING),
        "recent": [(row, lasted_words(row.lasted)) for row in newest_runs(actor, most=MOST_RUNS)],
        "has_role": bool(actor.roles),
        "may_create": policy.may(actor, "connection.create"),
        "may_view_runs": policy.may(actor, "run.view"),
        "may_run": policy.may(actor, "card.run"),
    }
    return render(request, "home.html", context)
