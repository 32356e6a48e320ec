"""The flow builder: cards from top to bottom, one of them open, and beside them what can be added or put in."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from access import policy
from access.actor import Actor, actor_of
from connections.models import Connection
from flows.catalog import get_card
from flows.definition import TRIGGER, Definition, TriggerKind, read_definition
from flows.flow_queries import visible_flow, with_last_runs
from flows.models import Flow
from flows.operations.make_hook import hook_of
from flows.pages.builder_cards import Board, ShownCard, board_of
from flows.pages.builder_form import OpenCard, open_card, usable_connections
from flows.pages.builder_panel import add_panel
from flows.pages.builder_triggers import EVERY, KINDS, schedule_form, time_zones
from flows.pages.listed_options import listed
from flows.trigger_status import trigger_status
from kernel.errors import ConsoleError


@dataclass(frozen=True, kw_only=True)
class View:
    """What the address asks for: the open card, the field it begins at, the place where one is added.

    ``at`` is the card at which the page begins, closed. ``is_fresh``: the open card was just added. ``lists``: the
    person waits for what Google lists.
    """

    card: str = ""
    focus: str = ""
    add: str = ""
    tab: str = ""
    search: str = ""
    at: str = ""
    is_fresh: bool = False
    lists: bool = False


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where deliveries go to, empty before it was made. ``action`` is where it is made."""

    url: str = field(repr=False)
    is_signed: bool
    action: str


def view_of(request: HttpRequest) -> View:
    given = request.GET
    return View(
        card=given.get("card", ""),
        focus=given.get("field", ""),
        add=given.get("add", ""),
        tab=given.get("tab", ""),
        search=given.get("search", "")[:100],
        at=given.get("at", ""),
        is_fresh="new" in given,
        lists="list" in given,
    )


@login_required
@require_safe
def builder(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """The page of a flow. Who may not edit it sees every card closed."""
    actor = actor_of(request)
    return render_builder(request, actor, visible_flow(actor, flow_id), view_of(request))


def render_builder(
    request: HttpRequest,
    actor: Actor,
    flow: Flow,
    view: View,
    *,
    definition: Definition | None = None,
    problem: ConsoleError | None = None,
    signing_secret: str = "",
) -> HttpResponse:
    """The page, of another definition than the draft where one couldn't be kept.

    :param problem: what kept something from being done; the answer has its status.
    :param signing_secret: one that was just made, to be shown this once.
    """
    context = builder_context(actor, flow, view, definition=definition)
    return render(
        request,
        "flows/builder/page.html",
        {**context, "problem": problem, "signing_secret": signing_secret},
        status=problem.status if problem else 200,
    )


def builder_context(actor: Actor, flow: Flow, view: View, *, definition: Definition | None = None) -> dict[str, Any]:
    """All that the page, and the parts of it that change with a card, are drawn from."""
    may_edit = policy.may(actor, "flow.edit", flow)
    shown = definition or read_definition(flow.draft)
    board = board_of(actor, flow, shown, may_edit=may_edit)
    opened = open_card(board, view.card, is_fresh=view.is_fresh, focus=view.focus) if may_edit and view.card else None
    findings = board.every_finding
    return {
        "flow": flow,
        "view": view,
        "definition": shown,
        "trigger": board.trigger,
        "trigger_status": trigger_status(flow),
        "cards": board.cards,
        "closed": [each for each in board.every_card if each.id != view.card],
        "opened": opened,
        "panel": _panel(actor, flow, shown, view) if may_edit else None,
        "findings": findings,
        "stopping": sum(not each.is_readiness for each in findings),
        "may_edit": may_edit,
        "may_run": policy.may(actor, "flow.run", flow),
        "may_create": policy.may(actor, "connection.create"),
        "undo": flow.edits.values_list("what", flat=True).first() if may_edit else None,
        "last_run": with_last_runs([flow])[0].last_run,
        **_of_open(board, opened, lists=view.lists),
    }


def _panel(actor: Actor, flow: Flow, definition: Definition, view: View) -> Any:
    """An empty flow begins with it."""
    place = view.add or (TRIGGER if not definition.cards and not view.card else "")
    return add_panel(actor, flow, definition, place=place, tab=view.tab, search=view.search)


def _of_open(board: Board, opened: OpenCard | None, *, lists: bool) -> dict[str, Any]:
    """What the open card's form needs beside its fields."""
    if opened is None:
        return {}
    shown = next(each for each in board.every_card if each.id == opened.id)
    trigger = board.definition.trigger
    is_scheduled = opened.id == TRIGGER and trigger.kind is TriggerKind.SCHEDULE
    usable = usable_connections(board, shown.bar.connector.key) if shown.bar else []
    return {
        "open_shown": shown,
        "usable": usable,
        "card_url": reverse("flow_card", args=[board.flow.pk, opened.id]),
        "input_kinds": KINDS,
        "every": EVERY,
        "schedule": schedule_form(board.definition) if is_scheduled else None,
        "time_zones": time_zones() if opened.id == TRIGGER else [],
        "endpoint": _endpoint(board) if opened.id == TRIGGER and trigger.kind is TriggerKind.API else None,
        **_with_google(board.actor, opened, shown, usable, lists=lists),
    }


def _endpoint(board: Board) -> Endpoint:
    hook, is_signed = hook_of(board.actor, board.flow.pk)
    url = f"{settings.PUBLIC_URL}{reverse('api:deliver', kwargs={'secret': hook})}" if hook else ""
    return Endpoint(url=url, is_signed=is_signed, action=reverse("flow_endpoint", args=[board.flow.pk]))


def _with_google(
    actor: Actor, opened: OpenCard, shown: ShownCard, usable: list[Connection], *, lists: bool
) -> dict[str, Any]:
    """What asks Google with the actor's own right to the connection: the card's test, and the options that it lists.

    The lists are asked for by the page itself, or now where somebody waits for them.
    """
    connection = shown.bar.connection if shown.bar else None
    may_use = connection in usable and policy.may(actor, "card.run")
    asks = may_use and shown.bar is not None and shown.bar.is_ready
    options = opened.listed
    if connection and asks and lists and options:
        options = listed(actor, get_card(opened.key), connection, [each.field for each in options], {})
    return {
        "connection": connection,
        "listed": options,
        "asks": asks,
        "loads": asks and not lists,
        "can_be_tested": opened.can_be_tested and may_use,
    }
