"""What every card, error and package owes: its row in the docs, its test, its reason. Exceptions may only shrink."""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings

from flows.catalog import all_declarations
from kernel.errors import ConsoleError, error_classes

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ("kernel", "vault", "access", "connections", "flows", "gmail_connector", "workflows_console")
for _path in sorted(path for package in CONSOLE for path in (ROOT / package).rglob("*errors.py")):
    import_module(".".join(_path.relative_to(ROOT).with_suffix("").parts))
CLASSES = list(error_classes())
CARDS = all_declarations()

# Errors that no test names yet.
UNTESTED: set[str] = set()
# Errors that the sandbox can't bring about, and why.
NOT_GOOGLES = {
    "access.last_administrator": "about the people of this console",
    "access.link_ended": "about the people of this console",
    "access.sign_in_needed": "about a request to this console",
    "access.too_many_sign_ins": "about a request to this console",
    "card.broke": "a mistake in a card's own code",
    "flow.card_unknown": "about a flow's definition",
    "flow.field_invalid": "about a flow's definition",
    "flow.has_findings": "about a flow's definition",
    "flow.is_off": "about a delivery to this console",
    "flow.not_saved": "about a flow's definition",
    "flow.nothing_to_undo": "about a flow's draft",
    "flow.too_many_items": "about a list within a flow",
    "hook.signature_refused": "about a delivery to this console",
    "hook.too_large": "about a delivery to this console",
    "request.rejected": "about a request to this console",
    "run.flow_deleted": "about a flow that is gone",
    "run.idempotency_key_reused": "about two requests to this console",
    "run.killed_workers": "about this console's own workers",
    "run.nothing_to_cancel": "about two people who decide at once",
    "run.nothing_to_decide": "about two people who decide at once",
    "run.nothing_to_resume": "about two people who decide at once",
    "vault.ring_not_writable": "about the key ring of this console",
    "vault.root_key_in_use": "about the key ring of this console",
}


@cache
def _sources(*packages: str) -> dict[Path, str]:
    return {path: path.read_text() for package in packages for path in (ROOT / package).rglob("*.py")}


def _tests_naming(cls: type[ConsoleError]) -> list[str]:
    """The test modules that name an error by its code or its class, those for all errors alike left out."""
    for_all = {"test_errors.py", "test_written_docs.py", Path(__file__).name}
    name = re.compile(rf"\b{cls.__name__}\b|\b{re.escape(cls.code)}\b")
    return [text for path, text in _sources("tests").items() if path.name not in for_all and name.search(text)]


def _documented(name: str) -> set[str]:
    return set(re.findall(r"^(?:## |- Key: )`([^`]+)`", (ROOT / "docs" / name).read_text(), re.MULTILINE))


# ------------------------------------------------------------------ errors


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.code)
def test_every_error_can_happen(cls: type[ConsoleError]) -> None:
    """A class that nothing outside its own declaration names is dead."""
    uses = sum(len(re.findall(rf"\b{cls.__name__}\b", text)) for text in _sources(*CONSOLE).values())
    assert uses > 1


def test_every_error_has_its_row_in_the_docs_and_no_other_has_one() -> None:
    assert _documented("errors.md") == {cls.code for cls in CLASSES}


def test_every_error_is_named_by_a_test() -> None:
    assert {cls.code for cls in CLASSES if not _tests_naming(cls)} == UNTESTED


def test_every_error_is_staged_at_the_sandbox_or_has_a_reason() -> None:
    staged = re.compile(r"\bgoogle: RunningSandbox|\bstack: Stack|\bconnect: Connect|\bclient: GmailClient")
    alone = {cls.code for cls in CLASSES if not any(staged.search(text) for text in _tests_naming(cls))}
    assert alone == NOT_GOOGLES.keys() | UNTESTED


# ------------------------------------------------------------------ cards


def test_every_card_has_its_row_in_the_docs_and_no_other_has_one() -> None:
    assert _documented("cards.md") == {card.key for card in CARDS}


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_every_card_is_tested_against_the_sandbox(card: object) -> None:
    key = card.key  # type: ignore[attr-defined]
    assert any(key in text for text in _sources("tests/gmail_connector").values())


# ------------------------------------------------------------------ vault


def test_every_purpose_of_the_vault_is_declared() -> None:
    """A purpose without a key ring would fail only when something is first sealed for it."""
    named = re.compile(r"^PURPOSE = \"(\w+)\"|\bpurpose=\"(\w+)\"", re.MULTILINE)
    packages = [each for each in CONSOLE if each != "vault"]
    used = {word for text in _sources(*packages).values() for pair in named.findall(text) for word in pair if word}
    assert used == set(settings.VAULT_PURPOSES)


# ------------------------------------------------------------------ packages and files


def _names(*files: str) -> set[str]:
    lines = [line for name in files for line in (ROOT / name).read_text().splitlines()]
    return {match[0].lower() for line in lines if (match := re.match(r"[A-Za-z][\w.-]*", line))}


def test_every_package_has_its_reason_and_no_other_has_one() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE)
    explained = {part.split()[0] for row in rows for part in row.split(", ")} - {"Package", "---"}
    assert explained == _names("requirements.in", "requirements-dev.in")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_pinned_package_has_hashes_and_comes_from_no_named_index(name: str) -> None:
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    pinned = [block for block in blocks if re.match(r"[a-z]", block)]
    assert len(pinned) > 20
    assert [block.split()[0] for block in pinned if "--hash=sha256:" not in block or "==" not in block] == []
    assert re.findall(r"https?://|--index|--find-links|file:", text) == []


def _files() -> Iterator[Path]:
    """What a clone holds, told without git: everything but what .gitignore names."""
    ignored = {line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()} | {".git"}
    for path in ROOT.rglob("*"):
        if path.is_file() and ignored.isdisjoint(path.relative_to(ROOT).parts):
            yield path


def test_no_file_is_large() -> None:
    assert [str(path.relative_to(ROOT)) for path in _files() if path.stat().st_size > 1024 * 1024] == []


def test_no_test_is_skipped() -> None:
    """What a test needs is brought by the project's own files; a test that can't run must fail."""
    skips = re.compile(r"pytest\.skip\(|mark\.(?:skip|skipif|xfail)\b|importorskip|unittest\.skip")
    here = Path(__file__)
    assert [str(path) for path, text in _sources("tests").items() if path != here and skips.search(text)] == []
