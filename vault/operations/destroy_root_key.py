"""Take a root key out of the ring for good. What was sealed under it, in a backup for instance, never opens again."""

from pathlib import Path

from django.conf import settings

from kernel.errors import NotFound
from vault.errors import RingNotWritable, RootKeyInUse
from vault.keyring import KeyState
from vault.operations.data_keys import no_new_data_keys
from vault.queries import RootKey, root_keys
from vault.ring_file import forget_key


def destroy_root_key(key_id: bytes) -> RootKey | None:
    """The key as it was; None where it was destroyed before.

    :raises NotFound: the ring has no such key. :raises RootKeyInUse: it is active, or data keys are sealed under it.
    :raises RingNotWritable: the ring is in the environment, or in a file that can't be written.
    """
    with no_new_data_keys():
        key = next((each for each in root_keys() if each.id == key_id), None)
        if key is None:
            raise NotFound(kind="vault key")
        if key.state is KeyState.DESTROYED:
            return None
        if key.state is KeyState.ACTIVE or key.data_keys:
            raise RootKeyInUse(key_id=key_id.hex(), state=key.state.replace("_", "-"), data_keys=key.data_keys)
        _forget(key_id)
    return key


def _forget(key_id: bytes) -> None:
    """:raises RingNotWritable:"""
    place = settings.VAULT_KEY_RING_FILE
    if not place:
        raise RingNotWritable(place="VAULT_KEY_RING", reason="it is in the environment")
    try:
        forget_key(Path(place), key_id)
    except OSError as error:
        raise RingNotWritable(place=place, reason=str(error.strerror)) from None
