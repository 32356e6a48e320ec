"""A bad value stops the start with its name, what is wrong, and an example."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {
    "WORKFLOWS_ENV": "production",
    "PUBLIC_URL": "https://console.example",
    "SECRET_KEY": "x" * 60,
    "VAULT_KEY_RING": "{}",
    "GOOGLE_CLIENT_ID": "1-a.apps.googleusercontent.com",
    "GOOGLE_CLIENT_SECRET": "GOCSPX-only-for-this-test",
    "DATABASE_URL": "sqlite:////tmp/none.sqlite3",
}


def start(**environment: str) -> str:
    """What loading the settings says on stderr; empty when it works."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "PYTHONPATH"}}
    code = "from workflows_console.settings import env; __import__(env.settings_module())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=kept | environment, capture_output=True, text=True
    )
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def test_production_starts_with_everything_set() -> None:
    assert start(**PRODUCTION) == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PUBLIC_URL", "http://console.example", "must begin with https://"),
        ("PUBLIC_URL", "console.example", "must be an address"),
        ("PORT", "eighty", "is not valid"),
        ("PORT", "70000", "must lie between 1 and 65535"),
        ("GOOGLE", "sandbox", "must be google in production"),
        ("GOOGLE_TOKEN_URL", "http://localhost:8100/token", "must be an address that begins with https://"),
        ("GOOGLE_CLIENT_ID", "", "is not set"),
        ("GOOGLE_CLIENT_SECRET", "", "is not set"),
        ("GOOGLE_CLIENT_SECRET_FILE", "/nowhere/secret", "can't be read"),
        ("SECRET_KEY", "", "is not set"),
        ("VAULT_KEY_RING", "", "is not set"),
        ("REFUSE_CONSUMER_ACCOUNTS", "perhaps", "must be one of true, false"),
        ("RETENTION_DAYS", "a month", "is not valid"),
        ("LOG_LEVEL", "LOUD", "must be one of"),
        ("OAUTHLIB_INSECURE_TRANSPORT", "1", "must not be set in production"),
        ("OAUTHLIB_RELAX_TOKEN_SCOPE", "1", "must not be set in production"),
        ("WORKFLOWS_ENV", "staging", "must be one of local, test, production"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str, words: str) -> None:
    said = start(**PRODUCTION | {name: value})
    assert name.removesuffix("_FILE") in said
    assert words in said


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("GOCSPX-from-a-file\n")
    without = {name: value for name, value in PRODUCTION.items() if name != "GOOGLE_CLIENT_SECRET"}
    assert start(**without, GOOGLE_CLIENT_SECRET_FILE=str(file)) == ""
