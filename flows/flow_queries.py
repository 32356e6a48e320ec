"""Reads of flows, shaped for pages and the API."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from access.actor import Actor
from flows.models import Flow, Run
from flows.querysets import FlowQuerySet
from kernel.errors import NotFound


def visible_flow(actor: Actor, flow_id: UUID) -> Flow:
    """The flow. :raises NotFound: there is none, or the actor may not know of it."""
    flow = Flow.objects.visible_to(actor).select_related("owner", "published").filter(pk=flow_id).first()
    if flow is None:
        raise NotFound(kind="flow")
    return flow


@dataclass(frozen=True, kw_only=True)
class FlowFilters:
    """``state`` is on, off, or empty for both; ``owner`` an address."""

    search: str = ""
    state: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class LastRun:
    id: UUID
    state: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class FlowRow:
    """A flow of the list, with its newest run where there was one."""

    flow: Flow
    last_run: LastRun | None


SORTS = {"name": "name", "changed": "changed_at", "owner": "owner__name"}


def list_flows(actor: Actor, filters: FlowFilters, *, sort: str = "name") -> FlowQuerySet:
    """The flows that the actor may know of and the filters let through; ``sort`` may begin with a minus."""
    flows = Flow.objects.visible_to(actor).select_related("owner", "published")
    if filters.search:
        flows = flows.filter(Q(name__icontains=filters.search) | Q(description__icontains=filters.search))
    if filters.state:
        flows = flows.filter(is_on=filters.state == "on")
    if filters.owner:
        flows = flows.filter(owner__email=filters.owner)
    way = "-" if sort.startswith("-") else ""
    return flows.order_by(way + SORTS.get(sort.removeprefix("-"), "name"), "pk")


def with_last_runs(flows: Iterable[Flow]) -> tuple[FlowRow, ...]:
    """The same flows, each with its newest run, in one query for all."""
    listed = list(flows)
    newest = Run.objects.filter(flow=OuterRef("flow")).order_by("-created_at", "-pk").values("pk")[:1]
    runs = Run.objects.filter(flow__in=[each.pk for each in listed], pk=Subquery(newest))
    last = {
        flow_id: LastRun(id=run_id, state=state, created_at=created_at)
        for flow_id, run_id, state, created_at in runs.values_list("flow_id", "pk", "state", "created_at")
    }
    return tuple(FlowRow(flow=each, last_run=last.get(each.pk)) for each in listed)
