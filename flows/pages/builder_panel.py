"""What stands beside the cards: the cards that can be added, and how ready each is with the flow's connection."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from access.actor import Actor
from connections.models import Connection
from connections.readiness import Outlook, State, card_readiness, state_of
from flows.cards import AnyCard, AnyEvent
from flows.catalog import TRIGGERS, all_cards, all_events
from flows.definition import TRIGGER, Definition, walk
from flows.functions.catalog import FUNCTIONS
from flows.models import Flow
from flows.pages.builder_cards import owner_of
from flows.pages.card_looks import look_of

EVENT, ACTION, FUNCTION = "event", "action", "function"
TABS = ((EVENT, "Add event"), (ACTION, "Add app action"), (FUNCTION, "Add function"))
_TRIGGER_LOOKS = {
    "trigger.now": ("run", "When somebody chooses Run"),
    "trigger.schedule": ("calendar", "At set times"),
    "trigger.api": ("code", "When another system calls"),
}


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One card that can be added. ``outlook`` is None where no connection is looked at."""

    key: str
    title: str
    icon: str
    about: str
    outlook: Outlook | None = None


@dataclass(frozen=True, kw_only=True)
class Tab:
    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class AddPanel:
    """``where`` says the place in words; ``connection`` is the one whose readiness is shown."""

    place: str
    where: str
    tab: str
    tabs: tuple[Tab, ...]
    search: str
    offers: tuple[Offer, ...]
    connection: Connection | None
    is_used: bool


def add_panel(
    actor: Actor, flow: Flow, definition: Definition, *, place: str, tab: str, search: str
) -> AddPanel | None:
    """The panel for adding a card at that place; None where there is no such place."""
    where = _words(definition, place)
    if not where:
        return None
    tab = tab if tab in {EVENT, ACTION, FUNCTION} else ACTION
    connection = flows_connection(actor, flow, definition, "")
    offers = _offers(tab, state_of(connection) if connection else None)
    used = {definition.trigger.connection, *(each.card.connection for each in walk(definition))}
    return AddPanel(
        place=place,
        where=where if tab != EVENT else "What starts this flow",
        tab=tab,
        tabs=tuple(_tab(flow, place, key, label, tab) for key, label in TABS),
        search=search,
        offers=tuple(each for each in offers if search.strip().casefold() in f"{each.title} {each.about}".casefold()),
        connection=connection,
        is_used=connection is not None and connection.pk in used,
    )


def _words(definition: Definition, place: str) -> str:
    """Where a card would be added."""
    if place in {"", TRIGGER}:
        return "Add first card" if place else ""
    card_id, _dot, block = place.partition(".")
    found = next((each for each in walk(definition) if each.card.id == card_id), None)
    if found is None or (block and block not in found.card.blocks):
        return ""
    return f"Add within card {found.number}" if block else f"Add after card {found.number}"


def _tab(flow: Flow, place: str, key: str, label: str, current: str) -> Tab:
    query = QueryDict(mutable=True)
    query.update({"add": place, "tab": key})
    return Tab(label=label, url=f"{reverse('flow', args=[flow.pk])}?{query.urlencode()}", is_current=key == current)


def _offers(tab: str, state: State | None) -> Iterator[Offer]:
    match tab:
        case "event":
            for key, title in TRIGGERS.items():
                icon, about = _TRIGGER_LOOKS[key]
                yield Offer(key=key, title=title, icon=icon, about=about)
            yield from (_of_connector(each, "clock", "Starts the flow", state) for each in all_events())
        case "function":
            for function in FUNCTIONS:
                yield Offer(key=function.key, title=function.title, icon="function", about=function.summary)
        case _:
            for card in all_cards():
                look = look_of(card)
                yield _of_connector(card, look.icon, look.words[:1].upper() + look.words[1:], state)


def _of_connector(declared: AnyCard | AnyEvent, icon: str, about: str, state: State | None) -> Offer:
    outlook = card_readiness(state, declared).outlook if state else None
    return Offer(key=declared.key, title=declared.title, icon=icon, about=about, outlook=outlook)


def flows_connection(actor: Actor, flow: Flow, definition: Definition, connector: str) -> Connection | None:
    """What a new card runs with: the connection that the flow uses first, else the one used last; None without any.

    :param connector: whose; any where it is empty.
    """
    owners = Connection.objects.usable_by(owner_of(flow, actor))
    usable = owners.filter(pk__in=Connection.objects.usable_by(actor).values("pk"))
    if connector:
        usable = usable.filter(connector=connector)
    by_id = {each.pk: each for each in usable}
    placed = [definition.trigger.connection, *(place.card.connection for place in walk(definition))]
    used = next((by_id[each] for each in placed if each in by_id), None)
    return used or max(by_id.values(), key=_how_lately, default=None)


def _how_lately(connection: Connection) -> tuple[Any, ...]:
    """An active one first, then the one used last, or made last."""
    used = connection.last_used_at
    return (connection.status == "active", used is not None, used or connection.created_at)
