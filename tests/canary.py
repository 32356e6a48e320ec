"""Which secrets a stack holds, where one could turn up, and a search in bytes: plain, quoted, base64, hex."""

import base64
import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import requests
from playwright.sync_api import Page

from tests.processes import Stack

SHORTEST = 12
"""A shorter value could stand anywhere by chance."""

# Where a secret is at home: searched by nobody. The sandbox is Google, and holds what Google holds.
HOMES = ("sandbox.sqlite3", "secret_key", "vault_ring.json")

# What Google's secrets look like, so that one that nobody wrote down is found too (an id token, say).
SHAPES = {
    "id token": rb"eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}",
    "access token": rb"ya29\.[\w.-]{10,}",
    "refresh token": rb"1//0[\w-]{10,}",
    "authorization code": rb"4(?:/|%2F)0[\w-]{10,}",
}


@dataclass(frozen=True, kw_only=True)
class Secret:
    """``homes`` are beginnings of sinks' names where the value belongs, such as the page that shows it to its owner."""

    kind: str
    value: str
    homes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Sink:
    """A place where bytes leave the console's memory. ``name`` says the kind first: ``HTML of /connections/``."""

    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Find:
    kind: str
    form: str
    sink: str


def forms_of(value: str) -> dict[str, bytes]:
    """How a value may look when something has encoded it, by the name of the form."""
    raw = value.encode()
    forms = {
        "plain": raw,
        "quoted": quote(value, safe="").encode(),
        "quoted plus": quote_plus(value).encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
    }
    # Within a longer text the letters of base64 depend on where the value begins: three ways, ends left off.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw + b"\0" * (-(shift + len(raw)) % 3))
        inner = encoded[(0, 2, 3)[shift] : len(encoded) - 4]
        forms[f"base64 +{shift}"] = inner
        forms[f"base64url +{shift}"] = inner.replace(b"+", b"-").replace(b"/", b"_")
    return forms


def search(secrets: Iterable[Secret], sinks: Iterable[Sink]) -> list[Find]:
    """Every form of every secret in every sink that isn't its home, and everything of a known shape."""
    needles = [(secret, form, needle) for secret in secrets for form, needle in forms_of(secret.value).items()]
    found = []
    for sink in sinks:
        found += [
            Find(kind=secret.kind, form=form, sink=sink.name)
            for secret, form, needle in needles
            if needle in sink.content and not sink.name.startswith(secret.homes)
        ]
        found += [
            Find(kind=kind, form="shape", sink=sink.name)
            for kind, shape in SHAPES.items()
            if re.search(shape, sink.content)
        ]
    return found


# ------------------------------------------------------------------ secrets


def secrets_of(stack: Stack) -> list[Secret]:
    """What the console made and what Google has issued so far."""
    data = Path(stack.environment["DATA_DIR"])
    ring = json.loads((data / "vault_ring.json").read_text())["keys"]
    return [
        Secret(kind="client secret", value="GOCSPX-sandbox-only-secret"),
        Secret(kind="SECRET_KEY", value=(data / "secret_key").read_text().strip()),
        *(Secret(kind="vault key", value=key["key"]) for key in ring),
        *_issued(data / "sandbox.sqlite3"),
    ]


def _issued(path: Path) -> Iterator[Secret]:
    """Every value in the sandbox's file that looks like something Google issues."""
    kinds = {"ya29.": "access token", "1//": "refresh token", "4/0": "authorization code"}
    for value in _texts(path):
        kind = next((each for each in kinds if value.startswith(each)), None)
        if kind and len(value) >= SHORTEST:
            yield Secret(kind=kinds[kind], value=value)


def _texts(path: Path) -> Iterator[str]:
    """Every text in every table. Read from a copy: the sandbox keeps its own file locked."""
    with TemporaryDirectory() as folder:
        for file in path.parent.glob(f"{path.name}*"):
            shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder) / path.name)) as db:
            tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in db.execute(f'SELECT * FROM "{table}"'):
                    yield from (value for value in row if isinstance(value, str))


# ------------------------------------------------------------------ sinks


def answer_sinks(answers: Iterable[requests.Response]) -> Iterator[Sink]:
    """Body, headers and cookies of each answer."""
    for answer in answers:
        path = urlsplit(answer.url).path
        is_json = "json" in answer.headers.get("Content-Type", "")
        cookies = answer.raw.headers.getlist("Set-Cookie") if answer.raw else []
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "set-cookie"}
        yield Sink(name=f"{'JSON' if is_json else 'HTML'} of {path}", content=answer.content)
        yield Sink(name=f"headers of {path}", content=json.dumps(headers).encode())
        yield Sink(name=f"cookies of {path}", content="\n".join(cookies).encode())


def storage_sink(page: Page) -> Sink:
    """What the page's site has put into the browser: local and session storage, and cookies that scripts can read."""
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    return Sink(name=f"browser storage at {page.url}", content=str(stored).encode())


def command_sink(name: str, done: "subprocess.CompletedProcess[str]") -> Sink:
    return Sink(name=f"output of {name}", content=f"{done.stdout}\n{done.stderr}".encode())


def report_sink(name: str, report: str) -> Sink:
    return Sink(name=f"error report {name}", content=report.encode())


def file_sinks(folder: Path, log: Path) -> Iterator[Sink]:
    """Every file of a data folder as bytes (each database column is in one), and the processes' log at DEBUG."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(HOMES):
            yield Sink(name=f"file {path.relative_to(folder)}", content=path.read_bytes())
    yield Sink(name="log", content=log.read_bytes())


def counted(sinks: Iterable[Sink]) -> dict[str, Any]:
    """How much was searched: sinks and bytes by the first word of their names."""
    counts: dict[str, list[int]] = {}
    for sink in sinks:
        entry = counts.setdefault(sink.name.split()[0], [0, 0])
        entry[0] += 1
        entry[1] += len(sink.content)
    return {kind: f"{count} ({size / 1000:,.0f} kB)" for kind, (count, size) in sorted(counts.items())}
