"""The console on PostgreSQL: every migration from nothing, every constraint there, and the core's own tests."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.db.models import Field

from tests.postgres import running_postgres

ROOT = Path(__file__).resolve().parents[2]
OURS = ("vault", "access", "connections", "flows", "workflows_console")
# Whoever changes one of these writes for both databases: locks, conditional updates, races, constraints.
ON_BOTH = (
    "tests/vault/test_operations.py",
    "tests/vault/test_rotation.py",
    "tests/access/test_audit.py",
    "tests/access/test_settings_people.py",
    "tests/connections/test_consent.py",
    "tests/flows/test_due_runs.py",
    "tests/workflows_console/test_worker_heartbeat.py",
    "tests/workflows_console/test_worker_adoption.py",
    "tests/workflows_console/test_worker_engine.py",
)

pytestmark = pytest.mark.xdist_group("postgresql")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running_postgres() as address:
        yield address


def run(address: str, *arguments: str) -> str:
    """What a program of ours says on that database; it must end well."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=kept | {"WORKFLOWS_ENV": "test", "DATABASE_URL": address},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    return done.stdout


@pytest.fixture(scope="module")
def migrated(address: str) -> Iterator[psycopg.Cursor]:
    """The database after ``migrate`` from nothing."""
    run(address, "manage.py", "migrate", "--verbosity", "0")
    with psycopg.connect(address) as connection:
        yield connection.cursor()


def test_every_constraint_is_in_the_database(migrated: psycopg.Cursor) -> None:
    named = {
        constraint.name
        for config in map(apps.get_app_config, OURS)
        for model in config.get_models()
        for constraint in model._meta.constraints
    }
    migrated.execute("SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
    assert named
    assert named - {row[0] for row in migrated.fetchall()} == set()


def test_every_column_that_must_be_unique_or_filled_is_so_in_the_database(migrated: psycopg.Cursor) -> None:
    fields: list[Field[object, object]] = [
        field
        for config in map(apps.get_app_config, OURS)
        for model in config.get_models()
        for field in model._meta.local_concrete_fields
    ]
    migrated.execute("SELECT table_name, column_name, is_nullable FROM information_schema.columns")
    nullable = {(table, column): answer == "YES" for table, column, answer in migrated.fetchall()}
    assert {field: nullable.get((field.model._meta.db_table, str(field.column))) for field in fields} == {
        field: field.null for field in fields
    }


def test_the_core_passes_its_tests_there(address: str) -> None:
    said = run(address, "-m", "pytest", "-q", "-n", "0", "--create-db", *ON_BOTH)
    assert " passed" in said
    assert "skipped" not in said
