"""A delivery arrives at a flow's API endpoint: it starts a run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction

from access.actor import Via
from connections.operations.limit_rate import limit_rate
from flows.definition import BODY, TriggerKind, read_definition
from flows.engine.begin_run import begin_run
from flows.errors import DeliveryTooLarge, FlowIsOff, SignatureRefused
from flows.models import Firing, Flow, Run, Trigger, TriggerState
from flows.trigger_fields import read_fields
from flows.triggers.hook_secrets import SIGNING, digest_of, is_signed, opened
from kernel.clock import now
from kernel.errors import InputRejected, NotFound

SAME_RUN = timedelta(hours=24)
SKEW_SECONDS = 5 * 60
MOST_BYTES = 1_000_000
LONGEST_ID = 255


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What came: the body as it was sent, the form that it may be, and the headers that count."""

    body: bytes
    content_type: str = "application/json"
    form: Mapping[str, Any] = field(default_factory=dict)
    idempotency_key: str = ""
    webhook_id: str = ""
    timestamp: str = ""
    signatures: str = ""

    @property
    def id(self) -> str:
        return self.idempotency_key or self.webhook_id


def receive_delivery(secret: str, delivery: Delivery) -> Run:
    """The run that it started, or that an earlier delivery of the same id started within 24 hours.

    :raises NotFound: there is no such endpoint. :raises FlowIsOff: :raises SignatureRefused: :raises TooManyStarts:
    :raises DeliveryTooLarge: :raises InputRejected: a field can't be taken, or the body is no object.
    """
    found = TriggerState.objects.select_related("flow__published").filter(hook_digest=digest_of(secret)).first()
    if found is None:
        raise NotFound(kind="endpoint")
    limit_rate("hook", str(found.flow_id))
    if len(delivery.body) > MOST_BYTES:
        raise DeliveryTooLarge(most=MOST_BYTES)
    _check_signature(found, delivery)
    flow = found.flow
    definition = read_definition(flow.published.definition) if flow.published else None
    if not flow.is_on or definition is None or definition.trigger.kind is not TriggerKind.API:
        raise FlowIsOff(flow=flow.name)
    if len(delivery.id) > LONGEST_ID:
        raise InputRejected(fields={"Idempotency-Key": [f"Use at most {LONGEST_ID} characters."]})
    body = _body(delivery)
    outputs = {**read_fields(definition.trigger.fields, body), BODY: body}
    return _start(flow, delivery.id, outputs)


def _start(flow: Flow, delivery_id: str, outputs: Mapping[str, Any]) -> Run:
    key = f"delivery {delivery_id}" if delivery_id else ""
    with transaction.atomic():
        if key:
            Firing.objects.filter(flow=flow, key=key, at__lt=now() - SAME_RUN).delete()
        if flow.published is None:
            raise FlowIsOff(flow=flow.name)
        run = begin_run(flow, flow.published, trigger=Trigger.API, via=Via.API, outputs=outputs, firing_key=key)
        return run or Firing.objects.select_related("run").get(flow=flow, key=key).run


def _check_signature(state: TriggerState, delivery: Delivery) -> None:
    """As Standard Webhooks has it: id, time and body are signed, and the time isn't far from now."""
    if state.sealed_signing is None:
        return
    if not delivery.webhook_id or not delivery.timestamp.isdecimal() or len(delivery.timestamp) > 12:  # noqa: PLR2004
        raise SignatureRefused(reason="The headers webhook-id and webhook-timestamp belong to a signed delivery")
    if abs(now().timestamp() - int(delivery.timestamp)) > SKEW_SECONDS:
        raise SignatureRefused(reason="webhook-timestamp is more than 5 minutes from now")
    content = b".".join([delivery.webhook_id.encode(), delivery.timestamp.encode(), delivery.body])
    if not is_signed(opened(state, SIGNING), content, delivery.signatures):
        raise SignatureRefused(reason="webhook-signature has no signature of this body with the flow's secret")


def _body(delivery: Delivery) -> dict[str, Any]:
    if "form" in delivery.content_type:
        return dict(delivery.form)
    if not delivery.body.strip():
        return {}
    try:
        body = json.loads(delivery.body)
    except (ValueError, RecursionError):
        raise InputRejected(fields={"body": ["Send a JSON object, or a form."]}) from None
    if not isinstance(body, dict):
        raise InputRejected(fields={"body": ["Send a JSON object, whose members are the flow's fields."]})
    return body
