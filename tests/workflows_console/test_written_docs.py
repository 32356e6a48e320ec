"""docs/cards.md and docs/errors.md are as the code has them, and name all of it."""

import ast
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from flows.catalog import all_cards, all_declarations
from workflows_console.written_docs import errors_page

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ("kernel", "vault", "access", "connections", "flows", "gmail_connector", "workflows_console")


def test_the_written_docs_are_fresh() -> None:
    call_command("write_docs", "--check")


def test_a_stale_page_is_named_and_then_written(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "cards.md").write_text("# Cards\n")
    with pytest.raises(CommandError, match=r"cards\.md, errors\.md"):
        call_command("write_docs", "--check")
    call_command("write_docs")
    call_command("write_docs", "--check")


def _codes() -> set[str]:
    """The code of every error class in the tree, imported or not."""
    return {
        node.value.value
        for package in CONSOLE
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == "code"
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def test_every_error_has_its_entry() -> None:
    page = errors_page()
    assert [code for code in sorted(_codes()) if f"\n## `{code}`\n" not in page] == []
    assert len(_codes()) > 20


def test_every_card_has_its_entry() -> None:
    page = (ROOT / "docs" / "cards.md").read_text(encoding="utf-8")
    assert [card.key for card in all_declarations() if f"- Key: `{card.key}`\n" not in page] == []
    assert all_cards()
