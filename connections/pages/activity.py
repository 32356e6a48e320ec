"""A connection's Activity: what people and the console did to it, and what ran with it."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.actor import actor_of
from connections.details import activity_of
from connections.page_head import page_head
from connections.queries import visible_connection

PAGE_SIZE = 25


@login_required
@require_safe
def activity(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """A page of it, newest first; what waits for a decision stands above, on every page."""
    actor = actor_of(request)
    connection = visible_connection(actor, connection_id)
    items = activity_of(actor, connection)
    page = Paginator(items, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "head": page_head(actor, connection, current="connection_activity"),
        "page": page,
        "summary": f"{page.start_index()}–{page.end_index()} of {len(items)}",
        "undecided": [item for item in items if item.decisions],
    }
    return render(request, "connections/connection_activity.html", context)
