"""Hand out the list of connections as rows for a file."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from connections.extensions import short_scope
from connections.queries import ConnectionFilters, Row, filters_in_words, list_connections

AT_ONCE = 500
HEADINGS = (
    "Nickname",
    "Description",
    "Connector",
    "Google account",
    "Account type",
    "Hosted domain",
    "Status",
    "Cause",
    "Since",
    "Cards served",
    "Cards",
    "Cards not served",
    "Uses",
    "Owner",
    "Sharing",
    "Created",
    "Last used",
    "Last checked",
    "Grant ends",
    "Scopes requested",
    "Scopes granted",
    "Id",
)


def export_connections(actor: Actor, filters: ConnectionFilters, *, sort: str) -> list[tuple[str, ...]]:
    """A row of texts, as ``HEADINGS`` name them, for every connection that the filters leave. No secret is among them.

    :raises NotPermitted: the actor may not export. :raises InputRejected: a filter names what isn't there.
    """
    policy.require(actor, "connection.export")
    with transaction.atomic():
        rows = [_texts(row) for row in _all(actor, filters, sort)]
        audit.record(
            actor,
            "connection.list_exported",
            kind="connection_list",
            object_id="",
            name="Connections",
            difference={"connections": len(rows), **filters_in_words(filters)},
        )
    return rows


def _all(actor: Actor, filters: ConnectionFilters, sort: str) -> Iterator[Row]:
    for number in count(1):
        page = list_connections(actor, filters, sort=sort, page=number, limit=AT_ONCE)
        yield from page.rows
        if not page.has_next:
            return


def _texts(row: Row) -> tuple[str, ...]:
    connection = row.connection
    actions = row.coverage.actions
    return (
        connection.nickname,
        connection.description,
        connection.connector,
        connection.account_email,
        connection.get_account_type_display(),
        connection.account_hosted_domain,
        connection.get_status_display(),
        row.cause.cause if row.cause else "",
        _time(connection.status_since),
        str(row.coverage.served),
        str(row.coverage.total),
        ", ".join(each.card.title for each in actions if not each.is_ready),
        str(row.flows),
        connection.owner.email,
        connection.get_sharing_display(),
        _time(connection.created_at),
        _time(connection.last_used_at),
        _time(connection.last_checked_at),
        _time(connection.grant_expires_at),
        " ".join(map(short_scope, connection.requested_scopes)),
        " ".join(map(short_scope, connection.granted_scopes)),
        str(connection.pk),
    )


def _time(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
