"""Sealing for an owner: one data key each, bound to its row; destroyed with one row."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django.fixtures import Settings

from kernel.errors import VaultFailure
from vault.cipher import Context, Key, seal_with
from vault.keyring import load_ring
from vault.models import DataKey
from vault.operations import data_keys
from vault.operations.destroy_data_key import destroy_data_key
from vault.operations.open_sealed import open_sealed
from vault.operations.seal import seal

PURPOSE = "connection"
TOKEN = b"1//0gTestsOnly"


def context_of(row: str = "1") -> Context:
    return Context(
        table="t", row=row, field="refresh_token", purpose=PURPOSE, connector="gmail", subject="1", version=1
    )


def sealed_for(owner: UUID, row: str = "1", plaintext: bytes = TOKEN) -> bytes:
    return seal(purpose=PURPOSE, owner=owner, context=context_of(row), plaintext=plaintext)


def opened_for(owner: UUID, sealed: bytes, row: str = "1") -> bytes:
    return open_sealed(purpose=PURPOSE, owner=owner, context=context_of(row), sealed=sealed)


@pytest.fixture
def owner() -> UUID:
    return uuid4()


@pytest.mark.django_db
class TestOneDataKeyForEachOwner:
    def test_what_was_sealed_for_an_owner_opens_for_them(self, owner: UUID) -> None:
        assert opened_for(owner, sealed_for(owner)) == TOKEN

    def test_an_owner_has_one_key_however_often_something_is_sealed(self, owner: UUID) -> None:
        first, second = sealed_for(owner), sealed_for(owner, row="2")
        assert opened_for(owner, first) == opened_for(owner, second, row="2") == TOKEN
        assert DataKey.objects.filter(owner_uuid=owner).count() == 1

    def test_each_purpose_has_a_key_of_its_own(self, owner: UUID) -> None:
        sealed = sealed_for(owner)
        seal(purpose="consent", owner=owner, context=context_of(), plaintext=TOKEN)
        assert DataKey.objects.filter(owner_uuid=owner).count() == 2
        with pytest.raises(VaultFailure):
            open_sealed(purpose="consent", owner=owner, context=context_of(), sealed=sealed)

    def test_the_row_holds_neither_key_nor_token(self, owner: UUID) -> None:
        sealed = sealed_for(owner)
        key = data_keys.existing_data_key(PURPOSE, owner)
        stored = bytes(DataKey.objects.get(owner_uuid=owner).sealed)
        assert key.secret not in stored
        assert TOKEN not in sealed

    def test_a_second_row_for_an_owner_is_refused_by_the_database(self, owner: UUID) -> None:
        sealed_for(owner)
        with pytest.raises(IntegrityError), transaction.atomic():
            DataKey.objects.create(purpose=PURPOSE, owner_uuid=owner, sealed=b"x")


@pytest.mark.django_db
class TestWhatDoesNotOpen:
    def test_swapped_rows(self, owner: UUID) -> None:
        first, second = sealed_for(owner, row="1"), sealed_for(owner, row="2", plaintext=b"other")
        for sealed, row in ((first, "2"), (second, "1")):
            with pytest.raises(VaultFailure):
                opened_for(owner, sealed, row=row)

    def test_a_value_of_another_owner(self, owner: UUID) -> None:
        other = uuid4()
        sealed_for(other)
        with pytest.raises(VaultFailure):
            opened_for(other, sealed_for(owner))

    def test_anything_after_data_keys_changed_places(self, owner: UUID) -> None:
        other = uuid4()
        values = {owner: sealed_for(owner), other: sealed_for(other)}
        mine, theirs = (DataKey.objects.get(owner_uuid=each) for each in (owner, other))
        mine.sealed, theirs.sealed = theirs.sealed, mine.sealed
        mine.save()
        theirs.save()
        for each, sealed in values.items():
            with pytest.raises(VaultFailure):
                opened_for(each, sealed)

    def test_anything_after_the_data_key_was_destroyed(self, owner: UUID) -> None:
        other = uuid4()
        sealed, kept = sealed_for(owner), sealed_for(other)
        destroy_data_key(purpose=PURPOSE, owner=owner)
        with pytest.raises(VaultFailure):
            opened_for(owner, sealed)
        assert opened_for(other, kept) == TOKEN

    def test_anything_old_after_a_new_data_key_was_made(self, owner: UUID) -> None:
        sealed = sealed_for(owner)
        destroy_data_key(purpose=PURPOSE, owner=owner)
        sealed_for(owner)
        with pytest.raises(VaultFailure):
            opened_for(owner, sealed)

    def test_anything_for_an_owner_without_a_key(self, owner: UUID) -> None:
        with pytest.raises(VaultFailure):
            opened_for(uuid4(), sealed_for(owner))

    def test_a_value_sealed_by_the_root_ring_itself(self, owner: UUID) -> None:
        sealed_for(owner)
        with pytest.raises(VaultFailure):
            opened_for(owner, seal_with(load_ring(PURPOSE).active, context_of(), TOKEN))


@pytest.fixture
def _ring_without_its_key(settings: Settings) -> None:
    """The ring of another console: its ids are others, as are its keys."""
    content = json.loads(settings.VAULT_KEY_RING)
    for number, key in enumerate(content["keys"], 100):
        key["id"], key["key"] = f"{number:016x}", data_key_text(number)
    settings.VAULT_KEY_RING = json.dumps(content)


@pytest.fixture
def _ring_with_destroyed_key(settings: Settings) -> None:
    content = json.loads(settings.VAULT_KEY_RING)
    for number, key in enumerate(list(content["keys"]), 100):
        content["keys"].append({**key, "id": f"{number:016x}", "key": data_key_text(number)})
        key["state"] = "destroyed"
        del key["key"]
    settings.VAULT_KEY_RING = json.dumps(content)


def data_key_text(number: int) -> str:
    import base64

    return base64.b64encode(bytes([number]) * 32).decode()


@pytest.mark.django_db
@pytest.mark.parametrize("ring", ["_ring_without_its_key", "_ring_with_destroyed_key"])
def test_without_its_root_key_nothing_opens(ring: str, owner: UUID, request: pytest.FixtureRequest) -> None:
    sealed = sealed_for(owner)
    request.getfixturevalue(ring)
    with pytest.raises(VaultFailure):
        opened_for(owner, sealed)


@pytest.mark.django_db
def test_a_failure_is_counted_and_logged_with_key_id_and_row_only(
    owner: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    sealed = sealed_for(owner)
    key = data_keys.existing_data_key(PURPOSE, owner)
    numbers = []
    with caplog.at_level(logging.DEBUG):
        for _try in range(2):
            with pytest.raises(VaultFailure):
                opened_for(owner, sealed, row="another row")
    for record in caplog.records:
        assert isinstance(record.msg, dict)
        said = {name: value for name, value in record.msg.items() if name not in {"timestamp", "logger", "level"}}
        numbers.append(said.pop("failures"))
        assert said == {"event": "vault.cannot_open", "key_id": key.id.hex(), "table": "t", "row": "another row"}
    assert numbers == [numbers[0], numbers[0] + 1]


@pytest.mark.django_db(transaction=True)
def test_two_makers_of_a_data_key_at_once_agree_on_one(owner: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2, timeout=30)

    def seal_when_both_are_here(key: Key, context: Context, plaintext: bytes) -> bytes:
        both.wait()
        return seal_with(key, context, plaintext)

    monkeypatch.setattr(data_keys, "seal_with", seal_when_both_are_here)

    def make(_number: int) -> Key:
        try:
            return data_keys.data_key(PURPOSE, owner)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(make, range(2))
    assert first == second == data_keys.existing_data_key(PURPOSE, owner)
    assert DataKey.objects.filter(owner_uuid=owner).count() == 1
