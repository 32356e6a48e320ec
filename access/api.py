"""API keys and the audit trail over HTTP."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from access import policy
from access.actor import actor_of
from access.operations.create_api_key import create_api_key
from access.operations.revoke_api_key import revoke_api_key
from access.people_queries import list_keys
from access.queries import MOST_COUNTED, AuditFilters, slice_entries
from access.reauthentication import require_fresh_session
from access.schemas import ApiKeyIn, ApiKeyList, ApiKeyOut, AuditEntryOut, AuditPageOut, NewApiKeyOut
from kernel.errors import InputRejected

router = Router(tags=["API keys and audit"])


class AuditQuery(Schema):
    search: Annotated[str, Field(max_length=254)] = ""
    event: Annotated[str, Field(max_length=60)] = ""
    person: UUID | None = None
    since: date | None = None
    until: date | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str = ""


@router.get("/audit", response=AuditPageOut)
def list_audit(request: HttpRequest, query: Query[AuditQuery]) -> AuditPageOut:
    """The audit trail, newest first. ``search`` is an object's id, or part of its name."""
    filters = AuditFilters(
        about=query.search,
        event=query.event,
        person=str(query.person or ""),
        since=query.since,
        until=query.until,
    )
    found = slice_entries(actor_of(request), filters, before=_before(query.cursor), limit=query.limit)
    is_counted = found.total <= MOST_COUNTED
    return AuditPageOut(
        items=[AuditEntryOut.of(entry) for entry in found.entries],
        next_cursor=None if found.next_before is None else str(found.next_before),
        total=found.total if is_counted else None,
        total_at_least=None if is_counted else MOST_COUNTED,
    )


def _before(cursor: str) -> int | None:
    """The sequence that the cursor names. :raises InputRejected: it isn't one that an answer gave."""
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 18):  # noqa: PLR2004  (fits the column)
        raise InputRejected(fields={"cursor": ["Send the next_cursor of an earlier answer, unchanged."]})
    return int(cursor)


class KeyQuery(Schema):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: str = ""


@router.get("/api-keys", response=ApiKeyList)
def list_api_keys(request: HttpRequest, query: Query[KeyQuery]) -> ApiKeyList:
    """Everybody's keys, newest first, revoked ones included. Never a key itself."""
    page, rows = list_keys(actor_of(request), page=str(_before(query.cursor) or 1), limit=query.limit)
    return ApiKeyList(
        items=[ApiKeyOut.of(row.key) for row in rows],
        next_cursor=str(page.next_page_number()) if page.has_next() else None,
        total=page.paginator.count,
    )


@router.post("/api-keys", response={201: NewApiKeyOut})
def make_api_key(request: HttpRequest, body: ApiKeyIn) -> Status[Any]:
    """A key of the caller's, told only in this answer. With a session, the password must be fresh."""
    actor = actor_of(request)
    policy.require(actor, "api_key.manage")
    require_fresh_session(request)
    made = create_api_key(actor, owner=actor.person, name=body.name, permissions=body.permissions, days=body.days)
    return Status(201, NewApiKeyOut.made(made))


@router.delete("/api-keys/{key_id}", response={204: None})
def end_api_key(request: HttpRequest, key_id: UUID) -> Status[None]:
    """Revoke a key. With a session, the password must be fresh."""
    actor = actor_of(request)
    policy.require(actor, "api_key.manage")
    require_fresh_session(request)
    revoke_api_key(actor, key_id)
    return Status(204, None)
