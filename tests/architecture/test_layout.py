"""docs/layout.md says where everything is; both ways, or it isn't true."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "kernel",
    "vault",
    "access",
    "connections",
    "flows",
    "gmail_connector",
    "google_sandbox",
    "workflows_console",
)


def _named() -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / "layout.md").read_text(), re.MULTILINE))


def _existing() -> set[str]:
    found: set[str] = set()
    for package in PACKAGES:
        for init in (ROOT / package).rglob("__init__.py"):
            folder = init.parent
            if folder.name not in {"migrations", "management", "commands"}:
                found.add(f"{folder.relative_to(ROOT)}/")
        for kind in ("operations", "pages"):
            for path in (ROOT / package).rglob(f"{kind}/*.py"):
                if path.name != "__init__.py":
                    found.add(str(path.relative_to(ROOT)))
    return found


def test_every_package_operation_and_page_has_its_line() -> None:
    assert sorted(_existing() - _named()) == []


def test_every_line_names_something_that_is_there() -> None:
    assert sorted(_named() - _existing()) == []


@pytest.mark.parametrize("name", ["core", "common", "utils", "helpers", "services"])
def test_no_module_is_named_after_nothing(name: str) -> None:
    assert not [
        path for package in PACKAGES for path in (ROOT / package).rglob(f"{name}*") if path.suffix in {"", ".py"}
    ]
