"""Why a root key can't be added or destroyed."""

from dataclasses import dataclass
from typing import ClassVar

from kernel.errors import Conflict, Fixer, Retry


@dataclass(kw_only=True, eq=False)
class RingNotWritable(Conflict):
    """The ring comes from the environment, or from a file that this process may not replace."""

    code: ClassVar[str] = "vault.ring_not_writable"
    title: ClassVar[str] = "The key ring can't be changed from here"
    cause_template: ClassVar[str] = "{place} can't be written by this process ({reason})."
    remedy_template: ClassVar[str] = (
        "Change the ring where it is kept, as docs/operations.md shows under Vault keys, then run this again."
    )
    fixer: ClassVar[Fixer] = Fixer.OPERATOR
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    place: str
    reason: str


@dataclass(kw_only=True, eq=False)
class RootKeyInUse(Conflict):
    """Without the key, what is sealed under it could never be opened again."""

    code: ClassVar[str] = "vault.root_key_in_use"
    title: ClassVar[str] = "The key is in use"
    cause_template: ClassVar[str] = "The vault key {key_id} is {state}, and {data_keys} data keys are sealed under it."
    remedy_template: ClassVar[str] = "Run rotate_vault_key first. Nothing was destroyed."
    fixer: ClassVar[Fixer] = Fixer.OPERATOR
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    key_id: str
    state: str
    data_keys: int
