"""Deliveries to API endpoints of flows: whoever knows the secret address may."""

from typing import Any
from uuid import UUID

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from ninja import Schema, Status

from flows.api.router import router
from flows.operations.receive_delivery import Delivery, receive_delivery
from kernel.errors import InputRejected


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
            form=_form(request),
            idempotency_key=request.headers.get("Idempotency-Key", ""),
            webhook_id=request.headers.get("webhook-id", ""),
            timestamp=request.headers.get("webhook-timestamp", ""),
            signatures=request.headers.get("webhook-signature", ""),
        ),
    )
    return Status(202, DeliveredOut(id=run.pk))


def _form(request: HttpRequest) -> dict[str, Any]:
    """A form's fields, empty where the request is none; one that is there several times is a list.

    :raises InputRejected: it is cut off, isn't UTF-8, or has too many fields or files.
    """
    try:
        return {name: values if len(values) > 1 else values[0] for name, values in request.POST.lists()}
    except (BadRequest, MultiPartParserError, SuspiciousOperation):
        raise InputRejected(fields={"body": ["Send a JSON object, or a form."]}) from None
