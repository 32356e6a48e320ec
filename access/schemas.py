"""What the HTTP API says of keys and of the audit trail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from access.models import ApiKey, AuditEntry
from access.operations.create_api_key import DEFAULT_DAYS, NewKey


class ApiKeyIn(Schema):
    name: str
    permissions: list[str] = Field(description="At most those of the caller.")
    days: int = DEFAULT_DAYS


class ApiKeyOut(Schema):
    id: UUID
    name: str
    prefix: str
    owner: str
    permissions: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> "ApiKeyOut":
        return cls(**_facts(key))


class NewApiKeyOut(ApiKeyOut):
    key: str = Field(description="The key itself, told only now.")

    @classmethod
    def made(cls, new: NewKey) -> "NewApiKeyOut":
        return cls(key=new.secret, **_facts(new.key))


def _facts(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.pk,
        "name": key.name,
        "prefix": key.prefix,
        "owner": key.owner.email,
        "permissions": key.permissions,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }


class ApiKeyList(Schema):
    items: list[ApiKeyOut]
    next_cursor: str | None
    total: int


class AuditEntryOut(Schema):
    sequence: int
    at: datetime
    event: str
    object_kind: str
    object_id: str
    object_name: str
    actor_id: UUID | None
    actor_name: str
    api_key: UUID | None
    via: str
    address: str
    request_id: str
    difference: dict[str, Any]
    hash: str

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditEntryOut":
        return cls(
            sequence=entry.sequence,
            at=entry.at,
            event=entry.event,
            object_kind=entry.object_kind,
            object_id=entry.object_id,
            object_name=entry.object_name,
            actor_id=entry.actor_user_id,
            actor_name=entry.actor_name,
            api_key=entry.actor_key,
            via=entry.via,
            address=entry.address,
            request_id=entry.request_id,
            difference=entry.difference,
            hash=entry.hash,
        )


class AuditPageOut(Schema):
    items: list[AuditEntryOut]
    next_cursor: str | None
    total: int | None = Field(description="Null above 10,000.")
    total_at_least: int | None = None
