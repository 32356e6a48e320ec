"""Authorizations: ask for one, follow it, and read those that a connection had."""

from typing import Annotated
from uuid import UUID

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from ninja import Header, Status

from connections.api.requests import ActorRequest
from connections.api.router import router
from connections.models import ConsentAttempt
from connections.operations.attempts import attempt_of
from connections.operations.request_authorization import request_authorization
from connections.queries import visible_connection
from connections.schemas import AuthorizationIn, AuthorizationOut, AuthorizationStarted, GrantOut, ReturnTo
from kernel.errors import InputRejected


@router.post("/connections/authorizations", response={201: AuthorizationStarted})
def start_authorization(
    request: ActorRequest,
    body: AuthorizationIn,
    idempotency_key: Annotated[str, Header(alias="Idempotency-Key", max_length=255)] = "",
) -> Status[AuthorizationStarted]:
    """Ask for a new connection. The person opens ``authorization_url`` in a browser, signed in as the same person."""
    attempt = request_authorization(
        request.actor,
        connector=body.connector,
        nickname=body.nickname,
        description=body.description,
        scope_mode=body.scope_mode,
        scopes=body.scopes,
        return_to=checked_route(body.return_to),
        idempotency_key=idempotency_key,
    )
    return started(attempt)


def started(attempt: ConsentAttempt) -> Status[AuthorizationStarted]:
    """201, with the page that the person opens."""
    path = reverse("authorization", args=[attempt.pk])
    return Status(
        201,
        AuthorizationStarted(
            id=attempt.pk, authorization_url=f"{settings.PUBLIC_URL}{path}", expires_at=attempt.expires_at
        ),
    )


def checked_route(return_to: ReturnTo | None) -> dict[str, object] | None:
    """The route as an attempt keeps it. :raises InputRejected: there is none of that name."""
    if return_to is None:
        return None
    try:
        reverse(return_to.route, kwargs=return_to.ids)
    except NoReverseMatch:
        raise InputRejected(fields={"return_to": [f"There is no route {return_to.route!r} with these ids."]}) from None
    return {"route": return_to.route, "ids": return_to.ids}


@router.get("/connections/authorizations/{attempt_id}", response=AuthorizationOut)
def show_authorization(request: ActorRequest, attempt_id: UUID) -> AuthorizationOut:
    """Where an authorization stands; only for the person who asked for it."""
    return AuthorizationOut.of(attempt_of(request.actor, attempt_id))


@router.get("/connections/{connection_id}/authorizations", response=list[GrantOut])
def list_authorizations(request: ActorRequest, connection_id: UUID) -> list[GrantOut]:
    """Every finished authorization of the connection, newest first, with what it added and took."""
    connection = visible_connection(request.actor, connection_id)
    return [GrantOut.of(grant) for grant in connection.grants.select_related("by")]
