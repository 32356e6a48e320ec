"""Rotate the vault's root keys, and tell the audit trail."""

from collections.abc import Callable

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from vault.keyring import KeyState
from vault.operations.rotate_root_keys import Rotated, rotate_root_keys
from vault.queries import root_keys


def rotate_vault_key(actor: Actor, progress: Callable[[int, int], None] = lambda _done, _total: None) -> Rotated:
    """New active keys, with every data key on them; see :func:`vault.operations.rotate_root_keys.rotate_root_keys`.

    :raises NotPermitted: the actor may not. :raises RingNotWritable: no key can be added from here.
    """
    policy.require(actor, "policy.manage")
    rotated = rotate_root_keys(progress)
    with transaction.atomic():
        for key in root_keys():
            if key.state is KeyState.ACTIVE:
                audit.record(
                    actor,
                    "vault.key_rotated",
                    kind="vault_key",
                    object_id=key.id.hex(),
                    name=key.purpose,
                    difference={"data keys": key.data_keys},
                )
    return rotated
