"""Fixtures for every test: Google in this process, or real processes for what needs them."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
from pytest_django.fixtures import Settings

from google_sandbox.server import RunningSandbox, start
from tests.processes import Stack, running_stack
from workflows_console.settings.google import sandbox_addresses

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is handed to an engine, unless a test has a queue of its own."""
    monkeypatch.setattr("flows.engine.dispatch._queue", [])


@pytest.fixture(scope="session")
def _sandbox_process() -> Iterator[RunningSandbox]:
    running = start(port=0, data=":memory:")
    running.sandbox.reset()  # seeded now, not at the time in which a test stops the clock
    yield running
    running.close()


@pytest.fixture
def google(_sandbox_process: RunningSandbox, settings: Settings) -> RunningSandbox:
    """The sandbox in this process, as it was seeded, with the console's addresses set to it."""
    _sandbox_process.sandbox.reset()
    addresses = sandbox_addresses(_sandbox_process.origin)
    settings.SANDBOX_URL = _sandbox_process.origin
    settings.GOOGLE_ADDRESSES = addresses
    settings.OUTBOUND_ORIGINS = addresses.origins
    return _sandbox_process


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Sandbox and two consoles as real processes, seeded. Mark such tests with xdist_group("processes")."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium that make test found; background traffic off, since nothing outside can be reached."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    path = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
    return browser_type_launch_args | {"executable_path": path, "args": arguments}


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say a figure that belongs into a note: all of them stand together at the end of the run."""
    return lambda text: record_property("figure", text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures that tests have measured, also those from other workers of pytest-xdist."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    figures = [text for report in reports for name, text in report.user_properties if name == "figure"]
    if figures:
        terminalreporter.section("figures")
    for text in sorted(figures):
        terminalreporter.write_line(text)
