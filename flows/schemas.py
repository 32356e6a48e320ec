"""What the API takes and gives about cards and runs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema

from connections.extensions import CardKind
from flows.cards import AnyCard, Effect
from flows.derive.json_schema import inputs_schema, options_schema, outputs_schema
from flows.operations.decide_outcome import Choice
from flows.queries import RunDetails
from kernel.errors import as_problem


class NeedsOut(Schema):
    """``scopes``: any one of each group, and all groups. ``role`` is one on a service account, where one is needed."""

    account: str
    scopes: list[list[str]]
    role: str | None


class CardOut(Schema):
    key: str
    title: str
    summary: str
    kind: CardKind
    effect: Effect
    quota_units: int
    needs: NeedsOut
    notes: str

    @classmethod
    def of(cls, card: AnyCard, **more: Any) -> "CardOut":
        needs = NeedsOut(
            account=card.needs.account,
            scopes=[list(group) for group in card.needs.scopes],
            role="Service Account User" if card.needs.role else None,
        )
        return cls(
            key=card.key,
            title=card.title,
            summary=card.summary,
            kind=card.kind,
            effect=card.effect,
            quota_units=card.quota_units,
            needs=needs,
            notes=card.notes,
            **more,
        )


class CardDetails(CardOut):
    """The card with JSON Schemas (2020-12) of what it takes and gives."""

    options: dict[str, Any]
    inputs: dict[str, Any]
    outputs: dict[str, Any]

    @classmethod
    def of(cls, card: AnyCard, **more: Any) -> "CardOut":
        schemas = {"options": options_schema(card), "inputs": inputs_schema(card), "outputs": outputs_schema(card)}
        return super().of(card, **schemas, **more)


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


class DecisionIn(Schema):
    decision: Choice


class RunOut(Schema):
    """``outputs`` are for the run's owner only, until ``data_removed_at``.

    ``decisions`` are what a person is asked to choose from.
    """

    id: UUID
    state: str
    card: str
    connection: UUID
    owner: str
    via: str
    leg: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    data_removed_at: datetime | None
    checked_at: datetime | None
    outputs: dict[str, Any] | None
    note: str
    problem: dict[str, Any] | None
    decisions: list[Choice]

    @classmethod
    def of(cls, details: RunDetails) -> "RunOut":
        run, step = details.run, details.step
        return cls(
            id=run.pk,
            state=run.state,
            card=step.card_key,
            connection=step.connection_id,
            owner=run.owner.email,
            via=run.via,
            leg=run.leg,
            created_at=run.created_at,
            started_at=run.started_at,
            ended_at=run.ended_at,
            data_removed_at=run.data_removed_at,
            checked_at=details.checked_at,
            outputs=details.outputs,
            note=step.note,
            problem=as_problem(details.error) if details.error else None,
            decisions=list(Choice) if details.may_decide else [],
        )
