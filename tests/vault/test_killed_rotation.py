"""The rotation as its own process, ended by kill -9 at moments nobody chose."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection as database
from pytest_django.fixtures import Settings

from connections.operations.credentials import PURPOSE
from tests.vault.many_connections import make_connections, refresh_tokens
from vault.cipher import key_id_of
from vault.keyring import load_ring
from vault.models import DataKey

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS, KILLS = 2000, 50


def rotation(ring: Path) -> subprocess.Popen[bytes]:
    """``manage.py rotate_vault_key`` on the database of this test."""
    address = f"sqlite:///{database.settings_dict['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "rotate_vault_key"],
        cwd=ROOT,
        env=os.environ | {"WORKFLOWS_ENV": "test", "DATABASE_URL": address, "VAULT_KEY_RING_FILE": str(ring)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def killed_at_some_moment(ring: Path, longest: float) -> bool:
    """Whether it was killed before it was done."""
    process = rotation(ring)
    try:
        process.wait(random.uniform(0, longest))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True
    return False


def behind() -> int:
    """How many data keys are on another key than the active one."""
    active = load_ring(PURPOSE).active.id
    return sum(key_id_of(bytes(row.sealed)) != active for row in DataKey.objects.all())


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.django_db(transaction=True)
def test_killed_fifty_times_it_goes_on_and_everything_opens_after_each(
    settings: Settings, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    ring = tmp_path / "ring.json"
    ring.write_text(settings.VAULT_KEY_RING)
    ring.chmod(0o600)
    settings.VAULT_KEY_RING_FILE = str(ring)
    make_connections(CONNECTIONS)
    tokens, first, began = refresh_tokens(), load_ring(PURPOSE).active.id, time.monotonic()
    assert rotation(ring).wait() == 0
    longest, midway, opened, kills = time.monotonic() - began, 0, 0, 0
    while kills < KILLS:
        kills += killed_at_some_moment(ring, longest)
        midway += 0 < behind() < CONNECTIONS
        found = refresh_tokens()
        assert found == tokens
        opened += len(found)
    assert rotation(ring).wait() == 0
    left, found = behind(), refresh_tokens()
    figure(
        f"vault rotation, kill -9: {CONNECTIONS} connections, {kills} kills, {midway} of them with keys half moved,"
        f" {opened + len(found)} opened, {left} on the old key, {round(time.monotonic() - began)} s"
    )
    assert found == tokens
    assert (left, load_ring(PURPOSE).active.id != first) == (0, True)
    assert midway
