"""What a local console makes for itself at its first start: its secrets, in files only it can read."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kernel.clock import now


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Several processes start together; whoever comes second finds what the first one made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "first_start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_private(path: Path, content: str) -> None:
    """Put the file in place at once and whole, with mode 0600."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def secret_file(path: Path) -> str:
    """Django's SECRET_KEY, made once."""
    with _one_at_a_time(path.parent):
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(50))
    return path.read_text(encoding="utf-8").strip()


def vault_ring_file(path: Path, purposes: Iterable[str]) -> str:
    """The vault's key ring with a key of each purpose, independent of SECRET_KEY. Returns its path.

    A purpose that a newer version brings gets its key at the next start; no key is ever replaced.
    """
    with _one_at_a_time(path.parent):
        try:
            keys = json.loads(path.read_text(encoding="utf-8"))["keys"] if path.exists() else []
            missing = [purpose for purpose in purposes if purpose not in {key["purpose"] for key in keys}]
        except (OSError, ValueError, KeyError, TypeError):
            return str(path)  # not a ring: the vault says what is wrong with it, and nothing is written over it
        if missing:
            _write_private(path, new_ring(missing, keys))
    return str(path)


def new_ring(purposes: Iterable[str], keys: Iterable[dict[str, Any]] = ()) -> str:
    """A key ring as JSON: the keys given, and a new one for each purpose. Format: vault/keyring.py."""
    made = [
        {
            "id": secrets.token_hex(8),
            "purpose": purpose,
            "key": base64.b64encode(secrets.token_bytes(32)).decode(),
            "state": "active",
            "created_at": now().isoformat(),
        }
        for purpose in purposes
    ]
    return json.dumps({"keys": [*keys, *made]}, indent=2) + "\n"
