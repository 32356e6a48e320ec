"""/healthz says that the process lives, /readyz whether it can work."""

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django.fixtures import Settings

from workflows_console import health

pytestmark = pytest.mark.django_db

NOBODY = "no worker has been heard from yet"
READY = {"status": "ok", "checks": {"database": "ok", "vault": "ok", "worker": NOBODY}}


def unready(client: Client) -> dict[str, str]:
    """The checks of an answer that must be 503."""
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    return dict(answer.json()["checks"])


def test_a_console_in_order_is_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, READY)


def test_a_living_process_says_so_without_asking_the_database(client: Client) -> None:
    with connection.execute_wrapper(lambda *_arguments: pytest.fail("a query was made")):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("app", ["vault", "access", "connections", "flows", "workflows_console"])
def test_a_pending_migration_is_not_ready(app: str, client: Client) -> None:
    newest = MigrationLoader(connection).graph.leaf_nodes(app)[0]
    MigrationRecorder(connection).record_unapplied(*newest)
    assert unready(client) == {"database": "migrations are pending", "vault": "ok", "worker": NOBODY}


def test_a_dead_database_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise DatabaseError("password=canary")

    monkeypatch.setattr(health, "MigrationExecutor", fail)
    assert unready(client) == {"database": "the database doesn't answer", "vault": "ok", "worker": NOBODY}


@pytest.mark.parametrize("ring", ["", "nonsense"])
def test_an_unusable_ring_is_not_ready(ring: str, client: Client, settings: Settings) -> None:
    settings.VAULT_KEY_RING = ring
    assert unready(client) == {"database": "ok", "vault": "the key ring can't be used", "worker": NOBODY}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("host", ["10.0.0.7:8000", "console.internal", "localhost:8000"])
def test_a_probe_may_ask_by_any_name(path: str, host: str, client: Client) -> None:
    assert client.get(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_only_reads(path: str, client: Client) -> None:
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200
