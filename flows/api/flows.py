"""Flows over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from django.db import transaction
from ninja import Header, Query, Schema, Status
from pydantic import Field

from access import policy
from connections.api.cursors import cursor_of, page_of
from connections.api.requests import ActorRequest
from flows.api.router import router
from flows.definition import Definition, read_definition
from flows.flow_queries import FlowFilters, list_flows, visible_flow
from flows.flow_schemas import DeletedOut, FlowEdit, FlowIn, FlowLineOut, FlowList, FlowOut, PublishIn
from flows.history import MOST_COUNTED
from flows.operations.create_flow import create_flow
from flows.operations.delete_flow import delete_flow
from flows.operations.edit_flow import edit_flow
from flows.operations.rename_flow import rename_flow
from flows.operations.save_flow import save_flow
from flows.operations.start_flow_run import start_flow_run
from flows.operations.switch_flow import switch_flow
from flows.run_schemas import FlowRunIn, StartedOut
from kernel.errors import EditStale


class FlowQuery(Schema):
    search: str = ""
    state: Literal["", "on", "off"] = ""
    owner: str = ""
    sort: Literal["name", "-name", "changed", "-changed", "owner", "-owner"] = "name"
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str = ""


@router.get("/flows", response=FlowList)
def list_all_flows(request: ActorRequest, query: Query[FlowQuery]) -> FlowList:
    """Flows that the actor may know of, a page at a time."""
    policy.require(request.actor, "flow.view")
    filters = FlowFilters(search=query.search, state=query.state, owner=query.owner)
    flows = list_flows(request.actor, filters, sort=query.sort)
    total, page = flows.order_by()[: MOST_COUNTED + 1].count(), page_of(query.cursor)
    shown = flows[(page - 1) * query.limit : page * query.limit]
    return FlowList(
        items=[FlowLineOut.of(flow) for flow in shown],
        next_cursor=cursor_of(page + 1) if page * query.limit < total else None,
        total=total if total <= MOST_COUNTED else None,
        total_at_least=None if total <= MOST_COUNTED else MOST_COUNTED,
    )


@router.post("/flows", response={201: FlowOut})
def make(request: ActorRequest, body: FlowIn) -> Status[FlowLineOut]:
    """Make a flow, with a definition or without cards. It is off, and runs once it is published."""
    flow = create_flow(
        request.actor, name=body.name, description=body.description, definition=_definition(body.definition)
    )
    return Status(201, FlowOut.of(flow))


def _definition(given: dict[str, object]) -> Definition:
    return read_definition(given) if given else Definition()


def _out(request: ActorRequest, flow_id: UUID) -> FlowLineOut:
    return FlowOut.of(visible_flow(request.actor, flow_id))


@router.get("/flows/{flow_id}", response=FlowOut)
def show_flow(request: ActorRequest, flow_id: UUID) -> FlowLineOut:
    """One flow: its draft, and what stands in its way."""
    return _out(request, flow_id)


@router.put("/flows/{flow_id}", response=FlowOut)
def change(request: ActorRequest, flow_id: UUID, body: FlowEdit) -> FlowLineOut:
    """Rename it, or give it another draft: all of it or nothing. What is published stays until it is published anew."""
    with transaction.atomic():
        flow = visible_flow(request.actor, flow_id)
        if body.version != flow.edit:
            raise EditStale
        if body.name is not None or body.description is not None:
            name = flow.name if body.name is None else body.name
            description = flow.description if body.description is None else body.description
            rename_flow(request.actor, flow_id, name=name, description=description)
        if body.definition is not None:
            draft = read_definition(body.definition)
            edit_flow(request.actor, flow_id, edit=body.version, definition=draft, what="Changed over the API")
    return _out(request, flow_id)


@router.delete("/flows/{flow_id}", response=DeletedOut)
def delete(request: ActorRequest, flow_id: UUID) -> DeletedOut:
    """Delete it. Its runs stay in Execution History; those under way are canceled."""
    return DeletedOut(runs_canceled=delete_flow(request.actor, flow_id))


@router.post("/flows/{flow_id}/publish", response=FlowOut)
def publish(request: ActorRequest, flow_id: UUID, body: PublishIn) -> FlowLineOut:
    """Save the draft as the version that runs."""
    save_flow(request.actor, flow_id, edit=body.version, saves_data=body.saves_data)
    return _out(request, flow_id)


@router.post("/flows/{flow_id}/on", response=FlowOut)
def turn_on(request: ActorRequest, flow_id: UUID) -> FlowLineOut:
    """Let its trigger start runs."""
    switch_flow(request.actor, flow_id, on=True)
    return _out(request, flow_id)


@router.post("/flows/{flow_id}/off", response=FlowOut)
def turn_off(request: ActorRequest, flow_id: UUID) -> FlowLineOut:
    """Keep its trigger from starting runs."""
    switch_flow(request.actor, flow_id, on=False)
    return _out(request, flow_id)


@router.post("/flows/{flow_id}/runs", response={202: StartedOut})
def start(
    request: ActorRequest,
    flow_id: UUID,
    body: FlowRunIn,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", max_length=200)] = "",
) -> Status[StartedOut]:
    """Run the published version now. A repeated request with the same ``Idempotency-Key`` is the same run."""
    run = start_flow_run(request.actor, flow_id, fields=body.inputs, idempotency_key=idempotency_key)
    return Status(202, StartedOut(id=run.pk))
