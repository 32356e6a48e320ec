"""Every card from its page, over the API and in a terminal: the same result, and the same done at Google."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from connections.models import Connection
from flows.cards import AnyCard
from flows.models import Run
from gmail_connector.connector import CARDS
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.gmail_connector.runs import BEN, GIVEN, READ, failure, outputs
from tests.google_sandbox.calling import ADA, caller
from tests.staged_google import gmail_calls, settings_of

pytestmark = pytest.mark.django_db

Given = tuple[dict[str, Any], dict[str, Any]]
Way = Callable[[Browser, Connection, str, Given, Path], dict[str, Any] | None]


def by_page(person: Browser, connection: Connection, card: str, given: Given, _folder: Path) -> None:
    entries: dict[str, Any] = {"connection": str(connection.pk)}
    for name, value in (*_flat(given[0]), *_flat(given[1])):
        entries[name] = SimpleUploadedFile("menu.csv", base64.b64decode(value)) if "content" in name else _typed(value)
    response = person.client.post(reverse("test_card", args=[card]), entries)
    assert response.status_code == 302, response.content.decode()


def by_api(person: Browser, connection: Connection, card: str, given: Given, _folder: Path) -> dict[str, Any]:
    body = {"connection": str(connection.pk), "options": given[0], "inputs": given[1]}
    response = person.client.post(f"/api/v1/cards/{card}/runs", json.dumps(body), "application/json")
    answer: dict[str, Any] = response.json()
    said: dict[str, Any] = answer["outputs"] if response.status_code == 200 else answer
    return said


def by_command(person: Browser, connection: Connection, card: str, given: Given, folder: Path) -> dict[str, Any]:
    path = folder / "given.json"
    path.write_text(json.dumps({"options": given[0], "inputs": given[1]}))
    out = io.StringIO()
    to = ("--connection", str(connection.pk), "--as", person.user.email, "--json", str(path))
    call_command("run_card", card, *to, stdout=out, stderr=io.StringIO())
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


WAYS: tuple[Way, ...] = (by_page, by_api, by_command)


def _flat(values: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "\n".join(value) if isinstance(value, list) else str(value)


def _same_by_nature(value: Any) -> Any:
    """Without what is another with every run: ids and times."""
    if isinstance(value, dict):
        return {
            name: _same_by_nature(each)
            for name, each in value.items()
            if name.lower().replace("_", "") not in {"id", "messageid", "threadid", "attachmentid", "date"}
        }
    return [_same_by_nature(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_a_card_does_the_same_whichever_way_it_is_run(
    google: RunningSandbox, person: Browser, card: AnyCard, tmp_path: Path
) -> None:
    results, effects = [], []
    for way in WAYS:
        google.sandbox.reset()
        connection = person.connect(way.__name__, ADA, (), ())
        options, inputs = GIVEN[card.key]
        if card.key == READ:
            inputs = {"message_id": caller(google, ADA).get("messages")["messages"][0]["id"]}
        google.sandbox.journal.clear()
        said = way(person, connection, card.key, (options, inputs), tmp_path)
        kept = outputs(Run.objects.latest("created_at"))
        assert said is None or said == kept
        results.append(_same_by_nature(kept))
        effects.append(([(each["method"], each["status"]) for each in gmail_calls(google)], settings_of(google, BEN)))
    assert results[0] == results[1] == results[2]
    assert effects[0] == effects[1] == effects[2]
    assert effects[0][0]


def test_a_failure_is_told_in_the_same_words(google: RunningSandbox, person: Browser, tmp_path: Path) -> None:
    connection = person.connect("Finance", BEN, (), ())
    given, key = GIVEN["gmail.add_delegate"], "gmail.add_delegate"
    by_page(person, connection, key, given, tmp_path)
    run = Run.objects.latest("created_at")
    error = failure(run)
    page = person.client.get(reverse("run", args=[run.pk])).content.decode()
    problem = by_api(person, connection, key, given, tmp_path)
    with pytest.raises(CommandError) as ended:
        by_command(person, connection, key, given, tmp_path)
    assert error.code == problem["code"] == "role.token_creator_missing"
    assert problem["detail"] == error.cause
    assert ended.value.returncode == 1
    for text in (error.cause, error.remedy):
        assert text in page.replace("&amp;", "&").replace("&#x27;", "'")
        assert text in str(ended.value)
