"""What a local console makes for itself at its first start: its secrets, in files only it can read."""

import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from kernel.private_files import one_at_a_time, write_private
from vault.ring_file import complete_ring


def secret_file(path: Path) -> str:
    """Django's SECRET_KEY, made once."""
    with one_at_a_time(path):
        if not path.exists():
            write_private(path, secrets.token_urlsafe(50))
    return path.read_text(encoding="utf-8").strip()


def vault_ring_file(path: Path, purposes: Iterable[str]) -> str:
    """The vault's key ring with a key of each purpose, independent of SECRET_KEY. Returns its path.

    A purpose that a newer version brings gets its key at the next start. What is no ring, or can't be read, is
    left as it is: the vault says what is wrong with it.
    """
    with suppress(OSError, ValueError):
        complete_ring(path, purposes)
    return str(path)
