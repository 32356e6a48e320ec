"""What the builder changes: cards added, filled in, moved, copied and removed, their connections, undone changes."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from access import policy
from access.actor import Actor, actor_of
from connections.models import Connection
from connections.operations.use_connection import use_connection
from flows.cards import Card, Event
from flows.catalog import connector_of, declared_of, title_of
from flows.definition import TRIGGER, Definition, PlacedCard, read_definition
from flows.derive.placed_fields import placed_values
from flows.draft import add_card, copy_card, move_card, placed, remove_card, replace_card, with_trigger
from flows.flow_queries import visible_flow
from flows.models import Flow
from flows.operations.edit_flow import edit_flow
from flows.operations.undo_edit import undo_edit
from flows.pages.builder import View, builder_context, render_builder
from flows.pages.builder_panel import flows_connection
from flows.pages.builder_triggers import REMOVE, Sent, new_trigger, with_sent_trigger
from kernel.errors import EditStale, InputRejected, NotFound

Page = Callable[..., HttpResponse]


def editable_flow(actor: Actor, flow_id: UUID) -> Flow:
    """:raises NotFound: no such flow. :raises NotPermitted: the actor may not edit it."""
    flow = visible_flow(actor, flow_id)
    policy.require(actor, "flow.edit", flow, kind="flow")
    return flow


def edit_number(request: HttpRequest) -> int:
    """Of the draft that the page was drawn from."""
    text = request.POST.get("edit", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004


def back_to(flow_id: UUID, **query: str) -> HttpResponse:
    """The builder, with what was changed in sight."""
    given = QueryDict(mutable=True)
    given.update({name: value for name, value in query.items() if value})
    return redirect(f"{reverse('flow', args=[flow_id])}{'?' if given else ''}{given.urlencode()}")


def or_stale(page: Page) -> Page:
    """Go back to the builder, which says so, where somebody changed the flow meanwhile or it can't be like that."""

    @wraps(page)
    def wrapped(request: HttpRequest, flow_id: UUID, **ids: Any) -> HttpResponse:
        try:
            return page(request, flow_id, **ids)
        except EditStale as stale:
            messages.warning(request, f"{stale.title}, so nothing was done. This is how the flow is now.")
        except InputRejected as rejected:
            said = " ".join(text for texts in rejected.fields.values() for text in texts)
            messages.warning(request, f"Nothing was done. {said}")
        return back_to(flow_id)

    return wrapped


@login_required
@require_POST
@or_stale
def add_to_flow(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """A card at a place, or another trigger. It gets the connection that the flow uses, and opens."""
    actor = actor_of(request)
    flow = editable_flow(actor, flow_id)
    definition = read_definition(flow.draft)
    key = request.POST.get("key", "")
    declared = declared_of(key)
    connector = connector_of(key)
    connection = flows_connection(actor, flow, definition, connector) if connector else None
    chosen = connection.pk if connection else None
    trigger = new_trigger(key, definition.trigger)
    if trigger:
        changed = with_trigger(definition, replace(trigger, connection=chosen))
        edit_flow(actor, flow_id, edit=edit_number(request), definition=changed, what=f"Starts with {title_of(key)}")
        return back_to(flow_id, card=TRIGGER, new="1")
    if declared is None:
        raise InputRejected(fields={"key": ["There is no such card."]})
    card = placed(definition, key, connection=chosen)
    changed = _at_place(definition, card, request.POST.get("place", ""))
    edit_flow(actor, flow_id, edit=edit_number(request), definition=changed, what=f"{title_of(key)} added")
    return back_to(flow_id, card=card.id, new="1")


def _at_place(definition: Definition, card: PlacedCard, place: str) -> Definition:
    """:raises NotFound: there is no such place any more."""
    card_id, _dot, block = place.partition(".")
    if card_id in {"", TRIGGER}:
        return add_card(definition, card)
    before = definition.find(card_id)
    if before is None or (block and block not in before.blocks):
        raise NotFound(kind="card")
    if block:
        return add_card(definition, card, block=(card_id, block))
    return add_card(definition, card, after=card_id)


@login_required
@require_http_methods(["GET", "POST"])
def flow_card(request: HttpRequest, flow_id: UUID, card_id: str) -> HttpResponse:
    """Keep the open card as its form was sent. Its address alone leads to it: people come back here from Google."""
    actor = actor_of(request)
    flow = editable_flow(actor, flow_id)
    if request.method != "POST":
        return back_to(flow_id, card=card_id)
    definition = read_definition(flow.draft)
    is_htmx = bool(request.htmx)  # type: ignore[attr-defined]  # set by django-htmx's middleware
    # htmx sends along the button that was pressed last; what that asks for comes with the form's own request.
    buttons = {"add", REMOVE} if is_htmx else set()
    sent = {name: values for name, values in request.POST.lists() if name not in buttons}
    changed, title = _with_sent(definition, card_id, sent)
    view = View(card=card_id, is_fresh="fresh" in sent)
    try:
        kept = edit_flow(actor, flow_id, edit=edit_number(request), definition=changed, what=f"{title} changed")
    except (EditStale, InputRejected) as problem:
        if is_htmx:
            page = render(request, "flows/builder/not_kept.html", {"flow": flow, "problem": problem})
            return trigger_client_event(page, "not-kept")
        return render_builder(request, actor, flow, view, definition=changed, problem=problem)
    if is_htmx:
        return render(request, "flows/builder/kept.html", builder_context(actor, kept, view))
    field = "added" if "add" in request.POST else ""
    return back_to(flow_id, card=card_id, field=field, list="1" if "list" in request.POST else "")


def _with_sent(definition: Definition, card_id: str, sent: Sent) -> tuple[Definition, str]:
    """The definition with what was sent, and the card's title. :raises NotFound: there is no such card any more."""
    if card_id == TRIGGER:
        return with_sent_trigger(definition, sent), "What starts the flow"
    card = definition.find(card_id)
    declared = declared_of(card.card) if card else None
    if card is None or declared is None or isinstance(declared, Event):
        raise NotFound(kind="card")
    options, inputs = placed_values(declared, sent, card.options, card.inputs)
    note = "\n".join(sent.get("card-note", ())).replace("\r\n", "\n").strip()
    return replace_card(definition, replace(card, options=options, inputs=inputs, note=note)), declared.title


@login_required
@require_POST
@or_stale
def change_card(request: HttpRequest, flow_id: UUID, card_id: str) -> HttpResponse:
    """Move, copy or remove a card."""
    actor = actor_of(request)
    definition = read_definition(editable_flow(actor, flow_id).draft)
    card, change = definition.find(card_id), request.POST.get("change", "")
    if card is None:
        raise NotFound(kind="card")
    if change not in _CHANGES:
        raise InputRejected(fields={"change": [f"Choose one of: {', '.join(_CHANGES)}."]})
    make, word = _CHANGES[change]
    what = f"{title_of(card.card)} {word}"
    edit_flow(actor, flow_id, edit=edit_number(request), definition=make(definition, card_id), what=what)
    if change == "remove":
        messages.info(request, f"{what}. Undo brings it back.")
    return back_to(flow_id, at="" if change == "remove" else card_id)


_CHANGES: dict[str, tuple[Callable[[Definition, str], Definition], str]] = {
    "up": (lambda definition, card_id: move_card(definition, card_id, up=True), "moved up"),
    "down": (lambda definition, card_id: move_card(definition, card_id, up=False), "moved down"),
    "copy": (copy_card, "duplicated"),
    "remove": (remove_card, "removed"),
}


@login_required
@require_POST
@or_stale
def choose_connection(request: HttpRequest, flow_id: UUID, card_id: str) -> HttpResponse:
    """Another connection for a card, or for the event that starts the flow."""
    actor = actor_of(request)
    definition = read_definition(editable_flow(actor, flow_id).draft)
    chosen = request.POST.get("connection", "")
    if not chosen:
        raise InputRejected(fields={"connection": ["Choose a connection."]})
    connection = use_connection(actor, _uuid(chosen))
    changed, title = with_connection(definition, card_id, connection)
    what = f"{connection.nickname} chosen for {title}"
    edit_flow(actor, flow_id, edit=edit_number(request), definition=changed, what=what)
    return back_to(flow_id, card=card_id)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(kind="connection") from None


def with_connection(definition: Definition, card_id: str, connection: Connection) -> tuple[Definition, str]:
    """The definition with that connection at the card, and the card's title. :raises NotFound: no such card."""
    if card_id == TRIGGER:
        trigger = replace(definition.trigger, connection=connection.pk)
        return with_trigger(definition, trigger), title_of(trigger.card)
    card = definition.find(card_id)
    declared = declared_of(card.card) if card else None
    if card is None or not isinstance(declared, Card) or connector_of(card.card) != connection.connector:
        raise NotFound(kind="card")
    return replace_card(definition, replace(card, connection=connection.pk)), declared.title


@login_required
@require_POST
@or_stale
def undo(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Take back the last change."""
    _flow, what = undo_edit(actor_of(request), flow_id, edit=edit_number(request))
    messages.info(request, f"Undone: {what}.")
    return back_to(flow_id)
