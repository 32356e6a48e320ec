"""Custom API Action: one request to a method of Gmail's that no other card covers."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.conf import settings
from googleapiclient.http import HttpRequest

from connections.errors import UnrecognizedAnswer
from connections.requirements import Requirements
from flows.cards import Card, Effect, Fields, field
from gmail_connector.client import GmailClient
from gmail_connector.methods import find_method
from gmail_connector.raw_requests import RawRequest, raw_request
from gmail_connector.request_errors import RequestOutcomeUnknown, RequestRefused

REFUSALS = range(400, 500)
SHOWN_HEADERS = frozenset({
    "cache-control", "content-language", "content-type", "date", "etag", "expires", "last-modified", "retry-after",
    "vary",
})  # fmt: skip
"""Of Google's answer. What isn't named here may be about the session or the token, and stays behind."""


class RequestType(StrEnum):
    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


class Options(Fields):
    request_type: RequestType = field("Request Type")


class Inputs(Fields):
    relative_url: str = field(
        "Relative URL", help="What comes after Gmail's host, such as /v1/users/me/labels. /gmail/v1/… is the same."
    )
    query: Mapping[str, Any] | None = field(
        "Query", help='Such as {"maxResults": 10, "labelIds": ["INBOX", "UNREAD"]}.', default=None
    )
    headers: Mapping[str, Any] | None = field(
        "Headers", help="Those of the authorization, of the connection and of routing are refused.", default=None
    )
    body: Mapping[str, Any] | None = field("Body", help="For POST, PUT and PATCH.", default=None)


class Outputs(Fields):
    status_code: int = field("Status Code")
    headers: Mapping[str, Any] = field("Headers")
    body: Mapping[str, Any] = field("Body", help="Empty where Google answers without one.")


def run(client: GmailClient, options: Options, inputs: Inputs) -> Outputs:
    """:raises InputRejected: the request isn't let through. :raises AnswerLost: it may have been carried out.

    :raises ConsoleError: Google refused it, or it never left.
    """
    request = _request(options, inputs)
    method = find_method(request.method, request.meant)
    call = HttpRequest(
        None,
        _outputs,
        f"{settings.GOOGLE_ADDRESSES.gmail_api_url.rstrip('/')}{request.target}",
        method=request.method,
        body=request.body,
        headers=dict(request.headers),
        methodId=method.id if method else "",
    )
    try:
        answer = client.call(request.title, call, needs=method.scopes if method else ())
    except UnrecognizedAnswer as error:
        if error.http_status not in REFUSALS:
            raise
        raise RequestRefused(what=error.what, http_status=error.http_status, reason=error.reason) from None
    return Outputs(**answer)


def needs_of(options: Options, inputs: Inputs) -> Requirements:
    """What the method asks for. Of an address that Gmail's discovery document doesn't know, Google is the judge.

    :raises InputRejected: the request isn't let through.
    """
    request = _request(options, inputs)
    method = find_method(request.method, request.meant)
    return Requirements(scopes=(method.scopes,)) if method else Requirements()


def lost(options: Options, inputs: Inputs, reason: str) -> RequestOutcomeUnknown | None:
    """None where nothing can have been changed, so that asking again does no harm."""
    if options.request_type is RequestType.GET:
        return None
    request = _request(options, inputs)
    return RequestOutcomeUnknown(what=request.title, reason=reason.removeprefix(f"{request.title}: "))


def _request(options: Options, inputs: Inputs) -> RawRequest:
    return raw_request(options.request_type, inputs.relative_url, inputs.query, inputs.headers, inputs.body)


def _outputs(response: Any, content: bytes) -> dict[str, Any] | None:
    """What the card gives out; None for an answer that isn't one of Gmail's.

    :raises ValueError: it isn't JSON either.
    """
    body = json.loads(content) if content.strip() else {}
    if not isinstance(body, dict):
        return None
    headers = {name: value for name, value in response.items() if name in SHOWN_HEADERS}
    return {"status_code": response.status, "headers": headers, "body": body}


card = Card(
    key="gmail.custom_api_action",
    title="Custom API Action",
    summary="Call a method of the Gmail API that has no card of its own, with the connection's own authorization.",
    effect=Effect.CALL,
    quota_units=100,
    needs=Requirements(),
    needs_of=needs_of,
    options=Options,
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    lost=lost,
    notes=(
        "A run costs what the method costs at Google, 100 units at most, and needs the scopes that the method needs. "
        "A message sent with this card isn't protected against being sent twice: use Send Email for that. Where "
        "Google's answer to a POST, PUT, PATCH or DELETE is lost, the run fails and nothing is sent again."
    ),
)
