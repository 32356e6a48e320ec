"""The key ring: where it comes from, what is refused, and that no message holds any of it."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django.fixtures import Settings

from kernel.errors import VaultFailure
from vault.keyring import load_ring, load_rings, parse_rings
from vault.operations.check_ring import check_ring

SECRET = base64.b64encode(b"canary-canary-canary-canary-32by").decode()


def entry(number: int = 1, **members: Any) -> dict[str, Any]:
    key = base64.b64encode(bytes([number]) * 32).decode()
    made = {"id": f"{number:016x}", "purpose": "connection", "key": key, "state": "active"}
    return {**made, "created_at": "2026-01-01T00:00:00+00:00", **members}


def without(member: str) -> dict[str, Any]:
    return {name: value for name, value in entry(key=SECRET).items() if name != member}


def ring(*entries: Any) -> str:
    return json.dumps({"keys": list(entries)})


BROKEN = {
    "is not JSON": f"not JSON {SECRET}",
    'has no list "keys"': json.dumps([SECRET]),
    'has no list "keys" ': json.dumps({"keys": SECRET}),
    'has no list "keys"  ': ring(),
    "at key 1: it must be an object": ring(SECRET),
    "at key 2: it must be an object whose members are texts": ring(entry(), entry(2, key=[SECRET])),
    'at key 1: "id"': ring(entry(id=SECRET)),
    'at key 1: "id" ': ring(without("id")),
    'at key 1: "purpose"': ring(entry(purpose=SECRET)),
    'at key 1: "state"': ring(entry(state=SECRET)),
    'at key 1: "created_at"': ring(entry(created_at=SECRET)),
    'at key 1: "created_at" ': ring(without("created_at")),
    'at key 1: "key" must be base64 of 32 bytes': ring(entry(key=SECRET[:-8])),
    'at key 1: "key" must be base64 of 32 bytes ': ring(entry(key=f"{SECRET}ü")),
    'at key 1: "key" must be base64 of 32 bytes  ': ring(without("key")),
    'at key 2: "key" must be absent': ring(entry(), entry(2, state="destroyed", key=SECRET)),
    "exactly one active key of the purpose connection": ring(entry(), entry(2, key=SECRET)),
    "exactly one active key of the purpose run": ring(entry(), entry(2, state="decrypt_only", purpose="run")),
    "repeats an id": ring(entry(), entry(2, id=f"{1:016x}", state="decrypt_only", key=SECRET)),
    "repeats a key": ring(entry(key=SECRET), entry(2, purpose="run", key=SECRET)),
}


@pytest.mark.parametrize(("words", "text"), BROKEN.items(), ids=BROKEN)
def test_a_broken_ring_is_refused_in_words_that_hold_none_of_it(words: str, text: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        parse_rings(text)
    assert words.strip() in str(caught.value)
    assert SECRET[:20] not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("way", ["its beginning", "its end", "its hash"])
def test_a_key_made_from_secret_key_is_refused(way: str, settings: Settings) -> None:
    import hashlib

    raw = settings.SECRET_KEY.encode()
    secret = {"its beginning": raw[:32], "its end": raw[-32:], "its hash": hashlib.sha256(raw).digest()}[way]
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        parse_rings(ring(entry(key=base64.b64encode(secret).decode())))


def test_the_active_key_seals_older_ones_open_and_destroyed_ones_are_gone() -> None:
    gone = {name: value for name, value in entry(3, state="destroyed").items() if name != "key"}
    found = parse_rings(ring(entry(1, state="decrypt_only"), entry(2), gone))["connection"]
    assert found.active.id == (2).to_bytes(8)
    older = found.find((1).to_bytes(8))
    assert older is not None
    assert older.secret == b"\x01" * 32
    assert found.find((3).to_bytes(8)) is None
    assert found.find((4).to_bytes(8)) is None


def test_a_purpose_has_a_ring_of_its_own() -> None:
    rings = parse_rings(ring(entry(1), entry(2, purpose="run")))
    assert rings["connection"].find((2).to_bytes(8)) is None
    assert rings["run"].active.id == (2).to_bytes(8)


def test_no_key_is_in_the_repr_of_a_ring() -> None:
    shown = repr(parse_rings(ring(entry(key=SECRET))))
    assert SECRET not in shown
    assert "canary" not in shown


def _ring_file(folder: Path, mode: int) -> str:
    path = folder / "ring.json"
    path.write_text(ring(entry()))
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_only_its_owner_can_read_is_taken(mode: int, tmp_path: Path, settings: Settings) -> None:
    settings.VAULT_KEY_RING_FILE = _ring_file(tmp_path, mode)
    assert load_ring("connection").active.secret == b"\x01" * 32


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666])
def test_a_file_others_can_reach_is_refused(mode: int, tmp_path: Path, settings: Settings) -> None:
    settings.VAULT_KEY_RING_FILE = _ring_file(tmp_path, mode)
    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        load_rings()


def test_a_file_that_is_not_there_is_named(tmp_path: Path, settings: Settings) -> None:
    settings.VAULT_KEY_RING_FILE = str(tmp_path / "none.json")
    with pytest.raises(ImproperlyConfigured, match="file can't be read"):
        load_rings()


def test_a_file_of_raw_bytes_is_named(tmp_path: Path, settings: Settings) -> None:
    path = tmp_path / "ring.json"
    path.write_bytes(b"\xff\xfe\x00")
    path.chmod(0o600)
    settings.VAULT_KEY_RING_FILE = str(path)
    with pytest.raises(ImproperlyConfigured, match="not UTF-8"):
        load_rings()


def test_no_ring_at_all_is_named(settings: Settings) -> None:
    settings.VAULT_KEY_RING_FILE = settings.VAULT_KEY_RING = ""
    with pytest.raises(ImproperlyConfigured, match="is not set, nor is VAULT_KEY_RING_FILE"):
        load_rings()


def test_the_check_wants_a_ring_for_each_purpose(settings: Settings) -> None:
    check_ring()
    settings.VAULT_PURPOSES = (*settings.VAULT_PURPOSES, "unheard_of")
    with pytest.raises(ImproperlyConfigured, match="no active key of the purpose unheard_of"):
        check_ring()


def test_the_check_fails_when_what_was_sealed_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vault.operations.check_ring.open_with", lambda *_arguments: b"")
    with pytest.raises(VaultFailure):
        check_ring()
