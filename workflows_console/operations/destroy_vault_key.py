"""Destroy one of the vault's root keys, and tell the audit trail."""

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from vault.operations.destroy_root_key import destroy_root_key


def destroy_vault_key(actor: Actor, key_id: bytes) -> bool:
    """False where it was destroyed before.

    :raises NotPermitted: the actor may not. :raises NotFound, RootKeyInUse, RingNotWritable: see
        :func:`vault.operations.destroy_root_key.destroy_root_key`.
    """
    policy.require(actor, "policy.manage")
    # In transactions of their own: others hold a data key and wait for the trail, which in one could deadlock.
    key = destroy_root_key(key_id)
    if key:
        with transaction.atomic():
            audit.record(actor, "vault.key_destroyed", kind="vault_key", object_id=key_id.hex(), name=key.purpose)
    return key is not None
