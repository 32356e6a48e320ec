"""What the API takes and gives about flows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema

from access.actor import Actor, Via
from flows.definition import read_definition
from flows.findings import Finding, definition_findings, readiness_findings
from flows.models import Flow
from kernel.errors import as_problem


class FindingOut(Schema):
    """What keeps a card from running, and where. ``card`` is its id in the definition."""

    card: str
    number: int
    title: str
    field: str
    problem: dict[str, Any]

    @classmethod
    def of(cls, finding: Finding) -> "FindingOut":
        return cls(
            card=finding.card_id,
            number=finding.number,
            title=finding.title,
            field=finding.field,
            problem=as_problem(finding.error),
        )


class FlowLineOut(Schema):
    """A flow in a list. ``version`` counts the changes of its draft; ``published`` is the number of what runs."""

    id: UUID
    name: str
    description: str
    owner: str
    is_on: bool
    version: int
    published: int | None
    unsaved_changes: int
    saves_data: bool
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, flow: Flow, **more: Any) -> "FlowLineOut":
        return cls(
            id=flow.pk,
            name=flow.name,
            description=flow.description,
            owner=flow.owner.email,
            is_on=flow.is_on,
            version=flow.edit,
            published=flow.published.number if flow.published else None,
            unsaved_changes=flow.unsaved_changes,
            saves_data=flow.saves_data,
            created_at=flow.created_at,
            changed_at=flow.changed_at,
            **more,
        )


class FlowOut(FlowLineOut):
    """``definition`` is the draft; of a secret value it has an id, which keeps the value when it is sent back.

    ``findings`` stop the flow; ``readiness`` says what its connections lack.
    """

    definition: dict[str, Any]
    findings: list[FindingOut]
    readiness: list[FindingOut]

    @classmethod
    def of(cls, flow: Flow, **_more: Any) -> "FlowLineOut":
        definition = read_definition(flow.draft)
        owner = Actor(user=flow.owner, via=Via.API)
        return super().of(
            flow,
            definition=definition.to_json(),
            findings=[FindingOut.of(each) for each in definition_findings(definition)],
            readiness=[FindingOut.of(each) for each in readiness_findings(owner, definition)],
        )


class FlowList(Schema):
    items: list[FlowLineOut]
    next_cursor: str | None
    total: int | None
    total_at_least: int | None


class FlowIn(Schema):
    name: str
    description: str = ""
    definition: dict[str, Any] = {}


class FlowEdit(Schema):
    """``version`` is the one that was read. What is left out stays."""

    version: int
    name: str | None = None
    description: str | None = None
    definition: dict[str, Any] | None = None


class PublishIn(Schema):
    """``saves_data`` is *Save all data that passes through the flow*; left out, it stays."""

    version: int
    saves_data: bool | None = None


class DeletedOut(Schema):
    runs_canceled: int
