"""After a journey no secret stands anywhere but where it is at home; and a search that finds what is planted."""

from pathlib import Path

import pytest
import requests

from tests.canary import files_of, forms_of, leaks, secrets_of
from tests.console_visitor import ConsoleVisitor
from tests.processes import Stack

pytestmark = pytest.mark.xdist_group("processes")


def _answers(visitor: ConsoleVisitor, connection: str, run: str) -> dict[str, bytes]:
    """HTML, JSON, headers and cookies of the pages and routes that come nearest to a secret."""
    paths = [
        "/connections/",
        f"/connections/{connection}/",
        f"/connections/{connection}/permissions/",
        f"/connections/{connection}/cards/",
        f"/connections/{connection}/activity/",
        f"/runs/{run}/",
        "/audit/",
        "/help/",
        "/api/v1/connections",
        f"/api/v1/connections/{connection}",
        f"/api/v1/connections/{connection}/authorizations",
        f"/api/v1/connections/{connection}/readiness",
        f"/api/v1/runs/{run}",
        "/api/v1/openapi.json",
    ]
    sinks: dict[str, bytes] = {}
    for path in paths:
        answer = visitor.get(path)
        assert answer.status_code == requests.codes.ok, f"{path}: {answer.status_code}"
        sinks[f"body of {path}"] = answer.content
        sinks[f"headers of {path}"] = str(answer.headers).encode()
    sinks["cookies"] = str(visitor.session.cookies.get_dict()).encode()
    return sinks


def test_no_secret_leaves_its_home(stack: Stack) -> None:
    visitor = ConsoleVisitor(stack, "ada@console.example")
    connection = visitor.connect("Canary", "ada@acme.example")
    message = visitor.any_message_of("ada@acme.example")
    body = {"connection": connection, "options": {}, "inputs": {"message_id": message}}
    run = visitor.api("POST", "cards/gmail.read_email/runs", json=body).json()["run"]
    failing = body | {"inputs": {"message_id": "19e1acd465710c99"}}
    assert visitor.api("POST", "cards/gmail.read_email/runs", json=failing).status_code >= 400
    crash = visitor.session.get(
        f"{stack.url}/connections/callback/google/",
        params={"state": "x", "code": next(v for k, v in secrets_of(stack).items() if "code" in k)},
        timeout=30,
    )
    out = stack.manage("connections", "show", connection).stdout + stack.manage("connections", "list", "--json").stdout

    secrets = secrets_of(stack)
    assert {name.rstrip(" 0123456789") for name in secrets} >= {
        "client secret", "password", "SECRET_KEY", "vault key", "access token", "refresh token", "authorization code",
    }  # fmt: skip
    shown_on_purpose = {"password"}  # the sign-in page and the terminal of a local console show the demo password
    searched = {name: value for name, value in secrets.items() if name not in shown_on_purpose}
    sinks = _answers(visitor, connection, run) | files_of(stack)
    sinks |= {"command output": out.encode(), "body after an attack": crash.content}
    assert leaks(searched, sinks) == []


@pytest.mark.parametrize("sink", ["HTML", "JSON", "header", "cookie", "log", "error report", "command", "database"])
def test_the_search_finds_what_is_planted(sink: str, stack: Stack, tmp_path: Path) -> None:
    """The positive control: each kind of secret, in each form, in each kind of sink."""
    missed = []
    for name, value in secrets_of(stack).items():
        for form in forms_of(value):
            planted = tmp_path / "sink"
            planted.write_bytes(b"before \x00 " + form + b" after")
            if not leaks({name: value}, {sink: planted.read_bytes()}):
                missed.append(f"{name} as {form[:6]!r}")
    assert missed == []
