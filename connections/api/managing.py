"""Changing what there is: edit, pause, share, delete, and what deleting would touch."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.db import transaction
from ninja import Query, Schema

from access.actor import Actor
from access.reauthentication import require_fresh_session
from connections.api.requests import ActorRequest
from connections.api.router import router
from connections.extensions import get_connector
from connections.impact import Impact, impact_of
from connections.models import Connection, Revocation
from connections.operations.change_owner import change_owner
from connections.operations.delete_connection import delete_connection
from connections.operations.edit_connection import edit_connection
from connections.operations.pause_connection import pause_connection
from connections.operations.resume_connection import resume_connection
from connections.operations.set_default_service_account import set_default_service_account
from connections.operations.share_connection import share_connection
from connections.queries import visible_connection
from connections.schemas import ConnectionOut


class ConnectionEdit(Schema):
    """What is left out stays. ``version`` is the one that was read; ``owner`` an address. Of the two defaults, one
    left out is as it was; both empty mean none.
    """

    version: int
    nickname: str | None = None
    description: str | None = None
    owner: str | None = None
    default_project: str | None = None
    default_service_account: str | None = None


class ShareIn(Schema):
    """``people`` are addresses, and count only when ``sharing`` is *people*."""

    version: int
    sharing: Literal["private", "people", "everyone"]
    people: list[str] = []


class UseOut(Schema):
    kind: str
    title: str
    url: str
    waiting_runs: int
    steps: list[str]
    state: str
    recent_runs: int
    next_at: datetime | None


class SiblingOut(Schema):
    id: UUID
    nickname: str
    status: str


class ImpactOut(Schema):
    """``siblings`` share the grant at Google; while there are any, deleting leaves it alive."""

    uses: list[UseOut]
    waiting_runs: int
    siblings: list[SiblingOut]
    hidden_siblings: int

    @classmethod
    def of(cls, impact: Impact) -> "ImpactOut":
        return cls(
            uses=[
                UseOut(
                    kind=use.kind,
                    title=use.title,
                    url=use.url,
                    waiting_runs=use.waiting_runs,
                    steps=list(use.steps),
                    state=use.state,
                    recent_runs=use.recent_runs,
                    next_at=use.next_at,
                )
                for use in impact.uses
            ],
            waiting_runs=impact.waiting_runs,
            siblings=[SiblingOut(id=each.pk, nickname=each.nickname, status=each.status) for each in impact.siblings],
            hidden_siblings=impact.hidden_siblings,
        )


class ReceiptOut(Schema):
    """What became of a deleted connection's grant: revoked, kept, waiting, no_token or given_up."""

    id: UUID
    nickname: str
    account: str
    deleted_at: datetime | None
    grant: str
    siblings: int
    tried_until: datetime | None

    @classmethod
    def of(cls, revocation: Revocation) -> "ReceiptOut":
        connection = revocation.connection
        assert connection is not None  # noqa: S101  (it was just deleted)
        return cls(
            id=connection.pk,
            nickname=connection.nickname,
            account=connection.account_email,
            deleted_at=connection.deleted_at,
            grant=revocation.state,
            siblings=revocation.siblings,
            tried_until=None if revocation.ended_at else revocation.expires_at,
        )


def _out(connection: Connection) -> ConnectionOut:
    return ConnectionOut.of(connection, get_connector(connection.connector))


@router.patch("/connections/{connection_id}", response=ConnectionOut)
def edit(request: ActorRequest, connection_id: UUID, body: ConnectionEdit) -> ConnectionOut:
    """Rename it, describe it, set its default service account, hand it to another owner: all of it or nothing. For
    that last, with a session, the password must be fresh.
    """
    if body.owner is not None:
        require_fresh_session(request)
    sets_default = body.default_project is not None or body.default_service_account is not None
    is_edited = body.nickname is not None or body.description is not None
    version = body.version
    with transaction.atomic():
        if is_edited or (body.owner is None and not sets_default):
            connection = edit_connection(
                request.actor,
                connection_id,
                version=version,
                nickname=body.nickname,
                description=body.description,
            )
            version = connection.version
        if sets_default:
            connection = _defaults_set(request.actor, connection_id, version, body)
            version = connection.version
        if body.owner is not None:
            connection = change_owner(request.actor, connection_id, version=version, owner=body.owner)
    return _out(connection)


def _defaults_set(actor: Actor, connection_id: UUID, version: int, body: ConnectionEdit) -> Connection:
    now = visible_connection(actor, connection_id)
    project, account = body.default_project, body.default_service_account
    return set_default_service_account(
        actor,
        connection_id,
        project=now.default_project if project is None else project,
        service_account=now.default_service_account if account is None else account,
        version=version,
    )


@router.delete("/connections/{connection_id}", response=ReceiptOut)
def delete(
    request: ActorRequest, connection_id: UUID, confirm: Annotated[str, Query(max_length=320)] = ""
) -> ReceiptOut:
    """Delete it. In use, it takes ``confirm`` with its nickname; without, the answer says what uses it. With a session,
    the password must be fresh.
    """
    require_fresh_session(request)
    return ReceiptOut.of(delete_connection(request.actor, connection_id, confirmation=confirm))


@router.get("/connections/{connection_id}/impact", response=ImpactOut)
def show_impact(request: ActorRequest, connection_id: UUID) -> ImpactOut:
    """What uses it, which runs wait, and which connections share its grant at Google."""
    return ImpactOut.of(impact_of(request.actor, visible_connection(request.actor, connection_id)))


@router.post("/connections/{connection_id}/pause", response=ConnectionOut)
def pause(request: ActorRequest, connection_id: UUID) -> ConnectionOut:
    """Stop every use of it. Its grant stays."""
    return _out(pause_connection(request.actor, connection_id))


@router.post("/connections/{connection_id}/resume", response=ConnectionOut)
def resume(request: ActorRequest, connection_id: UUID) -> ConnectionOut:
    """Let it be used again."""
    return _out(resume_connection(request.actor, connection_id))


@router.post("/connections/{connection_id}/share", response=ConnectionOut)
def share(request: ActorRequest, connection_id: UUID, body: ShareIn) -> ConnectionOut:
    """Say who may see and use it beside its owner. With a session, the password must be fresh."""
    require_fresh_session(request)
    return _out(
        share_connection(request.actor, connection_id, version=body.version, sharing=body.sharing, people=body.people)
    )
