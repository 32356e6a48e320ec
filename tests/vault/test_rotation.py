"""Rotation of the root keys: cut short anywhere it goes on, and nothing is ever out of reach."""

import base64
import json
import random
from collections import Counter
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from pytest_django.fixtures import Settings

from access.models import AuditEntry
from kernel.errors import VaultFailure
from vault.cipher import KEY_ID_BYTES, Context, Key, key_id_of, open_with, seal_with
from vault.errors import RingNotWritable, RootKeyInUse
from vault.keyring import KeyState, load_ring
from vault.models import DataKey
from vault.operations import data_keys
from vault.operations.destroy_root_key import destroy_root_key
from vault.operations.open_sealed import open_sealed
from vault.operations.rotate_root_keys import rotate_root_keys
from vault.operations.seal import seal
from vault.queries import root_keys

CONNECTIONS, KILLS = 2000, 50
PURPOSE = "connection"
TOKEN = b"1//0gTestsOnly"


class Killed(BaseException):
    """As a process ends that is killed: nobody catches it."""


@pytest.fixture
def ring(settings: Settings, tmp_path: Path) -> Path:
    path = tmp_path / "ring.json"
    path.write_text(settings.VAULT_KEY_RING)
    path.chmod(0o600)
    settings.VAULT_KEY_RING_FILE = str(path)
    return path


def context_of(owner: UUID) -> Context:
    return Context(
        table="t", row=str(owner), field="token", purpose=PURPOSE, connector="gmail", subject=str(owner), version=1
    )


def sealed_for(owner: UUID) -> bytes:
    return seal(purpose=PURPOSE, owner=owner, context=context_of(owner), plaintext=TOKEN)


def make_many(count: int) -> dict[UUID, bytes]:
    """Data keys for so many owners, and what is sealed under each."""
    rows, values = [], {}
    for _number in range(count):
        owner, secret = uuid4(), random.randbytes(32)
        row = DataKey(uuid=uuid4(), purpose=PURPOSE, owner_uuid=owner)
        row.sealed = data_keys.sealed_by_active(row, secret)
        rows.append(row)
        values[owner] = seal_with(Key(id=row.uuid.bytes[:KEY_ID_BYTES], secret=secret), context_of(owner), TOKEN)
    DataKey.objects.bulk_create(rows)
    return values


def how_many_open(values: dict[UUID, bytes]) -> int:
    found = 0
    for row in DataKey.objects.all():
        find = {(key := data_keys.opened(row)).id: key}.get
        found += open_with(find, context_of(row.owner_uuid), values[row.owner_uuid]) == TOKEN
    return found


def on_each_key() -> Counter[str]:
    return Counter(key_id_of(bytes(row.sealed)).hex() for row in DataKey.objects.all())


def killed_after(statements: int) -> Callable[..., Any]:
    left = [statements]

    def run(execute: Callable[..., Any], *arguments: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        result = execute(*arguments)
        if left[0] == 0 and random.random() < 0.5:
            raise Killed  # after the statement, before anybody hears of it
        return result

    return run


@pytest.mark.django_db(transaction=True)
def test_a_rotation_killed_at_fifty_points_goes_on_and_everything_opens_after_each(
    ring: Path, figure: Callable[[str], None]
) -> None:
    random.seed(7)
    values, old = make_many(CONNECTIONS), load_ring(PURPOSE).active.id.hex()
    kills = opened = 0
    while kills < KILLS:
        try:
            with database.execute_wrapper(killed_after(random.randint(1, 70))):
                rotate_root_keys()
        except Killed:
            kills += 1
        opened += how_many_open(values)
        sealed_for(owner := uuid4())  # a connection that is made meanwhile
        values[owner] = seal(purpose=PURPOSE, owner=owner, context=context_of(owner), plaintext=TOKEN)
    assert on_each_key()[old]
    done = rotate_root_keys()
    left = on_each_key()[old]
    figure(
        f"vault: rotation of {CONNECTIONS} data keys killed at {kills} points: {opened} openings between, all good;"
        f" {left} left on the old key, {how_many_open(values)} of {len(values)} open at the end"
    )
    assert (done.is_new, done.failed, left) == (False, (), 0)
    assert how_many_open(values) == len(values) == CONNECTIONS + KILLS
    states = Counter(key.state for key in root_keys() if key.purpose == PURPOSE)
    assert states == {KeyState.ACTIVE: 1, KeyState.DECRYPT_ONLY: 1}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_killed_while_the_ring_is_written_the_ring_is_the_one_before(
    ring: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ring.read_text()

    def die(*_arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync" if step == "fsync" else "pathlib.Path.replace", die)
        with pytest.raises(Killed):
            rotate_root_keys()
    assert ring.read_text() == before
    assert rotate_root_keys().is_new


@pytest.mark.django_db
@pytest.mark.usefixtures("ring")
class TestARingThatChangesWhileAProcessRuns:
    def test_is_noticed_without_a_restart(self) -> None:
        sealed = sealed_for(owner := uuid4())
        old = load_ring(PURPOSE).active.id
        rotate_root_keys()
        assert load_ring(PURPOSE).active.id != old
        assert open_sealed(purpose=PURPOSE, owner=owner, context=context_of(owner), sealed=sealed) == TOKEN

    def test_a_data_key_under_way_when_the_key_is_destroyed_comes_to_the_new_one(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = load_ring(PURPOSE).active.id
        rotated: list[bool] = []

        def seal_then_rotate(key: Key, context: Context, plaintext: bytes) -> bytes:
            sealed = seal_with(key, context, plaintext)
            if context.table == "vault_datakey" and not rotated:
                rotated.append(True)
                rotate_root_keys()
                destroy_root_key(old)
            return sealed

        monkeypatch.setattr(data_keys, "seal_with", seal_then_rotate)
        sealed = sealed_for(owner := uuid4())
        assert rotated
        assert open_sealed(purpose=PURPOSE, owner=owner, context=context_of(owner), sealed=sealed) == TOKEN

    def test_a_row_destroyed_meanwhile_stays_destroyed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sealed_for(owner := uuid4())
        module = "vault.operations.rotate_root_keys.opened"

        def destroy_first(row: DataKey) -> Key:
            key = data_keys.opened(row)
            DataKey.objects.filter(pk=row.pk).delete()
            return key

        monkeypatch.setattr(module, destroy_first)
        assert rotate_root_keys().moved == 0
        assert not DataKey.objects.filter(owner_uuid=owner).exists()


@pytest.mark.django_db
class TestDestroyingAKey:
    def test_the_active_one_is_refused(self, ring: Path) -> None:
        before = ring.read_text()
        with pytest.raises(RootKeyInUse, match="is active"):
            destroy_root_key(load_ring(PURPOSE).active.id)
        assert ring.read_text() == before

    def test_one_with_rows_is_refused_and_says_how_many(self, ring: Path) -> None:
        old = load_ring(PURPOSE).active.id
        rotate_root_keys()
        active = load_ring(PURPOSE).active.id
        make_many(3)
        content = json.loads(ring.read_text())
        for key in content["keys"]:
            if key["id"] in {old.hex(), active.hex()}:
                key["state"] = "active" if key["id"] == old.hex() else "decrypt_only"
        ring.write_text(json.dumps(content))
        with pytest.raises(RootKeyInUse) as refused:
            destroy_root_key(active)
        assert (refused.value.data_keys, refused.value.state) == (3, "decrypt-only")

    def test_one_nobody_needs_is_gone_and_its_id_stays(self, ring: Path) -> None:
        old = load_ring(PURPOSE).active
        rotate_root_keys()
        assert destroy_root_key(old.id) is not None
        assert base64.b64encode(old.secret).decode() not in ring.read_text()
        assert {key.id: key.state for key in root_keys()}[old.id] is KeyState.DESTROYED
        assert destroy_root_key(old.id) is None
        assert ring.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
class TestARingFromTheEnvironment:
    def test_gets_no_key_from_here(self) -> None:
        sealed_for(uuid4())
        with pytest.raises(RingNotWritable, match="VAULT_KEY_RING"):
            rotate_root_keys()

    def test_with_a_new_active_key_everything_moves_to_it(self, settings: Settings) -> None:
        make_many(3)
        old = load_ring(PURPOSE).active.id.hex()
        content = json.loads(settings.VAULT_KEY_RING)
        added = {**content["keys"][0], "id": "f" * 16, "key": base64.b64encode(b"\xff" * 32).decode()}
        content["keys"][0]["state"] = "decrypt_only"
        settings.VAULT_KEY_RING = json.dumps({"keys": [*content["keys"], added]})
        assert rotate_root_keys().moved == 3
        assert on_each_key() == {"f" * 16: 3}
        with pytest.raises(RingNotWritable):
            destroy_root_key(bytes.fromhex(old))


def called(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.django_db
def test_the_commands_rotate_verify_and_destroy_and_the_trail_has_it(ring: Path) -> None:
    make_many(2)
    old = load_ring(PURPOSE).active.id.hex()
    said = json.loads(called("rotate_vault_key", "--json"))
    assert (said["new"], said["moved"], said["failed"]) == (True, 2, [])
    assert json.loads(called("verify_vault", "--json")) == {"opened": {"vault_datakey": 2}, "failed": []}
    assert called("rotate_vault_key", "--destroy", old) == f"{old} is destroyed.\n"
    events = list(AuditEntry.objects.values_list("event", "via", "object_id").filter(object_name=PURPOSE))
    assert ("vault.key_rotated", "command", load_ring(PURPOSE).active.id.hex()) in events
    assert ("vault.key_destroyed", "command", old) in events


@pytest.mark.django_db
def test_verify_names_table_and_row_of_what_does_not_open_and_fails(ring: Path) -> None:
    make_many(2)
    broken = DataKey.objects.order_by("pk")[0]
    DataKey.objects.filter(pk=broken.pk).update(sealed=bytes(broken.sealed)[:-1] + b"\x00")
    out = StringIO()
    with pytest.raises(CommandError, match=r"1 sealed values don't open"):
        call_command("verify_vault", "--json", stdout=out, stderr=StringIO())
    failed = {"table": "vault_datakey", "row": str(broken.pk), "field": "sealed"}
    assert json.loads(out.getvalue()) == {"opened": {"vault_datakey": 1}, "failed": [failed]}
    with pytest.raises(VaultFailure):
        data_keys.opened(DataKey.objects.get(pk=broken.pk))
