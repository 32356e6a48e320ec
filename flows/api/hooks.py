"""Deliveries to API endpoints of flows: whoever knows the secret address may."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Schema, Status

from flows.api.router import router
from flows.operations.receive_delivery import Delivery, receive_delivery


class DeliveredOut(Schema):
    """The run that the delivery started, or that an earlier one with the same id did."""

    id: UUID


@router.post("/hooks/{secret}", auth=None, response={202: DeliveredOut})
def deliver(request: HttpRequest, secret: str) -> Status[DeliveredOut]:
    """Start a run of the flow whose API endpoint this is, with the JSON object or the form that is sent.

    The same ``Idempotency-Key`` or ``webhook-id`` within 24 hours is the same run. Where the flow has a signing secret,
    the delivery is signed as Standard Webhooks has it: ``webhook-id``, ``webhook-timestamp``, ``webhook-signature``.
    """
    run = receive_delivery(
        secret,
        Delivery(
            body=request.body,
            content_type=request.content_type or "",
            form={name: values if len(values) > 1 else values[0] for name, values in request.POST.lists()},
            idempotency_key=request.headers.get("Idempotency-Key", ""),
            webhook_id=request.headers.get("webhook-id", ""),
            timestamp=request.headers.get("webhook-timestamp", ""),
            signatures=request.headers.get("webhook-signature", ""),
        ),
    )
    return Status(202, DeliveredOut(id=run.pk))
