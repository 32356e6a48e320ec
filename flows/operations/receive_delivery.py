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
from flows.engine.hook_secrets import SIGNING, digest_of, is_signed, opened
from flows.errors import DeliveryTooLarge, FlowIsOff, SignatureRefused
from flows.models import Firing, Flow, Run, Trigger, TriggerState
from flows.trigger_fields import read_fields
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
    delivery_id = _checked_id(found, delivery)
    flow = found.flow
    definition = read_definition(flow.published.definition) if flow.published else None
    if not flow.is_on or definition is None or definition.trigger.kind is not TriggerKind.API:
        raise FlowIsOff(flow=flow.name)
    body = _body(delivery)
    outputs = {**read_fields(definition.trigger.fields, body), BODY: body}
    return _start(flow, delivery_id, outputs)


def _start(flow: Flow, delivery_id: str, outputs: Mapping[str, Any]) -> Run:
    key = f"delivery {delivery_id}" if delivery_id else ""
    with transaction.atomic():
        if key:
            Firing.objects.filter(flow=flow, key=key, at__lt=now() - SAME_RUN).delete()
        if flow.published is None:
            raise FlowIsOff(flow=flow.name)
        run = begin_run(flow, flow.published, trigger=Trigger.API, via=Via.API, outputs=outputs, firing_key=key)
        return run or Firing.objects.select_related("run").get(flow=flow, key=key).run


def _checked_id(state: TriggerState, delivery: Delivery) -> str:
    """What the delivery is known by, empty where it has none; of a flow with a signing secret, what is signed.

    An ``Idempotency-Key`` isn't signed: with another one, whoever overheard a delivery could start a second run.

    :raises SignatureRefused: :raises InputRejected: it is too long.
    """
    delivery_id = delivery.idempotency_key or delivery.webhook_id
    if state.sealed_signing is not None:
        _check_signature(state, delivery)
        delivery_id = delivery.webhook_id
    if len(delivery_id) > LONGEST_ID:
        name = "Idempotency-Key" if delivery_id == delivery.idempotency_key else "webhook-id"
        raise InputRejected(fields={name: [f"Use at most {LONGEST_ID} characters."]})
    return delivery_id


def _check_signature(state: TriggerState, delivery: Delivery) -> None:
    """As Standard Webhooks has it: id, time and body are signed, and the time isn't far from now."""
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
        body = _parsed(delivery.body)
    except (ValueError, RecursionError):
        raise InputRejected(fields={"body": ["Send a JSON object, or a form."]}) from None
    if not isinstance(body, dict):
        raise InputRejected(fields={"body": ["Send a JSON object, whose members are the flow's fields."]})
    return body


def _parsed(text: bytes) -> Any:
    """:raises ValueError: it isn't JSON that could be passed on: Python also reads NaN, and half a surrogate pair."""
    body = json.loads(text)
    json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    return body
