"""The Connections list: search, filters, sort and page, all of it in the address."""

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url, replace_url
from django_htmx.middleware import HtmxDetails

from access import policy
from access.actor import Actor, actor_of
from connections.attention import attention
from connections.models import Status
from connections.queries import (
    MOST_COUNTED,
    PERSONAL,
    STATUS_ORDER,
    ConnectionFilters,
    FilterChoices,
    Page,
    card_titles,
    filter_choices,
    list_connections,
)
from connections.rights import rights_by_id

PAGE_SIZE = 50
DEFAULT_SORT = "status"
AT_ONCE = ("check", "pause", "delete")
"""The rights that can be used on several at once."""
UNUSED_DAYS = (7, 30, 90, 180)
LONGEST_UNUSED = 3650
# Key, head, the way a first click sorts, class of the column (what a narrow table gives up).
COLUMNS = (
    ("nickname", "Nickname and account", "nickname", ""),
    ("status", "Status", "status", ""),
    ("cards", "Cards served", "cards", ""),
    ("last_used", "Last used", "-last_used", "drop-low"),
    ("owner", "Owner", "owner", "drop-mid"),
)


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


class ListForm(forms.Form):
    """The query of the address. What it can't use counts as not given."""

    search = forms.CharField(required=False, max_length=320)
    status = forms.CharField(required=False)
    ending = forms.BooleanField(required=False)
    sort = forms.ChoiceField(required=False, choices=[(way + key, key) for key, *_rest in COLUMNS for way in ("", "-")])
    page = forms.IntegerField(required=False, min_value=1)

    def __init__(self, data: QueryDict, choices: FilterChoices) -> None:
        super().__init__(data)
        personal = [(PERSONAL, "Personal accounts")] if choices.has_personal else []
        days = sorted({*UNUSED_DAYS, *_days(data.get("unused_days", ""))})
        self._offer("account", "Any account", [*((each, each) for each in choices.domains), *personal])
        self._offer("owner", "Any owner", [(each.email, str(each)) for each in choices.owners])
        cards = [(key, f"Can’t serve {title}") for key, title in card_titles().items()]
        self._offer("missing_card", "Can’t serve: any", cards)
        self._offer("unused_days", "Used at any time", [(str(each), f"Unused for {each} days") for each in days])

    def _offer(self, name: str, every: str, options: list[tuple[str, str]]) -> None:
        widget = forms.Select(attrs={"class": "select"})
        self.fields[name] = forms.ChoiceField(required=False, choices=[("", every), *options], widget=widget)

    def clean_status(self) -> str:
        known = [each for each in self.cleaned_data["status"].split(",") if each in Status.values]
        return ",".join(dict.fromkeys(known))

    @property
    def filters(self) -> ConnectionFilters:
        given = self.cleaned_data
        return ConnectionFilters(
            search=given.get("search", ""),
            status=given.get("status", ""),
            owner=given.get("owner", ""),
            account=given.get("account", ""),
            missing_card=given.get("missing_card", ""),
            unused_days=int(given.get("unused_days") or 0),
            ending=given.get("ending", False),
        )

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
                query[name] = str(1 if value is True else value)
        return query


def _days(raw: str) -> list[int]:
    """A number of days that the address asks for and the list doesn't offer."""
    return [int(raw)] if raw.isascii() and raw.isdigit() and 0 < int(raw) <= LONGEST_UNUSED else []


def _link(query: QueryDict, changes: Mapping[str, str | None]) -> str:
    """The list's address with that query changed, from the first page on."""
    changed = query.copy()
    for name, value in changes.items():
        changed.pop(name, None)
        if value:
            changed[name] = value
    return f"{reverse('connections')}?{changed.urlencode()}" if changed else reverse("connections")


@dataclass(frozen=True, kw_only=True)
class Tab:
    label: str
    url: str
    is_current: bool
    count: str
    tone: str = ""


@dataclass(frozen=True, kw_only=True)
class Column:
    key: str
    label: str
    url: str
    aria_sort: str
    css: str


def count_text(count: int) -> str:
    return f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else f"{count:,}"


_TONES = {Status.LIMITED: "warn", Status.PAUSED: "", Status.ACTIVE: ""}


def _tabs(page: Page, form: ListForm) -> list[Tab]:
    current, query = form.filters.status, form.query
    every = Tab(
        label="All",
        url=_link(query, {"status": None}),
        is_current=not current,
        count=count_text(page.by_status.total()),
    )
    return [
        every,
        *(
            Tab(
                label=str(each.label),
                url=_link(query, {"status": each.value}),
                is_current=current == each.value,
                count=count_text(page.by_status[each]),
                tone=_TONES.get(each, "bad") if page.by_status[each] else "",
            )
            for each in STATUS_ORDER
        ),
    ]


def _columns(form: ListForm) -> list[Column]:
    columns = []
    for key, label, first, css in COLUMNS:
        is_current = form.order.removeprefix("-") == key
        other = key if form.order.startswith("-") else f"-{key}"
        sort = other if is_current else first
        url = _link(form.query, {"sort": None if sort == DEFAULT_SORT else sort})
        direction = "descending" if form.order.startswith("-") else "ascending"
        columns.append(Column(key=key, label=label, url=url, aria_sort=direction if is_current else "", css=css))
    return columns


def _pills(form: ListForm) -> list[tuple[str, str]]:
    """Filters that no control shows: their words, and the address without them."""
    pills = []
    names = [str(Status(each).label) for each in form.filters.status.split(",") if each]
    if len(names) > 1:
        pills.append((" or ".join(names), _link(form.query, {"status": None})))
    if form.filters.ending:
        pills.append(("Grant ends within 7 days", _link(form.query, {"ending": None})))
    return pills


def _total(page: Page) -> str:
    return f"more than {MOST_COUNTED:,}" if page.total > MOST_COUNTED else f"{page.total:,}"


def _announcement(page: Page) -> str:
    """What a screen reader says after a search."""
    if not page.rows:
        return "No connection matches"
    return f"{_total(page)} connection{'' if page.total == 1 else 's'}"


@login_required
@require_safe
@vary_on_headers("HX-Request")
def connection_list(request: HtmxRequest) -> HttpResponse:
    """The page, or for htmx only what a filter changes on it."""
    actor = actor_of(request)
    policy.require(actor, "connection.view")
    form = ListForm(request.GET, filter_choices(actor))
    form.is_valid()
    page = _page(actor, form)
    context = {
        "form": form,
        "page": page,
        "tabs": _tabs(page, form),
        "columns": _columns(form),
        "pills": _pills(form),
        "query": form.query,
        "kept": {name: form.query[name] for name in ("status", "ending", "sort") if name in form.query},
        "summary": f"{page.first:,}–{page.last:,} of {_total(page)}",
        "announcement": _announcement(page),
        "is_empty": not page.by_status.total() and form.filters == ConnectionFilters(),
        "may_create": policy.may(actor, "connection.create"),
        "may_export": policy.may(actor, "connection.export"),
        **_what_one_may(actor, page),
    }
    if not request.htmx:
        return render(request, "connections/list.html", {**context, "attention": attention(actor)})
    response = render(request, "connections/list_results.html", context)
    # One entry in the browser's history for a search, not one for each letter.
    note = replace_url if request.htmx.trigger_name == "search" else push_url
    return note(response, _link(form.query, {}))


def _what_one_may(actor: Actor, page: Page) -> dict[str, object]:
    """Each row with what the actor may do with it, and what can be done to several at once."""
    rights = rights_by_id(actor, [row.connection for row in page.rows])
    some = {f"may_{name}_some": any(getattr(each, name) for each in rights.values()) for name in AT_ONCE}
    rows = [(row, rights[row.connection.pk]) for row in page.rows]
    return {"rows": rows, "may_select": any(some.values()), **some}


def _page(actor: Actor, form: ListForm) -> Page:
    """The page asked for, or the last one when there aren't so many any more."""
    number = form.cleaned_data.get("page") or 1
    page = list_connections(actor, form.filters, sort=form.order, page=number, limit=PAGE_SIZE)
    if page.rows or not page.total or number == 1:
        return page
    last = -(-page.total // PAGE_SIZE)
    return list_connections(actor, form.filters, sort=form.order, page=last, limit=PAGE_SIZE)
