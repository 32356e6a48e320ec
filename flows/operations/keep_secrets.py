"""Seal the secret values of a draft before it is stored."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flows.cards import Card, Fields
from flows.catalog import declared_of
from flows.definition import Definition, PlacedCard
from flows.derive.field_types import Kind, field_types
from flows.engine.flow_secrets import seal_secret
from flows.models import FlowSecret

NEW, KEPT = "new_secret", "secret"


def with_sealed_secrets(flow_id: UUID, definition: Definition) -> Definition:
    """The definition with ``{"secret": id}`` for every secret value.

    A new value comes as ``{"new_secret": text}`` or as the text itself, and is sealed. An id that isn't this flow's,
    as in a copy, is dropped: the value has to be entered again.
    """
    own = {str(each) for each in FlowSecret.objects.filter(flow_id=flow_id).values_list("pk", flat=True)}

    def changed(card: PlacedCard) -> PlacedCard:
        blocks = {name: tuple(changed(each) for each in cards) for name, cards in card.blocks.items()}
        declared = declared_of(card.card)
        inputs = _kept(flow_id, own, declared.inputs, card.inputs) if isinstance(declared, Card) else card.inputs
        return replace(card, inputs=inputs, blocks=blocks)

    return replace(definition, cards=tuple(changed(each) for each in definition.cards))


def _kept(flow_id: UUID, own: set[str], cls: type[Fields], values: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(values)
    for declared in field_types(cls):
        value = values.get(declared.name)
        if declared.kind is Kind.OBJECT and isinstance(value, Mapping):
            kept[declared.name] = _kept(flow_id, own, declared.inner, value)
        elif declared.spec.secret and value:
            sealed = _sealed(flow_id, own, value)
            kept |= {declared.name: sealed} if sealed else {}
            if not sealed:
                del kept[declared.name]
    return kept


def _sealed(flow_id: UUID, own: set[str], value: Any) -> dict[str, str] | None:
    if isinstance(value, Mapping) and value.keys() == {KEPT}:
        return {KEPT: value[KEPT]} if isinstance(value[KEPT], str) and value[KEPT] in own else None
    text = value.get(NEW) if isinstance(value, Mapping) else value
    return {KEPT: str(seal_secret(flow_id, text))} if isinstance(text, str) and text else None


def without_secrets(definition: Definition) -> Definition:
    """The definition as an export has it."""

    def changed(card: PlacedCard) -> PlacedCard:
        blocks = {name: tuple(changed(each) for each in cards) for name, cards in card.blocks.items()}
        declared = declared_of(card.card)
        inputs = without_secret_values(declared.inputs, card.inputs) if isinstance(declared, Card) else card.inputs
        return replace(card, inputs=inputs, blocks=blocks)

    return replace(definition, cards=tuple(changed(each) for each in definition.cards))


def without_secret_values(cls: type[Fields], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values but for those of secret fields, which are never shown back."""
    secret = {each.name for each in field_types(cls) if each.spec.secret}
    inner = {each.name: each.inner for each in field_types(cls) if each.kind is Kind.OBJECT}
    return {
        name: without_secret_values(inner[name], value) if name in inner and isinstance(value, Mapping) else value
        for name, value in values.items()
        if name not in secret
    }
