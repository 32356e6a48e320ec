"""Search over everything that a person may see: connections, flows, runs, people, pages."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from access import policy
from access.actor import Actor, actor_of
from access.people_queries import list_people
from connections.queries import MOST_COUNTED, ConnectionFilters, list_connections
from flows.catalog import all_cards
from flows.flow_queries import FlowFilters, list_flows
from flows.history import RunFilters, found_runs, rows_of
from workflows_console.navigation import Navigation
from workflows_console.templatetags.settings_pages import open_tabs


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing found. ``status``, of a connection or run, has its look under that name, said as ``words``."""

    title: str
    url: str
    about: str = ""
    status: str = ""
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    """What was found of one kind: the first hits, how many there are, and where all are listed, if anywhere."""

    title: str
    hits: tuple[Hit, ...]
    total: int
    all_url: str = ""

    @property
    def has_more(self) -> bool:
        return self.total > len(self.hits)

    @property
    def total_text(self) -> str:
        return f"more than {MOST_COUNTED:,}" if self.total > MOST_COUNTED else f"{self.total:,}"


def search_for(request: HttpRequest, text: str, *, most: int) -> tuple[Group, ...]:
    """What holds that text, ``most`` of each kind; nothing of a kind that the actor may not see."""
    actor = actor_of(request)
    named = (_pages(request, actor, text, most), _connections(actor, text, most), _flows(actor, text, most))
    groups = (*named, _runs(actor, text, most), _people(actor, text, most))
    return tuple(group for group in groups if group.hits)


def _connections(actor: Actor, text: str, most: int) -> Group:
    page = list_connections(actor, ConnectionFilters(search=text), sort="nickname", page=1, limit=most)
    hits = (
        Hit(
            title=row.connection.nickname,
            url=reverse("connection", args=[row.connection.pk]),
            about=row.connection.account_email,
            status=row.connection.status,
        )
        for row in page.rows
    )
    return Group(
        title="Connections",
        hits=tuple(hits),
        total=page.total,
        all_url=reverse("connections", query={"search": text}),
    )


def _flows(actor: Actor, text: str, most: int) -> Group:
    found = list_flows(actor, FlowFilters(search=text))
    hits = (
        Hit(
            title=flow.name,
            url=reverse("flow", args=[flow.pk]),
            about=f"by {flow.owner}",
            status="on" if flow.is_on else "off",
        )
        for flow in found[:most]
    )
    all_url = reverse("flows", query={"search": text})
    return Group(title="Flows", hits=tuple(hits), total=found.count(), all_url=all_url)


def _runs(actor: Actor, text: str, most: int) -> Group:
    found = found_runs(actor, RunFilters(search=text))
    hits = (
        Hit(
            title=row.title,
            url=reverse("run", args=[row.run.pk]),
            about=", ".join(filter(None, (row.nickname, f"{row.run.created_at:%-d %b %Y %H:%M}", f"by {row.starter}"))),
            status=row.status.key,
            words=row.status.words,
        )
        for row in rows_of(found[:most])
    )
    total = found.order_by()[: MOST_COUNTED + 1].count()
    return Group(title="Runs", hits=tuple(hits), total=total, all_url=reverse("history", query={"search": text}))


def _people(actor: Actor, text: str, most: int) -> Group:
    if not policy.may(actor, "people.manage"):
        return Group(title="People", hits=(), total=0)
    page, rows = list_people(actor, search=text, page="1")
    hits = (
        Hit(title=str(row.person), url=reverse("person", args=[row.person.pk]), about=row.person.email)
        for row in rows[:most]
    )
    all_url = reverse("people", query={"search": text})
    return Group(title="People", hits=tuple(hits), total=page.paginator.count, all_url=all_url)


def _pages(request: HttpRequest, actor: Actor, text: str, most: int) -> Group:
    found = [hit for hit in _every_page(request, actor) if text.casefold() in f"{hit.title} {hit.about}".casefold()]
    return Group(title="Pages", hits=tuple(found[:most]), total=len(found))


def _every_page(request: HttpRequest, actor: Actor) -> Iterator[Hit]:
    """The pages that the actor may open and that need nothing chosen first."""
    for entry in Navigation(request).entries:
        yield Hit(title=entry.title, url=entry.url)
    if policy.may(actor, "connection.create"):
        yield Hit(title="New Connection", url=reverse("choose_connector"), about="Connections")
    for tab in open_tabs(actor):
        yield Hit(title=tab.label, url=tab.url, about="Settings")
    yield Hit(title="Help", url=reverse("help"), about="Words, roles, errors and their remedies")
    if policy.may(actor, "card.run"):
        for card in all_cards():
            yield Hit(title=card.title, url=reverse("test_card", args=[card.key]), about="Test this card")
