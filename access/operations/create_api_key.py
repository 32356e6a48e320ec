"""Make a key that acts for its owner at the HTTP API, within its own list of permissions."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction

from access import audit, policy
from access.actor import Actor, Via
from access.models import ApiKey, User
from access.permissions import PERMISSIONS
from kernel.clock import now
from kernel.errors import InputRejected
from kernel.ids import fingerprint, new_secret

PREFIX = "wfc_"
SHOWN_OF_SECRET = 6
"""So much of a key is kept in clear, to tell keys apart."""

DEFAULT_DAYS = 90
MOST_DAYS = 366
MAX_NAME = 80


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A key, and the secret that nobody can read again."""

    key: ApiKey
    secret: str = field(repr=False)


def create_api_key(
    actor: Actor, *, owner: User, name: str, permissions: Iterable[str], days: int = DEFAULT_DAYS
) -> NewKey:
    """A new key of the owner, good for so many days.

    :raises NotPermitted: the actor may not manage keys.
    :raises InputRejected: a value can't be taken, or no role of the owner includes a permission.
    """
    policy.require(actor, "api_key.manage")
    wanted = sorted(set(permissions))
    name = " ".join(name.split())
    _check(actor, owner, name, wanted, days)
    secret = PREFIX + new_secret()
    key = ApiKey(
        owner=owner,
        name=name,
        prefix=secret[: len(PREFIX) + SHOWN_OF_SECRET],
        hash=fingerprint(secret),
        permissions=wanted,
        expires_at=now() + timedelta(days=days),
    )
    with transaction.atomic():
        key.save(force_insert=True)
        audit.record(
            actor,
            "api_key.created",
            kind="api_key",
            object_id=str(key.pk),
            name=key.name,
            difference={
                "owner": owner.email,
                "permissions": wanted,
                "expires_at": key.expires_at.isoformat(timespec="seconds"),
            },
        )
    return NewKey(key=key, secret=secret)


def _check(actor: Actor, owner: User, name: str, wanted: list[str], days: int) -> None:
    fields: dict[str, list[str]] = {}
    if not name or len(name) > MAX_NAME or not name.isprintable():
        fields["name"] = [f"Enter a name of at most {MAX_NAME} characters. It tells this key from others."]
    if not 1 <= days <= MOST_DAYS:
        fields["days"] = [f"A key may be good for 1 to {MOST_DAYS} days."]
    fields["permissions"] = _refusals(actor, owner, wanted)
    refused = {field: texts for field, texts in fields.items() if texts}
    if refused:
        raise InputRejected(fields=refused)


def _refusals(actor: Actor, owner: User, wanted: list[str]) -> list[str]:
    """Why permissions can't be on the list: a key has no more than its owner, nor than the key that makes it."""
    if not wanted:
        return ["Name at least one permission."]
    unknown = [name for name in wanted if name not in PERMISSIONS]
    if unknown:
        return [f"There is no permission {', '.join(unknown)}. Known: {', '.join(PERMISSIONS)}."]
    if actor.key and (beyond := [name for name in wanted if name not in actor.key.permissions]):
        return [f"The key that you call with doesn’t have {', '.join(beyond)} itself."]
    holder = Actor(user=owner, via=Via.API)
    return [f"No role of {owner.email} includes {name}." for name in wanted if not policy.may(holder, name)]
