"""Test this card: choose a connection, fill in options and inputs, run it once."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from access import policy
from access.actor import Actor, actor_of
from connections.extensions import get_connector
from connections.models import Connection
from connections.operations.use_connection import use_connection
from connections.readiness import card_readiness, state_of
from flows.cards import AnyCard
from flows.catalog import get_card
from flows.derive.field_types import field_types, output_classes
from flows.derive.form_fields import ChosenFile, FormField, every_field, form_fields, form_values
from flows.engine.sealed_values import INPUTS, OPTIONS, open_values
from flows.models import Run, RunState
from flows.operations.run_card import run_card
from flows.pages.card_looks import look_of
from flows.queries import visible_run
from kernel.errors import InputRejected, NotFound, from_stored
from kernel.ids import new_id

Sent = Mapping[str, Sequence[str]]
CHOOSE_AGAIN = "Choose the file again: a page can't keep it."


@dataclass(frozen=True, kw_only=True)
class Entries:
    """What the page shows in its form. ``once`` makes a second press of *Run* the same run.

    ``files`` names the fields that had a file, which a page can't keep.
    """

    connection: Connection | None
    values: Sent | None = None
    errors: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Collection[str] = ()
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
    given = {} if run.data_removed_at else open_values(step, OPTIONS) | open_values(step, INPUTS)
    usable = Connection.objects.usable_by(actor).filter(pk=step.connection_id).first()
    values = {name: _as_typed(value) for name, value in _flat(given)}
    return Entries(connection=usable, values=values, files=[each.name for each in _file_fields(card)])


def _flat(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Values by their names in the form: those of an object as ``file.file_name``."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def _file_fields(card: AnyCard) -> Iterator[FormField]:
    return (each for each in every_field(form_fields(card)) if each.kind == "file")


def _as_typed(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, list):
        return [str(each) for each in value]
    return [] if value is None else [str(value)]


def _posted(request: HttpRequest, actor: Actor, card: AnyCard) -> HttpResponse:
    sent = dict(request.POST.lists())
    files = _files(request, card)
    once = request.POST.get("once") or new_id().hex
    if "choose" in request.POST:
        chosen = _connection(actor, request.POST.get("another", ""))
        return _page(request, actor, card, Entries(connection=chosen, values=sent, files=files, once=once))
    connection = _connection(actor, request.POST.get("connection", ""))
    if connection is None:
        errors = {"connection": ["Choose a connection."]}
        return _page(request, actor, card, Entries(connection=None, values=sent, errors=errors, files=files, once=once))
    options, inputs = form_values(card, sent, files)
    try:
        run = run_card(
            actor,
            card_key=card.key,
            connection_id=connection.pk,
            options=options,
            inputs=inputs,
            idempotency_key=_idempotency_key(once, card, connection, options, inputs),
        )
    except InputRejected as rejected:
        entries = Entries(connection=connection, values=sent, errors=rejected.fields, files=files, once=once)
        return _page(request, actor, card, entries)
    rejected_by_card = _rejected(run)
    if rejected_by_card:
        entries = Entries(connection=connection, values=sent, errors=rejected_by_card.fields, files=files)
        return _page(request, actor, card, entries)
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


def _errors(entries: Entries) -> dict[str, Sequence[str]]:
    """What is wrong by field, and last that each file has to be chosen again, unless something is wrong with it."""
    again = {name: (CHOOSE_AGAIN,) for name in entries.files if name not in entries.errors}
    return {**entries.errors, **again} if entries.errors else {}


def _page(request: HttpRequest, actor: Actor, card: AnyCard, entries: Entries) -> HttpResponse:
    connector = get_connector(card.key.partition(".")[0])
    usable = Connection.objects.usable_by(actor).filter(connector=connector.key).order_by("nickname_key")
    readiness = card_readiness(state_of(entries.connection), card) if entries.connection else None
    errors = _errors(entries)
    fields = form_fields(card, entries.values, errors)
    context = {
        "card": card,
        "connector": connector,
        "look": look_of(card),
        "entries": entries,
        "connection": entries.connection,
        "readiness": readiness,
        "usable": usable,
        "may_create": policy.may(actor, "connection.create"),
        "options": [each for each in fields if each.part == "options"],
        "inputs": [each for each in fields if each.part == "inputs"],
        "outputs": dict.fromkeys(
            declared.spec.label for _value, cls in output_classes(card) for declared in field_types(cls)
        ),
        "has_conditions": any(each.when for each in every_field(fields)),
        "has_files": any(each.kind == "file" for each in every_field(fields)),
        "choose_again": "" if errors else entries.files,
        "problems": [(name, text) for name, texts in errors.items() for text in texts],
        "field_names": {each.name for each in every_field(fields)},
    }
    return render(request, "flows/test_card.html", context, status=InputRejected.status if entries.errors else 200)
