"""What a local console makes for itself at its first start: its secrets, in files only it can read."""

import base64
import json
import os
import secrets
from pathlib import Path

from kernel.clock import now


def _write_private(path: Path, content: str) -> None:
    """Create the file with mode 0600; when another process was first, its file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)


def secret_file(path: Path) -> str:
    """Django's SECRET_KEY, made once."""
    _write_private(path, secrets.token_urlsafe(50))
    return path.read_text(encoding="utf-8").strip()


def vault_ring_file(path: Path) -> str:
    """The vault's key ring, made once; independent of SECRET_KEY. Returns its path. Format: vault/keyring.py."""
    key = {
        "id": secrets.token_hex(8),
        "key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "state": "active",
        "created_at": now().isoformat(),
    }
    _write_private(path, json.dumps({"keys": [key]}, indent=2) + "\n")
    return str(path)
