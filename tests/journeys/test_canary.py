"""After a journey no secret stands anywhere but where it is at home; and a search that finds what is planted."""

import http.server
import json
import logging
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
import requests
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter
from playwright.sync_api import Browser

from tests.canary import (
    SHAPES,
    Find,
    Secret,
    Sink,
    answer_sinks,
    command_sink,
    counted,
    file_sinks,
    forms_of,
    report_sink,
    search,
    secrets_of,
    storage_sink,
)
from tests.console_visitor import ConsoleVisitor
from tests.journeys.secrets_at_work import SecretsAtWork, database_columns
from tests.processes import Stack
from workflows_console.error_reports import NothingButFrames

pytestmark = pytest.mark.xdist_group("processes")

KINDS = {
    "client secret", "SECRET_KEY", "vault key", "access token", "refresh token", "authorization code", "verifier",
    "state", "nonce", "binding cookie", "session", "API key", "password", "mail", "one-time link", "two-factor seed",
}  # fmt: skip


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_no_secret_leaves_its_home(stack: Stack, browser: Browser, figure: Callable[[str], None]) -> None:
    journeys = SecretsAtWork(stack, ConsoleVisitor(stack, "ada@console.example"))
    journeys.all(browser)

    data = Path(stack.environment["DATA_DIR"])
    secrets = journeys.secrets + secrets_of(stack)
    sinks = [*journeys.sinks, *file_sinks(data, stack.log)]
    found = search(secrets, sinks)

    columns = database_columns(data)
    figure(
        f"canary: {len(secrets)} secrets of {len({each.kind for each in secrets})} kinds in {len(forms_of('x' * 12))} "
        f"forms, and {len(SHAPES)} shapes, searched in {len(sinks)} sinks: {counted(sinks)}; "
        f"{sum(columns.values())} columns of {len(columns)} tables; found {len(found)}"
    )
    assert {each.kind for each in secrets} == KINDS
    assert found == []


# ------------------------------------------------------------------ the positive control

MARKERS = [Secret(kind=kind, value=f"marker/{kind.replace(' ', '-')}/4711+~") for kind in sorted(KINDS)]
TEXT = "\n".join(form.decode() for marker in MARKERS for form in forms_of(marker.value).values())


class _Planted(http.server.BaseHTTPRequestHandler):
    """An answer with every marker in every form: in its body, a header, or a cookie."""

    def do_GET(self) -> None:
        line = TEXT.replace("\n", " ")
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json" if self.path == "/json" else "text/html")
        if self.path == "/header":
            self.send_header("X-Planted", line)
        if self.path == "/cookie":
            self.send_header("Set-Cookie", f"planted={line}")
        self.end_headers()
        bodies = {"/json": json.dumps({"planted": TEXT}), "/html": f"<p>{TEXT}</p>"}
        self.wfile.write(bodies.get(self.path, "").encode())

    def log_message(self, *_args: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def _planted_site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Planted)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _answer(name: str, part: str) -> Sink:
    with _planted_site() as site:
        sinks = list(answer_sinks([requests.get(f"{site}/{name}", timeout=10)]))
    return next(sink for sink in sinks if sink.name.startswith(part))


def _in_storage(browser: Browser) -> Sink:
    with _planted_site() as site:
        page = browser.new_page()
        page.goto(f"{site}/empty")
        half = len(TEXT) // 2
        page.evaluate(
            "([a, b]) => { localStorage.a = a; sessionStorage.b = b }", [TEXT[: half + 200], TEXT[half - 200 :]]
        )
        sink = storage_sink(page)
        page.close()
    return sink


def _in_log(folder: Path) -> Sink:
    folder.mkdir()
    log = folder / "log"
    logger = logging.getLogger("planted")
    logger.setLevel(logging.DEBUG)
    handler = logging.FileHandler(log)
    logger.addHandler(handler)
    logger.debug("planted: %s", TEXT)
    logger.removeHandler(handler)
    handler.close()
    return next(sink for sink in file_sinks(folder, log) if sink.name == "log")


def _in_file(folder: Path) -> Sink:
    (folder / "some" / "folder").mkdir(parents=True)
    (folder / "some" / "folder" / "file").write_text(TEXT)
    (folder / "log").touch()
    return next(sink for sink in file_sinks(folder, folder / "log") if sink.name == "file some/folder/file")


def _in_database(folder: Path) -> Sink:
    """A text column and a column of bytes, in SQLite's own pages."""
    folder.mkdir()
    with sqlite3.connect(folder / "console.sqlite3") as db:
        db.execute("CREATE TABLE task (payload TEXT, sealed BLOB)")
        lines = TEXT.split("\n")
        db.executemany("INSERT INTO task VALUES (?, NULL)", [(line,) for line in lines[::2]])
        db.executemany("INSERT INTO task VALUES (NULL, ?)", [(line.encode(),) for line in lines[1::2]])
    db.close()
    (folder / "log").touch()
    return next(sink for sink in file_sinks(folder, folder / "log") if sink.name == "file console.sqlite3")


def _in_report(reporter_filter: SafeExceptionReporterFilter) -> Sink:
    """A crash with every marker in a variable of its own, as Django reports it."""
    variables = {f"v{place}": line for place, line in enumerate(TEXT.split("\n"))}
    try:
        exec("raise RuntimeError", {}, variables)  # noqa: S102  (a frame with just these variables)
    except RuntimeError:
        reporter = ExceptionReporter(None, *sys.exc_info())
    reporter.filter = reporter_filter
    return report_sink("planted", reporter.get_traceback_html())


def _in_command_output() -> Sink:
    done = subprocess.run(
        [sys.executable, "-c", "import sys; text = input(); print(text[:9000]); sys.stderr.write(text[8000:])"],
        input=TEXT.replace("\n", " "),
        capture_output=True,
        text=True,
        check=True,
    )
    return command_sink("planted", done)


@pytest.mark.browser
def test_the_search_finds_what_is_planted(browser: Browser, tmp_path: Path, figure: Callable[[str], None]) -> None:
    """The positive control: each kind of secret, in each form, in each kind of sink."""
    planted = {
        "HTML": _answer("html", "HTML"),
        "JSON": _answer("json", "JSON"),
        "header": _answer("header", "headers"),
        "cookie": _answer("cookie", "cookies"),
        "browser storage": _in_storage(browser),
        "log at DEBUG": _in_log(tmp_path / "a"),
        "error report": _in_report(SafeExceptionReporterFilter()),
        "command output": _in_command_output(),
        "database column and task payload": _in_database(tmp_path / "b"),
        "file": _in_file(tmp_path / "c"),
    }
    every = {(marker.kind, form) for marker in MARKERS for form in forms_of(marker.value)}
    missed = {
        name: missing
        for name, sink in planted.items()
        if (missing := every - {(find.kind, find.form) for find in search(MARKERS, [sink])})
    }
    figure(
        f"canary's positive control: {len(MARKERS)} kinds in {len(every) // len(MARKERS)} forms planted in "
        f"{len(planted)} kinds of sinks: {len(every) * len(planted)} planted, "
        f"{len(every) * len(planted) - sum(map(len, missed.values()))} found"
    )
    assert missed == {}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("id token", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl"),
        ("access token", "ya29.a0AfB_planted-planted"),
        ("refresh token", "1//0gPlantedPlanted"),
        ("authorization code", "4/0AplantedPlanted"),
        ("authorization code", "4%2F0AplantedPlanted"),
    ],
)
def test_the_search_finds_what_only_looks_like_a_secret(kind: str, value: str) -> None:
    sink = Sink(name="HTML of /", content=b"before \x00 " + value.encode() + b" after")
    assert search([], [sink]) == [Find(kind=kind, form="shape", sink="HTML of /")]


def test_a_crash_report_of_this_console_holds_no_variable() -> None:
    assert search(MARKERS, [_in_report(NothingButFrames())]) == []


def test_a_secret_is_left_alone_at_home_and_nowhere_else() -> None:
    secret = Secret(kind="state", value="a-state-of-some-length", homes=("HTML of /leave/",))
    sinks = [Sink(name=f"HTML of {path}", content=b"?a-state-of-some-length&") for path in ("/leave/1", "/other/")]
    assert {find.sink for find in search([secret], sinks)} == {"HTML of /other/"}
