"""Which secrets a stack holds, and a search for them in bytes: plain, quoted for addresses, base64, hex."""

import base64
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from tests.processes import PASSWORD, Stack

SHORTEST = 12
"""A shorter value could stand anywhere by chance."""

# Where a secret is at home: searched by nobody. The sandbox is Google, and holds what Google holds.
HOMES = ("sandbox.sqlite3", "secret_key", "vault_ring.json")


def secrets_of(stack: Stack) -> dict[str, str]:
    """Every secret of a stack by the name of its kind: what Google has issued, and what the console made."""
    data = Path(stack.environment["DATA_DIR"])
    found = {
        "client secret": "GOCSPX-sandbox-only-secret",
        "password": PASSWORD,
        "SECRET_KEY": (data / "secret_key").read_text().strip(),
    }
    for index, key in enumerate(json.loads((data / "vault_ring.json").read_text())["keys"]):
        found[f"vault key {index}"] = key["key"]
    for index, (kind, value) in enumerate(_issued(data / "sandbox.sqlite3")):
        found[f"{kind} {index}"] = value
    return {name: value for name, value in found.items() if len(value) >= SHORTEST}


def _issued(path: Path) -> Iterator[tuple[str, str]]:
    """Every value in the sandbox's file that looks like something Google issues."""
    kinds = {"ya29.": "access token", "1//": "refresh token", "4/0": "authorization code"}
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in db.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    kind = next((each for each in kinds if isinstance(value, str) and value.startswith(each)), None)
                    if kind:
                        yield kinds[kind], value


def forms_of(secret: str) -> frozenset[bytes]:
    """How a value may look when something has encoded it."""
    raw = secret.encode()
    encoded = base64.b64encode(raw).rstrip(b"=")
    return frozenset(
        {raw, quote(secret, safe="").encode(), quote_plus(secret).encode(), encoded[:-2], raw.hex().encode()}
    )


def leaks(secrets: Mapping[str, str], sinks: Mapping[str, bytes]) -> list[str]:
    """``kind in sink`` for each secret found in each sink."""
    forms = {name: forms_of(value) for name, value in secrets.items()}
    return [
        f"{name} in {sink}"
        for sink, content in sinks.items()
        for name, variants in forms.items()
        if any(variant in content for variant in variants)
    ]


def files_of(stack: Stack) -> dict[str, bytes]:
    """Every file of the data folder as bytes (each database column is in one), and the processes' logs at DEBUG."""
    data = Path(stack.environment["DATA_DIR"])
    paths = [path for path in data.rglob("*") if path.is_file() and not path.name.startswith(HOMES)]
    return {str(path.relative_to(stack.folder)): path.read_bytes() for path in [*paths, stack.log]}
