"""The key ring as a file: made, completed, and changed key by key. Format: vault/keyring.py.

Every change is checked as a ring before it replaces the file, and of two at once one comes after the other.
"""

import base64
import json
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kernel.clock import now
from kernel.private_files import one_at_a_time, write_private
from vault.cipher import KEY_BYTES, KEY_ID_BYTES

UNFINISHED = "unfinished"
"""The member ``rotation`` of the new keys while a rotation isn't over: what was cut short goes on with them."""

Entry = dict[str, str]


def new_ring(purposes: Iterable[str], keys: Iterable[Entry] = ()) -> str:
    """A key ring as JSON: the keys given, and a new one for each purpose."""
    return _as_json([*keys, *(_new_key(purpose) for purpose in purposes)])


def complete_ring(path: Path, purposes: Iterable[str]) -> list[str]:
    """Give each purpose its key, in a file that is made if need be; no key is ever replaced.

    Returns the purposes that had none. :raises ValueError: the file is no ring, and nothing is written over it.
    :raises OSError: it can't be read or written.
    """
    with one_at_a_time(path):
        keys = _entries(path) if path.exists() else []
        missing = [purpose for purpose in purposes if purpose not in {key["purpose"] for key in keys}]
        if missing:
            write_private(path, new_ring(missing, keys))
    return missing


def begin_rotation(path: Path) -> bool:
    """Give each purpose a new active key; the one before only opens from now on.

    False when a rotation is unfinished: that one goes on instead. :raises OSError: the file can't be written.
    """
    with _changing(path) as keys:
        if any("rotation" in key for key in keys):
            return False
        active = [key for key in keys if key["state"] == "active"]
        for key in active:
            key["state"] = "decrypt_only"
        keys += [_new_key(key["purpose"]) | {"rotation": UNFINISHED} for key in active]
    return True


def finish_rotation(path: Path) -> None:
    """Take the marks of a rotation away. :raises OSError: the file can't be written."""
    with _changing(path) as keys:
        for key in keys:
            key.pop("rotation", None)


def forget_key(path: Path, key_id: bytes) -> None:
    """Leave of a key its id, so that it is never given again. :raises OSError: the file can't be written."""
    with _changing(path) as keys:
        for key in keys:
            if key["id"] == key_id.hex():
                key["state"] = "destroyed"
                key.pop("key", None)


@contextmanager
def _changing(path: Path) -> Iterator[list[Entry]]:
    """The keys, to be changed in place and written back if they were."""
    place = path.resolve()  # a link stays one
    with one_at_a_time(place):
        keys = _entries(place)
        before = _as_json(keys)
        yield keys
        if _as_json(keys) != before:
            write_private(place, _as_json(keys))


def _entries(path: Path) -> list[Entry]:
    """:raises ValueError: it is no ring."""
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))["keys"]
        if all({"id", "purpose", "state"} <= set(key) for key in found):
            return list(found)
    except (KeyError, TypeError):
        pass
    raise ValueError("not a key ring") from None


def _new_key(purpose: str) -> Entry:
    return {
        "id": secrets.token_hex(KEY_ID_BYTES),
        "purpose": purpose,
        "key": base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode(),
        "state": "active",
        "created_at": now().isoformat(),
    }


def _as_json(keys: list[Entry]) -> str:
    return json.dumps({"keys": keys}, indent=2) + "\n"
