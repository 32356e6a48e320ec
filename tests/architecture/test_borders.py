"""What no import contract can say: who may talk to the network, and who may know of the sandbox."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ("kernel", "vault", "access", "connections", "flows", "gmail_connector", "workflows_console")
OTHER_WAYS_OUT = {"httplib2", "urllib.request", "http.client", "aiohttp", "httpx", "smtplib", "ftplib"}
KNOWS_THE_SANDBOX = (
    "workflows_console/settings/",
    "workflows_console/demo/",
    "workflows_console/management/commands/seed_demo.py",
    "workflows_console/navigation.py",  # the sandbox bar
)


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for package in CONSOLE:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


SOURCES = list(_sources())


def _calls_of_requests(tree: ast.Module) -> Iterator[ast.Call]:
    hardened = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "harden"
        for inner in node.args
    }
    for node in ast.walk(tree):
        is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if not is_call or id(node) in hardened:
            continue
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Attribute)
        owner = node.func.value
        verbs = {"get", "post", "put", "patch", "delete", "head", "request", "Session", "session"}
        if isinstance(owner, ast.Name) and owner.id == "requests" and node.func.attr in verbs:
            yield node


def test_outbound_http_goes_through_the_kernel() -> None:
    offenders = [
        f"{name}:{call.lineno}"
        for name, tree in SOURCES
        if not name.startswith(KNOWS_THE_SANDBOX) and name != "kernel/http.py"
        for call in _calls_of_requests(tree)
    ]
    assert offenders == []


def test_no_other_library_goes_out() -> None:
    offenders = []
    for name, tree in SOURCES:
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            offenders += [f"{name}: {each}" for each in names if each in OTHER_WAYS_OUT]
    assert offenders == []


@pytest.mark.parametrize(("name", "tree"), SOURCES, ids=[name for name, _tree in SOURCES])
def test_only_settings_demo_and_bar_know_the_sandbox(name: str, tree: ast.Module) -> None:
    if name.startswith(KNOWS_THE_SANDBOX):
        return
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    words = [
        text
        for node in ast.walk(tree)
        if id(node) not in docstrings
        for text in (
            [node.id]
            if isinstance(node, ast.Name)
            else [node.attr]
            if isinstance(node, ast.Attribute)
            else [node.value]
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            else []
        )
        if "sandbox" in text.lower()
    ]
    assert words == []


def test_connections_are_reached_through_the_scoped_queries() -> None:
    """Pages, queries and APIs may not go round ``visible_to`` and ``usable_by``."""
    offenders = []
    for name, tree in SOURCES:
        if not ("/pages/" in name or "/api/" in name or name.endswith(("queries.py", "api.py"))):
            continue
        offenders += [
            f"{name}:{node.lineno} Connection.objects.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr == "objects"
            and isinstance(node.value.value, ast.Name)
            and node.value.value.id == "Connection"
            and node.attr not in {"visible_to", "deleted_visible_to", "usable_by", "reachable"}
        ]
    assert offenders == []
