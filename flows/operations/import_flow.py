"""Make a flow of what was exported."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from access.actor import Actor
from connections.models import Connection, nickname_key
from flows.definition import Definition, PlacedCard, read_definition
from flows.models import Flow
from flows.operations.create_flow import create_flow
from flows.operations.export_flow import FORMAT, FORMAT_VERSION
from kernel.errors import InputRejected


def import_flow(actor: Actor, document: Any) -> Flow:
    """The flow: the actor's own, off and not saved.

    A connection is taken by its nickname, where the actor may use one of that name; else it is left to be chosen.

    :raises InputRejected: this is no export of a flow; nothing was made. :raises NotPermitted: the actor builds none.
    """
    known = {"format", "format_version", "name", "description", "connections", "definition"}
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise InputRejected(fields={"file": ["This is no flow that was exported from a Workflows Console."]})
    if document.get("format_version") != FORMAT_VERSION or document.keys() - known:
        raise InputRejected(fields={"file": ["This flow was exported from a newer console than this one."]})
    texts = [document.get("name", ""), document.get("description", "")]
    nicknames = document.get("connections", {})
    if not all(isinstance(each, str) for each in texts) or not isinstance(nicknames, Mapping):
        raise InputRejected(fields={"file": ["Its name and description must be texts, its connections an object."]})
    definition = read_definition(document.get("definition"))
    return create_flow(
        actor,
        name=texts[0],
        description=texts[1],
        definition=_connected(actor, definition, nicknames),
        event="flow.imported",
    )


def _connected(actor: Actor, definition: Definition, nicknames: Mapping[Any, Any]) -> Definition:
    usable = {each.nickname_key: each.pk for each in Connection.objects.usable_by(actor)}

    def here(connection: UUID | None) -> UUID | None:
        nickname = nicknames.get(str(connection))
        return usable.get(nickname_key(nickname)) if isinstance(nickname, str) else None

    def changed(card: PlacedCard) -> PlacedCard:
        blocks = {name: tuple(changed(each) for each in cards) for name, cards in card.blocks.items()}
        return replace(card, connection=here(card.connection), blocks=blocks)

    trigger = replace(definition.trigger, connection=here(definition.trigger.connection))
    return replace(definition, trigger=trigger, cards=tuple(changed(each) for each in definition.cards))
