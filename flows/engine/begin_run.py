"""Begin a run of a flow: its rows first, handed to the worker when they are committed."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from access.actor import Via
from access.models import ApiKey, User
from flows.context import context_of
from flows.definition import TRIGGER, Definition, TriggerKind, read_definition
from flows.engine.dispatch import enqueue_on_commit
from flows.engine.sealed_values import INPUTS, OPTIONS, OUTPUTS, seal_values
from flows.models import Firing, Flow, FlowVersion, Run, RunState, StepRun, Trigger
from kernel.clock import now
from kernel.errors import NotFound
from kernel.ids import new_id

Values = Mapping[str, Any]


def begin_run(
    flow: Flow,
    version: FlowVersion,
    *,
    trigger: Trigger,
    via: Via,
    started_by: User | None = None,
    key: ApiKey | None = None,
    outputs: Values | None = None,
    item: Values | None = None,
    firing_key: str = "",
    idempotency_key: str = "",
) -> Run | None:
    """The run, queued; None where the firing started one before.

    ``outputs`` are what the trigger gives; of an event, ``item`` is what it is read by, when the run comes to it.

    :raises IntegrityError: the owner has a run of this ``idempotency_key``. :raises NotFound: the flow was deleted.
    """
    definition = read_definition(version.definition)
    with transaction.atomic():
        # Whoever starts runs of the flow waits here, so that of two with one firing key the second one sees it.
        if Flow.objects.select_for_update().filter(pk=flow.pk).first() is None:
            raise NotFound(kind="flow")
        if firing_key and Firing.objects.filter(flow=flow, key=firing_key).exists():
            return None
        run = Run.objects.create(
            owner_id=flow.owner_id,
            started_by=started_by,
            trigger=trigger,
            via=via,
            key=key,
            flow=flow,
            version=version,
            flow_name=flow.name,
            saves_data=flow.saves_data,
            idempotency_key=idempotency_key,
            touched_at=now(),
        )
        if firing_key:
            Firing.objects.create(flow=flow, key=firing_key, run=run)
        _begin_trigger(run, definition, outputs, item)
        enqueue_on_commit(run.pk, run.leg)
    return run


def _begin_trigger(run: Run, definition: Definition, outputs: Values | None, item: Values | None) -> None:
    """The first step: done where its outputs are known, else read when the run comes to it."""
    trigger, step_id, moment = definition.trigger, new_id(), run.created_at
    is_event = trigger.kind is TriggerKind.EVENT
    done: dict[str, Any] = {"state": RunState.QUEUED}
    if not is_event:
        given = {**(outputs or {}), "context": context_of(run.pk, moment, definition.time_zone)}
        done = {
            "state": RunState.COMPLETED,
            "ended_at": moment,
            "sealed_outputs": seal_values(step_id, run.pk, OUTPUTS, given),
        }
    StepRun.objects.create(
        id=step_id,
        run=run,
        path=TRIGGER,
        position=1,
        card_key=trigger.card if is_event else f"trigger.{trigger.kind}",
        connection_id=trigger.connection if is_event else None,
        sealed_options=seal_values(step_id, run.pk, OPTIONS, dict(trigger.options) if is_event else {}),
        sealed_inputs=seal_values(step_id, run.pk, INPUTS, dict(item or {})),
        started_at=moment,
        **done,
    )
