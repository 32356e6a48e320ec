"""The Connections list as CSV: every row that the filters leave, not a page of them."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from access.actor import actor_of
from connections.operations.export_connections import HEADINGS, export_connections
from connections.pages.list import ListForm
from connections.queries import filter_choices
from kernel.clock import now
from kernel.csv_lines import csv_lines


@login_required
@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """In the order and with the filters of the address, as the list shows them."""
    actor = actor_of(request)
    form = ListForm(request.GET, filter_choices(actor))
    form.is_valid()
    rows = export_connections(actor, form.filters, sort=form.order)
    answer = StreamingHttpResponse(csv_lines(HEADINGS, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="connections-{now():%Y-%m-%d}.csv"'
    return answer
