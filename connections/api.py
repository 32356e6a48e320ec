"""Connections over HTTP: connectors, scopes, authorizations, and reading what there is."""

import base64
import binascii
from typing import Annotated, Literal
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from ninja import Header, Query, Router, Schema, Status
from pydantic import Field

from access.actor import Actor
from connections.extensions import Connector, connectors, get_connector
from connections.models import Connection
from connections.operations.attempts import attempt_of
from connections.operations.request_authorization import request_authorization
from connections.queries import MOST_COUNTED, ConnectionFilters, list_connections, visible_connection
from connections.readiness import card_readiness, state_of
from connections.schemas import (
    AuthorizationIn,
    AuthorizationOut,
    AuthorizationStarted,
    ConnectionList,
    ConnectionOut,
    ConnectorOut,
    GrantOut,
    ReadinessOut,
    ReturnTo,
    ScopeOut,
)
from kernel.errors import InputRejected, NotFound

router = Router(tags=["Connections"])


class ActorRequest(HttpRequest):
    """A request after authentication (access.api_auth sets the actor)."""

    actor: Actor


def _connector(key: str) -> Connector:
    try:
        return get_connector(key)
    except KeyError:
        raise NotFound(kind="connector") from None


@router.get("/connectors", response=list[ConnectorOut])
def list_connectors(request: ActorRequest) -> list[ConnectorOut]:  # noqa: ARG001  (ninja's signature)
    """Connectors that this console has."""
    return [ConnectorOut.of(connector) for connector in connectors()]


@router.get("/connectors/{key}/scopes", response=list[ScopeOut])
def list_scopes(request: ActorRequest, key: str) -> list[ScopeOut]:  # noqa: ARG001  (ninja's signature)
    """The connector's own scopes in plain words; any other scope that Google has can be asked for too."""
    return ScopeOut.all_of(_connector(key))


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
        return_to=_checked_route(body.return_to),
        idempotency_key=idempotency_key,
    )
    path = reverse("authorization", args=[attempt.pk])
    return Status(
        201,
        AuthorizationStarted(
            id=attempt.pk, authorization_url=f"{settings.PUBLIC_URL}{path}", expires_at=attempt.expires_at
        ),
    )


def _checked_route(return_to: ReturnTo | None) -> dict[str, object] | None:
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


class ListQuery(Schema):
    """Filters of the list, as on the Connections page."""

    search: str = ""
    status: str = ""
    connector: str = ""
    owner: str = ""
    account: str = ""
    missing_card: str = ""
    unused_days: Annotated[int, Field(ge=0, le=3650)] = 0
    sort: Literal[
        "nickname", "-nickname", "status", "-status", "cards", "-cards", "last_used", "-last_used", "owner", "-owner"
    ] = "status"
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str = ""


@router.get("/connections", response=ConnectionList)
def list_all(request: ActorRequest, query: Query[ListQuery]) -> ConnectionList:
    """Connections that the actor may see, a page at a time."""
    page = list_connections(
        request.actor,
        ConnectionFilters(
            search=query.search,
            status=query.status,
            connector=query.connector,
            owner=query.owner,
            account=query.account,
            missing_card=query.missing_card,
            unused_days=query.unused_days,
        ),
        sort=query.sort,
        page=_page_of(query.cursor),
        limit=query.limit,
    )
    is_counted = page.total <= MOST_COUNTED
    return ConnectionList(
        items=[ConnectionOut.of(row.connection, get_connector(row.connection.connector)) for row in page.rows],
        next_cursor=_cursor_of(page.number + 1) if page.has_next else None,
        total=page.total if is_counted else None,
        total_at_least=None if is_counted else MOST_COUNTED,
    )


def _cursor_of(page: int) -> str:
    return base64.urlsafe_b64encode(f"page:{page}".encode()).decode().rstrip("=")


def _page_of(cursor: str) -> int:
    if not cursor:
        return 1
    try:
        kind, _, number = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
        page = int(number)
    except (ValueError, binascii.Error):
        kind, page = "", 0
    if kind != "page" or page < 1:
        raise InputRejected(fields={"cursor": ["Send the next_cursor of an earlier answer, unchanged."]})
    return page


def _visible(request: ActorRequest, connection_id: UUID) -> Connection:
    return visible_connection(request.actor, connection_id)


@router.get("/connections/{connection_id}", response=ConnectionOut)
def show_connection(request: ActorRequest, connection_id: UUID) -> ConnectionOut:
    """One connection's metadata. No token, ever."""
    connection = _visible(request, connection_id)
    return ConnectionOut.of(connection, get_connector(connection.connector))


@router.get("/connections/{connection_id}/readiness", response=list[ReadinessOut])
def show_readiness(request: ActorRequest, connection_id: UUID) -> list[ReadinessOut]:
    """What each card would meet with this connection, in the words of the run's own error."""
    connection = _visible(request, connection_id)
    state = state_of(connection)
    return [ReadinessOut.of(card_readiness(state, card)) for card in get_connector(connection.connector).cards]


@router.get("/connections/{connection_id}/authorizations", response=list[GrantOut])
def list_authorizations(request: ActorRequest, connection_id: UUID) -> list[GrantOut]:
    """Every finished authorization of the connection, newest first, with what it added and took."""
    connection = _visible(request, connection_id)
    return [GrantOut.of(grant) for grant in connection.grants.select_related("by")]
