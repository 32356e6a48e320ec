"""Execution History: every run that one may know of, searched and filtered, all of it in the address; live."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRefresh, push_url, replace_url

from access import policy
from access.actor import Actor, actor_of
from flows.catalog import all_declarations
from flows.functions.catalog import FUNCTIONS
from flows.history import MOST_COUNTED, RunFilters, RunPage, list_runs
from flows.models import Flow, RunState, Trigger
from flows.operations.export_runs import HEADINGS, export_runs
from flows.pages.run_words import lasted_words
from kernel.clock import now
from kernel.csv_lines import csv_lines

PAGE_SIZE = 50
DAYS = (1, 7, 30)


class HistoryForm(forms.Form):
    """The query of the address. What it can't use counts as not given."""

    search = forms.CharField(required=False, max_length=320)
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), *RunState.choices])
    page = forms.IntegerField(required=False, min_value=1)

    def __init__(self, data: QueryDict, actor: Actor) -> None:
        super().__init__(data)
        flows = [(str(pk), name) for pk, name in Flow.objects.visible_to(actor).values_list("pk", "name")]
        self._offer("flow", "Every flow and card", flows)
        self._offer("trigger", "Started in any way", Trigger.choices)
        self._offer("card", "Any card", [(each.key, each.title) for each in (*all_declarations(), *FUNCTIONS)])
        self._offer("days", "At any time", [(str(each), f"The last {_days(each)}") for each in DAYS])

    def _offer(self, name: str, every: str, options: Iterable[tuple[str, str]]) -> None:
        widget = forms.Select(attrs={"class": "select"})
        self.fields[name] = forms.ChoiceField(required=False, choices=[("", every), *options], widget=widget)

    @property
    def filters(self) -> RunFilters:
        given = self.cleaned_data
        return RunFilters(
            search=given.get("search", ""),
            state=given.get("state", ""),
            trigger=given.get("trigger", ""),
            flow=UUID(given["flow"]) if given.get("flow") else None,
            card=given.get("card", ""),
            days=int(given.get("days") or 0),
        )

    @property
    def query(self) -> QueryDict:
        """The address's query as short as it can be, without the page."""
        query = QueryDict(mutable=True)
        for name, value in self.cleaned_data.items():
            if value and name != "page":
                query[name] = str(value)
        return query


def _days(number: int) -> str:
    return "24 hours" if number == 1 else f"{number} days"


@login_required
@require_safe
@vary_on_headers("HX-Request")
def history(request: HttpRequest) -> HttpResponse:
    """The page; or for htmx what a filter changes on it, or what has happened since it was drawn."""
    actor = actor_of(request)
    policy.require(actor, "run.view")
    form = HistoryForm(request.GET, actor)
    form.is_valid()
    page = _page(actor, form)
    context = _context(actor, form, page)
    htmx = request.htmx  # type: ignore[attr-defined]  # set by django-htmx's middleware
    if not htmx:
        return render(request, "flows/history/list.html", context)
    response = render(request, "flows/history/results.html", context)
    if request.GET.get("seen"):  # the list follows by itself: the address stays
        return HttpResponse(status=204) if request.GET["seen"] == context["mark"] else response
    note = replace_url if htmx.trigger_name == "search" else push_url
    return note(response, _link(form.query, {}))


def _page(actor: Actor, form: HistoryForm) -> RunPage:
    """The page asked for, or the last one when there aren't so many any more."""
    number = form.cleaned_data.get("page") or 1
    page = list_runs(actor, form.filters, page=number, limit=PAGE_SIZE)
    if page.rows or not page.total or number == 1:
        return page
    return list_runs(actor, form.filters, page=-(-page.total // PAGE_SIZE), limit=PAGE_SIZE)


@require_safe
def follow_history(request: HttpRequest) -> HttpResponse:
    """What the list asks for again and again. The sign-in page must not be drawn into it."""
    if request.htmx and not request.user.is_authenticated:  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    return history(request)


def _context(actor: Actor, form: HistoryForm, page: RunPage) -> dict[str, Any]:
    total = f"more than {MOST_COUNTED:,}" if page.total > MOST_COUNTED else f"{page.total:,}"
    return {
        "form": form,
        "page": page,
        "rows": [(row, lasted_words(row.lasted)) for row in page.rows],
        "tabs": _tabs(form, page),
        "query": form.query,
        "summary": f"{page.first:,}–{page.last:,} of {total}",
        "announcement": f"{total} run{'' if page.total == 1 else 's'}" if page.rows else "No run matches",
        "is_empty": not page.by_state.total() and form.filters == RunFilters(),
        "mark": _mark(page),
        "may_build": policy.may(actor, "flow.edit"),
    }


def _mark(page: RunPage) -> str:
    """Changes whenever the list would look different, but for the time that passes."""
    shown = [(str(row.run.pk), row.status.words, row.at_card) for row in page.rows]
    return hashlib.sha256(repr((shown, sorted(page.by_state.items()))).encode()).hexdigest()[:16]


def _tabs(form: HistoryForm, page: RunPage) -> list[dict[str, Any]]:
    current, query = form.filters.state, form.query
    tones = {RunState.FAILED: "bad", RunState.WAITING: "warn"}
    every = [{"label": "All", "url": _link(query, {"state": None}), "is_current": not current}]
    counts = [sum(page.by_state.values()), *(page.by_state[state] for state in RunState)]
    every += [
        {"label": str(state.label), "url": _link(query, {"state": state.value}), "is_current": current == state.value}
        for state in RunState
    ]
    looks = ["", *(tones.get(state, "") for state in RunState)]
    return [
        {**tab, "count": f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else f"{count:,}", "tone": tone if count else ""}
        for tab, count, tone in zip(every, counts, looks, strict=True)
    ]


def _link(query: QueryDict, changes: Mapping[str, str | None]) -> str:
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value:
            changed[name] = value
    return f"{reverse('history')}?{changed.urlencode()}" if changed else reverse("history")


@login_required
@require_safe
def export_history(request: HttpRequest) -> StreamingHttpResponse:
    """Every run that the filters leave as CSV, the newest first. Nothing that passed through them is in it."""
    actor = actor_of(request)
    form = HistoryForm(request.GET, actor)
    form.is_valid()
    rows = export_runs(actor, form.filters)
    answer = StreamingHttpResponse(csv_lines(HEADINGS, rows), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="runs-{now():%Y-%m-%d}.csv"'
    return answer
