"""The format of version 1 is frozen: what was once written stays readable, and is still written the same."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.vault import second_implementation
from vault.cipher import Context, Key, open_with, seal_with

FILE = Path(__file__).parent / "golden_v1.json"
VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))


def test_the_vectors_are_those_of_the_first_release() -> None:
    """A changed file means that rows written before no longer open. Add another file for another version."""
    digest = hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert digest == "855044789d2bdd9ec00c768cfa1d0b998c8187c5ad2ad8e010f85d24762d9a6a"


@pytest.mark.parametrize("vector", VECTORS, ids=[each["name"] for each in VECTORS])
def test_a_golden_vector_opens_and_is_sealed_the_same(vector: dict[str, Any]) -> None:
    key = Key(id=bytes.fromhex(vector["key_id"]), secret=bytes.fromhex(vector["key"]))
    context, salt = Context(**vector["context"]), bytes.fromhex(vector["salt"])
    plaintext, sealed = bytes.fromhex(vector["plaintext"]), bytes.fromhex(vector["sealed"])

    assert open_with(lambda key_id: key if key_id == key.id else None, context, sealed) == plaintext
    assert seal_with(key, context, plaintext, lambda size: salt[:size]) == sealed
    assert second_implementation.open_sealed(key.secret, vector["context"], sealed) == plaintext
    assert second_implementation.seal(key.id, key.secret, salt, vector["context"], plaintext) == sealed
