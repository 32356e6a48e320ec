"""End an API key."""

from uuid import UUID

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from access.models import ApiKey
from kernel.clock import now
from kernel.errors import NotFound


def revoke_api_key(actor: Actor, key_id: UUID) -> ApiKey:
    """The key, which nothing accepts from now on; a key revoked before stays as it is.

    :raises NotPermitted: the actor may not manage keys. :raises NotFound: there is no such key.
    """
    policy.require(actor, "api_key.manage")
    with transaction.atomic():
        key = ApiKey.objects.select_for_update(of=("self",)).select_related("owner").filter(pk=key_id).first()
        if key is None:
            raise NotFound(kind="API key")
        if key.revoked_at is None:
            key.revoked_at = now()
            key.save(update_fields=["revoked_at"])
            about = {"kind": "api_key", "object_id": str(key.pk), "name": key.name}
            audit.record(actor, "api_key.revoked", **about, difference={"owner": key.owner.email})
    return key
