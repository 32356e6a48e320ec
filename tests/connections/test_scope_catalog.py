"""The catalog of Google's scopes: complete, found by any name, and with a nearest one for a slip."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from connections import scope_catalog
from connections.management.commands import write_scope_catalog
from connections.scope_catalog import CATALOG_FILE, lookup, read_discovery_documents, suggest

PREFIX = "https://www.googleapis.com/auth/"


def test_the_catalog_is_what_the_installed_client_library_names() -> None:
    """Stale? Run ``manage.py write_scope_catalog``."""
    assert json.loads(CATALOG_FILE.read_text(encoding="utf-8")) == read_discovery_documents()


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("gmail.readonly", f"{PREFIX}gmail.readonly"),
        (f"{PREFIX}gmail.readonly", f"{PREFIX}gmail.readonly"),
        (" GMAIL.Readonly ", f"{PREFIX}gmail.readonly"),
        ("https://mail.google.com/", "https://mail.google.com/"),
        ("openid", "openid"),
        ("email", f"{PREFIX}userinfo.email"),
        ("profile", f"{PREFIX}userinfo.profile"),
    ],
)
def test_a_scope_is_found_by_any_of_its_names(name: str, scope: str) -> None:
    found = lookup(name)
    assert found is not None
    assert found.scope == scope


@pytest.mark.parametrize(
    "name", ["", "gmail", "gmail.readonly.", "https://evil.example/auth/gmail.readonly", "x" * 10_000]
)
def test_what_is_no_scope_is_not_found(name: str) -> None:
    assert lookup(name) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmail.setings.basic", "gmail.settings.basic"),
        ("gmail.read_only", "gmail.readonly"),
        (f"{PREFIX}gmail.snd", "gmail.send"),
        ("https://www.googleapis.com/auth/cloud-plattform", "cloud-platform"),
        ("mail.google.com", "https://mail.google.com/"),
    ],
)
def test_a_slip_has_a_nearest_real_scope(typed: str, meant: str) -> None:
    near = suggest(typed)
    assert near is not None
    assert near.short == meant


@pytest.mark.parametrize("typed", ["qqqqqqqqqq", "y" * 100_000])
def test_what_is_near_nothing_has_no_suggestion(typed: str) -> None:
    assert suggest(typed) is None


def test_the_command_writes_the_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = tmp_path / "scopes.json"
    monkeypatch.setattr(write_scope_catalog, "CATALOG_FILE", written)
    out = StringIO()
    call_command("write_scope_catalog", stdout=out)
    assert written.read_bytes() == scope_catalog.CATALOG_FILE.read_bytes()
    assert str(len(read_discovery_documents())) in out.getvalue()
