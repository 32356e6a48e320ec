"""Start-up checks, each on and off; and which SQLite console, commands and tests really use."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import checks
from django.core.checks import CheckMessage, run_checks
from django.db import connection
from pytest_django.fixtures import Settings

from workflows_console.checks import SAFE_SQLITE

ROOT = Path(__file__).resolve().parents[2]
SAY_VERSION = "from django.db import connection as c; c.ensure_connection(); print(c.Database.sqlite_version_info)"


def found(check: str) -> list[CheckMessage]:
    """What Django's own run of all checks says under that id."""
    return [message for message in run_checks() if message.id == check]


def test_nothing_is_wrong_with_the_tests_own_settings() -> None:
    assert [message for message in run_checks() if str(message.id).startswith("console.")] == []


class TestSqlite:
    @pytest.mark.parametrize(("environment", "kind"), [("local", checks.Warning), ("production", checks.Error)])
    def test_an_old_one_is_warned_of_and_refused_in_production(
        self, environment: str, kind: type[CheckMessage], settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 51, 2))
        settings.WORKFLOWS_ENV = environment
        [message] = found("console.E001")
        assert type(message) is kind
        assert message.hint

    def test_a_new_one_is_good(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", SAFE_SQLITE)
        assert found("console.E001") == []

    def test_with_postgresql_it_does_not_matter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
        monkeypatch.setattr(connection, "vendor", "postgresql")
        assert found("console.E001") == []


class TestKeyRing:
    @pytest.mark.parametrize("ring", ["", "nonsense", '{"keys": []}'])
    def test_an_unusable_one_is_an_error(self, ring: str, settings: Settings) -> None:
        settings.VAULT_KEY_RING = ring
        [message] = found("console.E002")
        assert "VAULT_KEY_RING" in message.msg

    def test_a_purpose_without_a_key_is_an_error(self, settings: Settings) -> None:
        settings.VAULT_PURPOSES = ("connection", "unheard_of")
        [message] = found("console.E002")
        assert "unheard_of" in message.msg


@pytest.mark.django_db
def test_the_tests_use_a_safe_sqlite() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()")
        version = cursor.fetchone()[0]
    assert tuple(map(int, version.split("."))) >= SAFE_SQLITE


@pytest.mark.parametrize(
    "way",
    [
        ["-c", f"import workflows_console.wsgi; {SAY_VERSION}"],
        ["-c", f"import workflows_console.asgi; {SAY_VERSION}"],
        ["manage.py", "shell", "--verbosity", "0", "-c", SAY_VERSION],
    ],
    ids=["WSGI", "ASGI", "command"],
)
def test_every_process_of_the_console_uses_a_safe_sqlite(way: list[str], tmp_path: Path) -> None:
    environment = os.environ | {"WORKFLOWS_ENV": "local", "DATA_DIR": str(tmp_path)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run([sys.executable, *way], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert eval(done.stdout) >= SAFE_SQLITE  # noqa: S307  (a tuple of numbers, printed above)
