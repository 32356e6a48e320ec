"""The Flows list: search, state, owner, sort and page, all of it in the address."""

from dataclasses import dataclass

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url, replace_url
from django_htmx.middleware import HtmxDetails

from access import policy
from access.actor import Actor, actor_of
from access.models import User
from flows.catalog import title_of
from flows.definition import TriggerKind, read_definition
from flows.flow_queries import FlowFilters, FlowRow, list_flows, with_last_runs
from flows.models import Flow

PAGE_SIZE = 50
DEFAULT_SORT = "name"
# Key, head, the way a first click sorts, class of the column (what a narrow table gives up).
COLUMNS = (
    ("name", "Name", "name", ""),
    ("", "State", "", ""),
    ("", "Starts with", "", "drop-mid"),
    ("", "Last run", "", ""),
    ("changed", "Changed", "-changed", "drop-low"),
    ("owner", "Owner", "owner", "drop-mid"),
)
STATES = (("", "On or off"), ("on", "On"), ("off", "Off"))


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


class ListForm(forms.Form):
    """The query of the address. What it can't use counts as not given."""

    search = forms.CharField(required=False, max_length=320)
    state = forms.ChoiceField(required=False, choices=STATES, widget=forms.Select(attrs={"class": "select"}))
    sort = forms.ChoiceField(
        required=False, choices=[(way + key, key) for key, *_rest in COLUMNS if key for way in ("", "-")]
    )
    page = forms.IntegerField(required=False, min_value=1)

    def __init__(self, data: QueryDict, owners: list[User]) -> None:
        super().__init__(data)
        choices = [("", "Any owner"), *((each.email, str(each)) for each in owners)]
        widget = forms.Select(attrs={"class": "select"})
        self.fields["owner"] = forms.ChoiceField(required=False, choices=choices, widget=widget)
        self.is_valid()

    @property
    def filters(self) -> FlowFilters:
        given = self.cleaned_data
        return FlowFilters(search=given.get("search", ""), state=given.get("state", ""), owner=given.get("owner", ""))

    @property
    def order(self) -> str:
        return self.cleaned_data.get("sort") or DEFAULT_SORT

    @property
    def query(self) -> QueryDict:
        """The address's query as short as it can be, without the page."""
        query = QueryDict(mutable=True)
        given = {**self.cleaned_data, "sort": "" if self.order == DEFAULT_SORT else self.order, "page": ""}
        for name, value in given.items():
            if value:
                query[name] = str(value)
        return query


@dataclass(frozen=True, kw_only=True)
class Column:
    """``url`` sorts by it, where it can be sorted by."""

    label: str
    url: str
    aria_sort: str
    css: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of the list. ``starts_with`` is the title of what starts the flow."""

    row: FlowRow
    starts_with: str
    may_edit: bool


@login_required
@require_safe
@vary_on_headers("HX-Request")
def flow_list(request: HtmxRequest) -> HttpResponse:
    """The page, or for htmx only what a filter changes on it."""
    actor = actor_of(request)
    policy.require(actor, "flow.view")
    form = ListForm(request.GET, _owners(actor))
    page = Paginator(list_flows(actor, form.filters, sort=form.order), PAGE_SIZE).get_page(
        form.cleaned_data.get("page") or 1
    )
    context = {
        "form": form,
        "page": {"number": page.number, "has_next": page.has_next()},
        "lines": [_line(actor, each) for each in with_last_runs(page.object_list)],
        "columns": _columns(form),
        "query": form.query,
        "kept": {"sort": form.query["sort"]} if "sort" in form.query else {},
        "summary": f"{page.start_index():,}–{page.end_index():,} of {page.paginator.count:,}",
        "announcement": _announcement(page),
        "is_empty": not page.paginator.count and form.filters == FlowFilters(),
        "may_build": policy.may(actor, "flow.edit"),
    }
    if not request.htmx:
        return render(request, "flows/list/page.html", context)
    response = render(request, "flows/list/results.html", context)
    # One entry in the browser's history for a search, not one for each letter.
    note = replace_url if request.htmx.trigger_name == "search" else push_url
    return note(response, _link(form.query))


def _owners(actor: Actor) -> list[User]:
    """Whoever owns a flow that the actor may know of."""
    flows = Flow.objects.visible_to(actor).order_by().values("owner_id")
    return list(User.objects.filter(pk__in=flows).order_by("name", "email"))


def _line(actor: Actor, row: FlowRow) -> Line:
    trigger = read_definition(row.flow.draft).trigger
    key = trigger.card if trigger.kind is TriggerKind.EVENT else f"trigger.{trigger.kind}"
    return Line(row=row, starts_with=title_of(key), may_edit=policy.may(actor, "flow.edit", row.flow))


def _link(query: QueryDict) -> str:
    return f"{reverse('flows')}?{query.urlencode()}" if query else reverse("flows")


def _columns(form: ListForm) -> list[Column]:
    return [Column(label=label, css=css, **_sorting(form, key, first)) for key, label, first, css in COLUMNS]


def _sorting(form: ListForm, key: str, first: str) -> dict[str, str]:
    if not key:
        return {"url": "", "aria_sort": ""}
    is_current, is_down = form.order.removeprefix("-") == key, form.order.startswith("-")
    sort = (key if is_down else f"-{key}") if is_current else first
    query = form.query.copy()
    query.pop("sort", None)
    if sort != DEFAULT_SORT:
        query["sort"] = sort
    return {"url": _link(query), "aria_sort": ("descending" if is_down else "ascending") if is_current else ""}


def _announcement(page: Page[Flow]) -> str:
    """What a screen reader says after a search."""
    count = page.paginator.count
    return f"{count:,} flow{'' if count == 1 else 's'}" if count else "No flow matches"
