"""Test this card: choose a connection, fill in options and inputs, run it once."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from access import policy
from access.actor import Actor, actor_of
from connections.extensions import get_connector
from connections.models import Connection
from connections.operations.use_connection import use_connection
from connections.readiness import card_readiness, require_ready, state_of
from flows.cards import AnyCard
from flows.catalog import card_set_of, get_card
from flows.derive.field_types import field_types, output_classes
from flows.derive.form_fields import ChosenFile, FormField, every_field, form_fields, form_values
from flows.derive.placed_fields import typed_values
from flows.engine.sealed_values import INPUTS, OPTIONS, open_values
from flows.models import Run, RunState
from flows.operations.run_card import run_card
from flows.pages.card_looks import look_of
from flows.pages.listed_options import ListedOption, list_words, listed, unlisted
from flows.queries import visible_run
from kernel.errors import ConsoleError, InputRejected, NotFound, from_stored
from kernel.ids import new_id

Sent = Mapping[str, Sequence[str]]
CHOOSE_AGAIN = "Choose the file again: a page can't keep it."
ENTER_AGAIN = "Enter it again: it is never shown back."


@dataclass(frozen=True, kw_only=True)
class Entries:
    """What the page shows in its form. ``once`` makes a second press of *Run* the same run.

    ``lost`` names the fields with a file, which a page can't keep, or a secret, which it doesn't show back.
    ``is_listed`` says that the person waits for what Google lists.
    """

    connection: Connection | None
    values: Sent | None = None
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    lost: Collection[str] = ()
    is_listed: bool = False
    once: str = field(default_factory=lambda: new_id().hex)


@login_required
@require_http_methods(["GET", "POST"])
def test_card(request: HttpRequest, card_key: str) -> HttpResponse:
    """Show the form; take another connection into it; or run the card and go on to the run's page."""
    actor = actor_of(request)
    card = get_card(card_key)
    policy.require(actor, "card.run")
    if request.method == "POST":
        return _posted(request, actor, card)
    return _page(request, actor, card, _asked_for(request, actor, card))


@login_required
@require_safe
def card_choices(request: HttpRequest, card_key: str) -> HttpResponse:
    """The options that Google has choices for, or those that follow from the one named ``after``."""
    actor = actor_of(request)
    card = get_card(card_key)
    policy.require(actor, "card.run")
    connection = _connection(actor, request.GET.get("connection", ""))
    sent = dict(request.GET.lists())
    fields = _listed_fields(form_fields(card, sent))
    after = request.GET.get("after", "")
    options = listed(actor, card, connection, fields, sent, after=after) if connection else unlisted(fields, None)
    context = {"card": card, "connection": connection, "listed": options, "asks": True, "is_fragment": True}
    return render(request, "flows/listed_options.html", context)


def _asked_for(request: HttpRequest, actor: Actor, card: AnyCard) -> Entries:
    """The form as the address asks for it: with a connection, or with all that another run was given."""
    again = request.GET.get("again")
    if again:
        return _entries_of(actor, card, again)
    return Entries(connection=_connection(actor, request.GET.get("connection", "")))


def _connection(actor: Actor, connection_id: str) -> Connection | None:
    """The one that was chosen, None when none was. :raises NotFound: there is none that the actor may use."""
    return use_connection(actor, _uuid(connection_id, "connection")) if connection_id else None


def _uuid(text: str, kind: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(kind=kind) from None


def _entries_of(actor: Actor, card: AnyCard, run_id: str) -> Entries:
    """What the actor's own earlier run of the card was given. :raises NotFound: there is no such run of theirs."""
    run = visible_run(actor, _uuid(run_id, "run"))
    step = run.steps.filter(card_key=card.key).first()
    if step is None or run.owner_id != actor.user_id:
        raise NotFound(kind="run")
    usable = Connection.objects.usable_by(actor).filter(step_runs=step).first()
    if run.data_removed_at:
        return Entries(connection=usable, values={}, lost=[each.name for each in _file_fields(card)])
    values = dict(typed_values(card.options, open_values(step, OPTIONS)))
    values |= typed_values(card.inputs, open_values(step, INPUTS))
    lost = [each.name for each in _file_fields(card)] + _secrets(card, values)
    return Entries(connection=usable, values=values, lost=lost)


def _file_fields(card: AnyCard) -> Iterator[FormField]:
    return (each for each in every_field(form_fields(card)) if each.kind == "file")


def _secrets(card: AnyCard, values: Sent) -> list[str]:
    """The secret fields that had a value."""
    return [each.name for each in every_field(form_fields(card)) if each.is_secret and any(values.get(each.name, ()))]


def _posted(request: HttpRequest, actor: Actor, card: AnyCard) -> HttpResponse:
    sent = dict(request.POST.lists())
    files = _files(request, card)
    is_choosing = "choose" in request.POST
    connection = _connection(actor, request.POST.get("another" if is_choosing else "connection", ""))
    entries = Entries(
        connection=connection,
        values=sent,
        lost=[*files, *_secrets(card, sent)],
        is_listed="list" in request.POST,
        once=request.POST.get("once") or new_id().hex,
    )
    if is_choosing or entries.is_listed:
        return _page(request, actor, card, entries)
    if connection is None:
        return _page(request, actor, card, replace(entries, errors={"connection": ["Choose a connection."]}))
    options, inputs = form_values(card, sent, files)
    try:
        run = run_card(
            actor,
            card_key=card.key,
            connection_id=connection.pk,
            options=options,
            inputs=inputs,
            idempotency_key=_idempotency_key(entries.once, card, connection, options, inputs),
        )
    except InputRejected as rejected:
        return _page(request, actor, card, replace(entries, errors=rejected.fields))
    rejected_by_card = _rejected(run)
    if rejected_by_card:
        return _page(request, actor, card, replace(entries, errors=rejected_by_card.fields, once=new_id().hex))
    return redirect("run", run.pk)


def _files(request: HttpRequest, card: AnyCard) -> dict[str, ChosenFile]:
    """What was chosen in the card's file fields. A field that was left alone comes without a name."""
    chosen = {each.name: request.FILES.get(each.name) for each in _file_fields(card)}
    return {
        name: ChosenFile(name=str(file.name), content=file.read())
        for name, file in chosen.items()
        if file is not None and file.name
    }


def _idempotency_key(
    once: str, card: AnyCard, connection: Connection, options: Mapping[str, Any], inputs: Mapping[str, Any]
) -> str:
    """The same for the same form with the same entries; who goes back and changes something gets another run."""
    what = json.dumps([once, card.key, str(connection.pk), options, inputs], sort_keys=True)
    return f"page-{hashlib.sha256(what.encode()).hexdigest()}"


def _rejected(run: Run) -> InputRejected | None:
    """What the card itself found wrong with its inputs, before anything was done."""
    error = from_stored(run.cause) if run.state == RunState.FAILED and run.cause else None
    return error if isinstance(error, InputRejected) else None


def _errors(card: AnyCard, entries: Entries) -> dict[str, Sequence[str]]:
    """What is wrong by field, and last what has to be given again, unless something is wrong with it."""
    files = {each.name for each in _file_fields(card)}
    again = {
        name: (CHOOSE_AGAIN if name in files else ENTER_AGAIN,) for name in entries.lost if name not in entries.errors
    }
    return {**entries.errors, **again} if entries.errors else {}


def _listed_fields(fields: Sequence[FormField]) -> list[FormField]:
    return [each for each in fields if each.kind == "listed"]


def _stopped_by(connection: Connection, card: AnyCard) -> ConsoleError | None:
    """What stops every run of the card with the connection, whatever is entered."""
    try:
        require_ready(state_of(connection), card)
    except ConsoleError as error:
        return error
    return None


def _listed(actor: Actor, card: AnyCard, entries: Entries, fields: list[FormField]) -> tuple[ListedOption, ...]:
    """Asked of Google where the person waits for it, or where an error stands beside one of them."""
    is_awaited = entries.is_listed or any(each.errors for each in fields)
    if entries.connection and is_awaited:
        return listed(actor, card, entries.connection, fields, entries.values or {})
    return unlisted(fields, entries.connection)


def _page(request: HttpRequest, actor: Actor, card: AnyCard, entries: Entries) -> HttpResponse:
    connector = get_connector(card_set_of(card).connector)
    usable = Connection.objects.usable_by(actor).filter(connector=connector.key).order_by("nickname_key")
    readiness = card_readiness(state_of(entries.connection), card) if entries.connection else None
    stopped_by = _stopped_by(entries.connection, card) if entries.connection else None
    is_usable = entries.connection is not None and stopped_by is None
    errors = _errors(card, entries)
    fields = form_fields(card, entries.values, errors)
    listed_options = _listed(actor, card, entries, _listed_fields(fields))
    context = {
        "card": card,
        "connector": connector,
        "look": look_of(card),
        "entries": entries,
        "connection": entries.connection,
        "readiness": readiness,
        "stopped_by": stopped_by,
        "usable": usable,
        "may_create": policy.may(actor, "connection.create"),
        "options": [each for each in fields if each.part == "options" and each.kind != "listed"],
        "listed": listed_options,
        "asks": is_usable,
        "loads": is_usable and all(each.listed is None for each in listed_options),
        "list_words": list_words(listed_options),
        "inputs": [each for each in fields if each.part == "inputs"],
        "outputs": dict.fromkeys(
            declared.spec.label for _value, cls in output_classes(card) for declared in field_types(cls)
        ),
        "has_conditions": any(each.when for each in every_field(fields)),
        "has_files": any(each.kind == "file" for each in every_field(fields)),
        "give_again": "" if errors else entries.lost,
        "problems": [(name, text) for name, texts in errors.items() for text in texts],
        "field_names": {each.name for each in every_field(fields)},
    }
    return render(request, "flows/test_card.html", context, status=InputRejected.status if entries.errors else 200)
