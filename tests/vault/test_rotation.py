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
from connections.google.tokens import Refreshed
from connections.models import Connection, Credential
from connections.operations.credentials import open_access_token, open_refresh_token
from connections.operations.get_access_token import AccessToken, get_access_token
from kernel.clock import now
from kernel.errors import VaultFailure
from tests.factories import ConnectionFactory
from tests.vault.many_connections import make_connections, refresh_tokens
from vault.cipher import Context, Key, key_id_of, seal_with
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


def make_many(count: int) -> None:
    """Data keys for so many owners."""
    for _number in range(count):
        sealed_for(uuid4())


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


class Refreshes:
    """Token refreshes with an answer of Google's that takes as long as something else does meanwhile."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.meanwhile: Callable[[], object] = lambda: None
        self.expected: dict[UUID, str] = {}
        patch.setattr("connections.operations.get_access_token.refresh", self._answer)

    def _answer(self, *_arguments: object) -> Refreshed:
        self.meanwhile()
        return Refreshed(access_token=f"ya29.{uuid4()}", refresh_token="", expires_in=3600, granted=frozenset())

    def refresh(self, connection: Connection, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.meanwhile = meanwhile
        version = connection.credentials.get().access_token_version
        token = get_access_token(connection, stale=AccessToken("refused", now(), version))
        self.expected[connection.pk] = token.reveal()

    def lost(self) -> int:
        """How many of the tokens that were answered aren't stored, or don't open."""
        rows = Credential.objects.select_related("connection").filter(connection__in=self.expected)
        return sum(open_access_token(row.connection, row) != self.expected[row.connection_id] for row in rows)


@pytest.fixture
def refreshes(monkeypatch: pytest.MonkeyPatch) -> Refreshes:
    return Refreshes(monkeypatch)


def killed_rotation() -> None:
    with pytest.raises(Killed), database.execute_wrapper(killed_after(random.randint(1, 70))):
        rotate_root_keys()


@pytest.mark.django_db(transaction=True)
def test_a_rotation_killed_at_fifty_points_goes_on_and_everything_opens_after_each(
    ring: Path, figure: Callable[[str], None], refreshes: Refreshes
) -> None:
    random.seed(7)
    make_connections(CONNECTIONS)
    tokens, old = refresh_tokens(), load_ring(PURPOSE).active.id.hex()
    connections = list(Connection.objects.order_by("pk"))
    opened = 0
    for _kill in range(KILLS):
        refreshes.refresh(random.choice(connections), meanwhile=killed_rotation)
        found = refresh_tokens()
        assert found.items() >= tokens.items()
        opened += len(found)
        made = ConnectionFactory()  # a connection that is made meanwhile
        tokens[made.pk] = refresh_token_of(made)
    assert on_each_key()[old]
    done = rotate_root_keys(lambda _done, _total: refreshes.refresh(random.choice(connections)))
    left, found, lost = on_each_key()[old], refresh_tokens(), refreshes.lost()
    figure(
        f"vault rotation: {CONNECTIONS} connections, {KILLS} kills, {opened + len(found)} opened,"
        f" {len(done.failed)} failed, {left} on the old key, {lost} refreshes lost"
    )
    assert (done.is_new, done.failed, left, lost) == (False, (), 0, 0)
    assert found == tokens
    assert len(found) == CONNECTIONS + KILLS
    states = Counter(key.state for key in root_keys() if key.purpose == PURPOSE)
    assert states == {KeyState.ACTIVE: 1, KeyState.DECRYPT_ONLY: 1}


def refresh_token_of(connection: Connection) -> str:
    return open_refresh_token(connection, connection.credentials.get())


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("ring")
class TestARefreshUnderWay:
    def test_is_stored_when_a_whole_rotation_goes_by_before_google_answers(self, refreshes: Refreshes) -> None:
        connection, old = ConnectionFactory(), load_ring(PURPOSE).active.id
        refreshes.refresh(connection, meanwhile=lambda: (rotate_root_keys(), destroy_root_key(old)))
        assert (len(refreshes.expected), refreshes.lost()) == (1, 0)
        assert old.hex() not in on_each_key()

    def test_is_stored_when_it_goes_by_while_its_own_key_is_moved(
        self, refreshes: Refreshes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connection, old = ConnectionFactory(), load_ring(PURPOSE).active.id

        def refresh_first(row: DataKey) -> Key:
            key = data_keys.opened(row)
            if row.owner_uuid == connection.pk and not refreshes.expected:
                refreshes.refresh(connection)
            return key

        monkeypatch.setattr("vault.operations.rotate_root_keys.opened", refresh_first)
        assert rotate_root_keys().failed == ()
        assert (len(refreshes.expected), refreshes.lost()) == (1, 0)
        assert old.hex() not in on_each_key()


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
