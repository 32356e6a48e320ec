"""Reading: connectors and their scopes, the list, one connection, what its cards would meet."""

from typing import Annotated, Literal
from uuid import UUID

from django.db.models import prefetch_related_objects
from ninja import Query, Schema
from pydantic import Field

from access import policy
from connections.api.cursors import cursor_of, page_of
from connections.api.requests import ActorRequest
from connections.api.router import router
from connections.extensions import Connector, connectors, get_connector
from connections.queries import MOST_COUNTED, ConnectionFilters, list_connections, visible_connection
from connections.readiness import card_readiness, state_of
from connections.schemas import ConnectionList, ConnectionOut, ConnectorOut, ReadinessOut, ScopeOut
from kernel.errors import NotFound


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
    policy.require(request.actor, "connection.view")
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
        page=page_of(query.cursor),
        limit=query.limit,
    )
    prefetch_related_objects([row.connection for row in page.rows], "shared_with")
    is_counted = page.total <= MOST_COUNTED
    return ConnectionList(
        items=[ConnectionOut.of(row.connection, get_connector(row.connection.connector)) for row in page.rows],
        next_cursor=cursor_of(page.number + 1) if page.has_next else None,
        total=page.total if is_counted else None,
        total_at_least=None if is_counted else MOST_COUNTED,
    )


@router.get("/connections/{connection_id}", response=ConnectionOut)
def show_connection(request: ActorRequest, connection_id: UUID) -> ConnectionOut:
    """One connection's metadata. No token, ever."""
    connection = visible_connection(request.actor, connection_id)
    return ConnectionOut.of(connection, get_connector(connection.connector))


@router.get("/connections/{connection_id}/readiness", response=list[ReadinessOut])
def show_readiness(request: ActorRequest, connection_id: UUID) -> list[ReadinessOut]:
    """What each card would meet with this connection, in the words of the run's own error."""
    connection = visible_connection(request.actor, connection_id)
    state = state_of(connection)
    return [ReadinessOut.of(card_readiness(state, card)) for card in get_connector(connection.connector).cards]
