"""Put another connection in the place of one, in the flows that use it."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from connections.models import Connection
from flows.definition import Definition, PlacedCard, read_definition
from flows.models import DraftEdit, Flow, FlowVersion
from flows.operations.placed_connections import place_connections
from flows.triggers.arm import arm
from kernel.clock import now


def replace_connection(actor: Actor, *, old: Connection, new: Connection) -> int:
    """In how many flows it was done: those that the actor may edit and whose owner may use the new one.

    The draft is changed, and what is saved gets a new version, so that the next run goes with the new connection.
    Runs under way stay with their version.
    """
    flows = Flow.objects.reachable(actor, "flow.edit").filter(placed__connection=old).select_related("owner")
    done = 0
    for flow in flows.distinct():
        owner = Actor(user=flow.owner, via=actor.via)
        if Connection.objects.usable_by(owner).filter(pk=new.pk).exists():
            _replace(actor, flow.pk, old, new)
            done += 1
    return done


def _replace(actor: Actor, flow_id: UUID, old: Connection, new: Connection) -> None:
    with transaction.atomic():
        flow = Flow.objects.select_for_update().get(pk=flow_id)
        what = f"{old.nickname} replaced with {new.nickname}"
        draft = with_connection(read_definition(flow.draft), {old.pk: new.pk})
        DraftEdit.objects.create(flow=flow, before=flow.draft, what=what[:200])
        was_saved = flow.unsaved_changes == 0
        flow.draft, flow.edit, flow.changed_at = draft.to_json(), flow.edit + 1, now()
        place_connections(flow, draft)
        if flow.published:
            saved = with_connection(read_definition(flow.published.definition), {old.pk: new.pk})
            flow.published = FlowVersion.objects.create(
                flow=flow, number=flow.published.number + 1, definition=saved.to_json(), created_by=actor.user
            )
            place_connections(flow, saved, flow.published)
            flow.saved_edit = flow.edit if was_saved else flow.saved_edit
        flow.save()
        if flow.is_on:
            arm(flow)
        audit.record(
            actor,
            "flow.connection_replaced",
            kind="flow",
            object_id=str(flow.pk),
            name=flow.name,
            difference={"connection": [old.nickname, new.nickname]},
        )


def with_connection(definition: Definition, instead: Mapping[UUID, UUID]) -> Definition:
    """The definition with other connections: ``instead`` are new ones by old ones."""

    def changed(card: PlacedCard) -> PlacedCard:
        blocks = {name: tuple(changed(each) for each in cards) for name, cards in card.blocks.items()}
        return replace(card, connection=_instead(card.connection, instead), blocks=blocks)

    trigger = replace(definition.trigger, connection=_instead(definition.trigger.connection, instead))
    return replace(definition, trigger=trigger, cards=tuple(changed(each) for each in definition.cards))


def _instead(connection: UUID | None, instead: Mapping[UUID, UUID]) -> UUID | None:
    return instead.get(connection, connection) if connection else None
