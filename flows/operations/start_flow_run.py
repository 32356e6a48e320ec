"""Run now: start a run of a flow, with what its trigger's form was given."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from access import policy
from access.actor import Actor
from flows.definition import BODY, PlacedTrigger, TriggerKind, read_definition
from flows.engine.begin_run import begin_run
from flows.flow_queries import visible_flow
from flows.models import Run, Trigger
from flows.operations.switch_flow import require_runnable
from flows.trigger_fields import read_fields
from kernel.errors import InputRejected

MESSAGE_ID = "message_id"


def start_flow_run(actor: Actor, flow_id: UUID, *, fields: Mapping[str, Any], idempotency_key: str = "") -> Run:
    """The run of the saved version, queued, whether the flow is on or not. It has the rights of the flow's owner.

    A flow that starts with an event runs for one message, whose id is the field ``message_id``. The same
    ``idempotency_key`` gives the run that it started.

    :raises NotFound: no such flow. :raises NotPermitted: the actor may not run it. :raises NotSaved:
    :raises FlowHasFindings: what is saved can't run. :raises InputRejected: a field can't be taken.
    """
    flow = visible_flow(actor, flow_id)
    policy.require(actor, "flow.run", flow, kind="flow")
    require_runnable(flow)
    if flow.published is None:
        raise AssertionError(flow.pk)  # runnable means published
    trigger = read_definition(flow.published.definition).trigger
    given = _given(trigger, fields)
    key = f"flow-{flow.pk}-{idempotency_key}"[:255] if idempotency_key else ""
    earlier = Run.objects.filter(owner=flow.owner_id, idempotency_key=key).first() if key else None
    if earlier:
        return earlier
    try:
        run = begin_run(
            flow,
            flow.published,
            trigger=Trigger.NOW,
            via=actor.via,
            started_by=actor.user,
            key=actor.key,
            idempotency_key=key,
            **given,
        )
    except IntegrityError:
        return Run.objects.get(owner=flow.owner_id, idempotency_key=key)
    if run is None:
        raise AssertionError(flow.pk)  # without a firing key nothing stands in the way
    return run


def _given(trigger: PlacedTrigger, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What the first step is made of."""
    if trigger.kind is TriggerKind.EVENT:
        message_id = str(fields.get(MESSAGE_ID) or "").strip()
        if not message_id:
            raise InputRejected(fields={MESSAGE_ID: ["Enter the id of a message in the mailbox."]})
        return {"item": {"message_id": message_id, "added": [], "removed": []}}
    known = {each.name for each in trigger.fields} | ({BODY} if trigger.kind is TriggerKind.API else set())
    unknown = {name: ["The flow takes no such field."] for name in fields if name not in known}
    if unknown:
        raise InputRejected(fields=unknown)
    body = {BODY: fields.get(BODY) or {}} if trigger.kind is TriggerKind.API else {}
    return {"outputs": {**read_fields(trigger.fields, fields), **body}}
