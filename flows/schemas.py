"""What the API takes and gives about cards and runs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema

from connections.extensions import CardKind
from connections.requirements import Requirements, ServiceAccountUser
from flows.cards import AnyCard, AnyEvent, Effect, Event
from flows.choices import Choices
from flows.derive.json_schema import inputs_schema, options_schema, outputs_schema
from kernel.errors import as_problem


class RoleOut(Schema):
    """What a card needs that acts through a service account: two roles on it, and domain-wide delegation to it."""

    service_account_user: bool
    token_creator: bool
    delegated_scopes: list[str]

    @classmethod
    def of(cls, role: ServiceAccountUser) -> "RoleOut":
        return cls(service_account_user=True, token_creator=True, delegated_scopes=list(role.delegated_scopes))


class NeedsOut(Schema):
    """``scopes``: any one of each group, and all groups. ``role`` is there where the card needs a service account."""

    account: str
    scopes: list[list[str]]
    role: RoleOut | None

    @classmethod
    def of(cls, needs: Requirements) -> "NeedsOut":
        role = RoleOut.of(needs.role) if needs.role else None
        return cls(account=needs.account, scopes=[list(group) for group in needs.scopes], role=role)


class CardOut(Schema):
    """An action card, or an event: that has no ``effect``, and starts a flow."""

    key: str
    title: str
    summary: str
    kind: CardKind
    effect: Effect | None
    quota_units: int
    needs: NeedsOut
    notes: str

    @classmethod
    def of(cls, card: AnyCard | AnyEvent, **more: Any) -> "CardOut":
        return cls(
            key=card.key,
            title=card.title,
            summary=card.summary,
            kind=card.kind,
            effect=None if isinstance(card, Event) else card.effect,
            quota_units=card.quota_units,
            needs=NeedsOut.of(card.needs),
            notes=card.notes,
            **more,
        )


class CardDetails(CardOut):
    """The card with JSON Schemas (2020-12) of what it takes and gives. An event takes no ``inputs``."""

    options: dict[str, Any]
    inputs: dict[str, Any] | None = None
    outputs: dict[str, Any]

    @classmethod
    def of(cls, card: AnyCard | AnyEvent, **more: Any) -> "CardOut":
        inputs = {} if isinstance(card, Event) else {"inputs": inputs_schema(card)}
        return super().of(card, options=options_schema(card), outputs=outputs_schema(card), **inputs, **more)


class ChoiceOut(Schema):
    label: str
    value: str


class ChoicesOut(Schema):
    """``is_cut`` says that Google lists more; ``finding`` is a problem that says why something isn't listed."""

    items: list[ChoiceOut]
    is_cut: bool
    finding: dict[str, Any] | None

    @classmethod
    def of(cls, choices: Choices) -> "ChoicesOut":
        return cls(
            items=[ChoiceOut(label=each.label, value=each.value) for each in choices.items],
            is_cut=choices.is_cut,
            finding=as_problem(choices.finding) if choices.finding else None,
        )


class CardRunIn(Schema):
    connection: UUID
    options: dict[str, Any] = {}
    inputs: dict[str, Any] = {}


class CardRunOut(Schema):
    """``note`` says what could not be known, where something couldn't."""

    run: UUID
    outputs: dict[str, Any]
    note: str


class RunUnderWay(Schema):
    """Google's answer was lost. GET the run after ``checked_at``: then it is looked for, and moved on."""

    run: UUID
    checked_at: datetime | None
