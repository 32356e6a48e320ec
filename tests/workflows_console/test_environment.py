"""A bad value stops the start with its name, what is wrong, and an example."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.exceptions import ImproperlyConfigured

from kernel.http import ForbiddenAddress, harden
from workflows_console.settings.google import REAL, is_real, refuse_mixture, sandbox_addresses

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
LOAD = "from workflows_console.settings import env; __import__(env.settings_module())"
TELL = """
import json
from importlib import import_module
from workflows_console.settings import env
loaded = import_module(env.settings_module())
print(json.dumps({name: getattr(loaded, name) for name in dir(loaded) if name.isupper()}, default=str))
"""


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "PYTHONPATH"}}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=kept | environment, capture_output=True, text=True
    )


def start(**environment: str) -> str:
    """What loading the settings says on stderr; empty when it works."""
    done = run(LOAD, **environment)
    return done.stderr.strip().splitlines()[-1] if done.returncode else ""


def loaded(**environment: str) -> dict[str, Any]:
    """Every setting, as text where JSON has nothing better."""
    done = run(TELL, **environment)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_production_starts_with_everything_set() -> None:
    assert start(**PRODUCTION) == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PUBLIC_URL", "http://console.example", "must begin with https://"),
        ("PUBLIC_URL", "console.example", "must be an address"),
        ("PORT", "eighty", "is not valid"),
        ("PORT", "70000", "must lie between 1 and 65535"),
        ("DATABASE_URL", "nonsense://console:secret-password@db/console", "is not valid"),
        ("GOOGLE", "sandbox", "must be google in production"),
        ("GOOGLE_TOKEN_URL", "http://localhost:8100/token", "must be an address that begins with https://"),
        ("GOOGLE_CLIENT_ID", "", "is not set"),
        ("GOOGLE_CLIENT_ID", "sandbox-client", "must end in .apps.googleusercontent.com"),
        ("GOOGLE_CLIENT_SECRET", "", "is not set"),
        ("GOOGLE_CLIENT_SECRET_FILE", "/nowhere/secret", "can't be read"),
        ("SECRET_KEY", "", "is not set"),
        ("SECRET_KEY", "x" * 49, "is shorter than 50 characters"),
        ("VAULT_KEY_RING", "", "is not set"),
        ("REFUSE_CONSUMER_ACCOUNTS", "perhaps", "must be one of true, false"),
        ("RETENTION_DAYS", "a month", "is not valid"),
        ("RETENTION_DAYS", "31", "is not valid"),
        ("TRUSTED_PROXY_COUNT", "two", "is not valid"),
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
    assert "secret-password" not in said


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("GOCSPX-from-a-file\n")
    without = {name: value for name, value in PRODUCTION.items() if name != "GOOGLE_CLIENT_SECRET"}
    assert loaded(**without, GOOGLE_CLIENT_SECRET_FILE=str(file))["GOOGLE_CLIENT_SECRET"] == "GOCSPX-from-a-file"


def test_a_command_says_a_bad_value_in_one_line() -> None:
    environment = os.environ | {"WORKFLOWS_ENV": "local", "PORT": "eighty"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == "PORT is not valid. Example: PORT=8000\n"


class TestGoogleOrTheSandbox:
    CLIENT = {"GOOGLE_CLIENT_ID": "1-a.apps.googleusercontent.com", "GOOGLE_CLIENT_SECRET": "GOCSPX-only-for-this-test"}

    def test_a_local_console_has_the_sandbox_and_nothing_of_google(self, tmp_path: Path) -> None:
        found = loaded(DATA_DIR=str(tmp_path), SANDBOX_PORT="8123")
        assert found["GOOGLE"] == "sandbox"
        assert found["SANDBOX_URL"] == "http://localhost:8123"
        assert found["OUTBOUND_ORIGINS"] == "frozenset({'http://localhost:8123'})"
        assert found["SHOW_DEMO_PEOPLE"] is True

    @pytest.mark.parametrize("kind", ["local", "production"])
    def test_with_google_nothing_leads_to_a_sandbox(self, kind: str, tmp_path: Path) -> None:
        environment = PRODUCTION | self.CLIENT | {"WORKFLOWS_ENV": kind, "GOOGLE": "google", "DATA_DIR": str(tmp_path)}
        found = loaded(**environment)
        assert found["SANDBOX_URL"] is None
        assert found["SHOW_DEMO_PEOPLE"] is False
        origins = found["OUTBOUND_ORIGINS"]
        assert "localhost" not in origins
        assert "http://" not in origins
        assert "https://gmail.googleapis.com" in origins

    def test_a_local_console_at_google_needs_a_real_client(self, tmp_path: Path) -> None:
        local = {"DATA_DIR": str(tmp_path), "GOOGLE": "google"}
        assert "GOOGLE_CLIENT_ID is not set" in start(**local)
        assert "must end in" in start(**local, GOOGLE_CLIENT_ID="sandbox-client", GOOGLE_CLIENT_SECRET="x")

    def test_a_real_client_is_refused_with_the_sandbox(self, tmp_path: Path) -> None:
        said = start(DATA_DIR=str(tmp_path), **self.CLIENT)
        assert said.startswith("django.core.exceptions.ImproperlyConfigured: GOOGLE_CLIENT_ID is a real client's")

    @pytest.mark.parametrize("name", list(vars(REAL)))
    def test_no_single_address_may_lead_to_google_from_the_sandbox(self, name: str) -> None:
        mixed = sandbox_addresses("http://localhost:8100").__class__(
            **vars(sandbox_addresses("http://localhost:8100")) | {name: getattr(REAL, name)}
        )
        with pytest.raises(ImproperlyConfigured, match=f"{name.upper()} leads to Google"):
            refuse_mixture("sandbox-client", mixed, "http://localhost:8100")

    def test_each_side_alone_is_no_mixture(self) -> None:
        refuse_mixture("sandbox-client", sandbox_addresses("http://localhost:8100"), "http://localhost:8100")
        refuse_mixture("1-a.apps.googleusercontent.com", REAL, None)

    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            ("https://oauth2.googleapis.com/token", True),
            ("https://accounts.google.com", True),
            ("https://GMAIL.googleapis.com", True),
            ("http://localhost:8100/token", False),
            ("https://googleapis.com.attacker.example/token", False),
            ("https://notgoogle.com", False),
        ],
    )
    def test_google_is_told_by_its_host(self, address: str, expected: bool) -> None:
        assert is_real(address) is expected

    @pytest.mark.parametrize("address", [*vars(REAL).values(), "https://people.googleapis.com/v1"])
    def test_a_request_to_google_fails_before_it_leaves(self, address: str) -> None:
        """With the settings of tests, as of every console with the sandbox."""
        with pytest.raises(ForbiddenAddress):
            harden(requests.Session()).post(address)
