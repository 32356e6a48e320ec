"""Every card from its page, over the API and in a terminal: the same result, and the same done at Google."""

import base64
import html
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from connections.models import Connection
from flows.cards import AnyCard, Effect
from flows.catalog import get_card
from flows.derive.field_types import Kind, find_field
from flows.models import Run
from gmail_connector.connector import CARDS
from google_sandbox.server import RunningSandbox
from kernel.errors import as_problem
from tests.consents import Browser
from tests.gmail_connector.mailboxes import everything_stored
from tests.gmail_connector.runs import (
    ACTING,
    AUTO_REPLY,
    BEN,
    CLEO,
    CUSTOM,
    GIVEN,
    READ,
    SETTINGS,
    failure,
    outputs,
    run,
)
from tests.google_sandbox.calling import ADA, caller, encoded, letter
from tests.staged_google import gmail_calls, settings_of

pytestmark = pytest.mark.django_db

Given = tuple[dict[str, Any], dict[str, Any]]
Way = Callable[[Browser, Connection, str, Given, Path], dict[str, Any]]

ADD_DELEGATE, ADD_ALIAS = "gmail.add_delegate", "gmail.add_send_as_alias"
BEFORE = {
    "gmail.list_delegates": ADD_DELEGATE,
    "gmail.delete_delegate": ADD_DELEGATE,
    "gmail.delete_send_as_alias": ADD_ALIAS,
}
"""What is run before a card, so that there is something to list or to delete."""
FULLER: dict[str, Given] = {
    ADD_ALIAS: (
        {**ACTING, "alias_type": "custom"},
        {
            "user_email": BEN, "send_as_email": "ben@other.example", "display_name": "Bén, Sales",
            "signature": "<b>Bén</b>", "treat_as_alias": False, "smtp_host": "smtp.other.example", "port": 587,
            "username": "ben", "password": "open = sesame", "security_mode": "starttls",
        },
    ),
    AUTO_REPLY: (
        ACTING,
        {
            "auto_reply_email": BEN, "restrict_to_domain": True, "start_time": "2030-12-24T08:00:00Z",
            "end_time": "2031-01-02T08:00:00Z", "response_subject": "Away", "response_body_plain_text": "Back\nsoon",
        },
    ),
    SETTINGS: (
        ACTING,
        {
            "user_email": BEN, "pop": {"access_window": "all_mail", "disposition": "archive"},
            "imap": {"enabled": False}, "signature": {"signature": "<i>Bén</i>"},
            "language": {"display_language": "pt-BR"},
        },
    ),
    CUSTOM: (
        {"request_type": "POST"},
        {
            "relative_url": "/v1/users/me/drafts", "query": {"prettyPrint": "false"},
            "body": {"message": {"raw": encoded(letter(to=BEN, subject="Überraschung"))}},
        },
    ),
}  # fmt: skip
"""More than ``GIVEN`` has, so that values of every kind go each way."""


# ------------------------------------------------------------------ the ways


def press_run(person: Browser, connection: Connection, card: str, given: Given) -> Any:
    """Fill in the page, press *Run*, and follow to the page of the run."""
    entries: dict[str, Any] = {"connection": str(connection.pk)}
    for name, value in _entries(card, given):
        is_file = _kind(card, name) is Kind.FILE
        entries[name] = SimpleUploadedFile("menu.csv", base64.b64decode(value)) if is_file else _typed(value)
    page = person.client.post(reverse("test_card", args=[card]), entries, follow=True)
    assert page.resolver_match.url_name == "run", words(page)
    return page


def by_page(person: Browser, connection: Connection, card: str, given: Given, _folder: Path) -> dict[str, Any]:
    page = words(press_run(person, connection, card, given))
    kept = outputs(latest())
    assert "Completed" in page
    for text in _texts(kept):
        assert text in page
    return kept


def ask_api(person: Browser, connection: Connection, card: str, given: Given) -> Any:
    body = {"connection": str(connection.pk), "options": given[0], "inputs": given[1]}
    return person.client.post(f"/api/v1/cards/{card}/runs", json.dumps(body), "application/json")


def by_api(person: Browser, connection: Connection, card: str, given: Given, _folder: Path) -> dict[str, Any]:
    response = ask_api(person, connection, card, given)
    assert response.status_code == 200, response.content
    said: dict[str, Any] = response.json()["outputs"]
    return said


def type_command(person: Browser, connection: Connection, card: str, *more: str) -> dict[str, Any]:
    out = io.StringIO()
    to = ("--connection", str(connection.pk), "--as", person.user.email)
    call_command("run_card", card, *to, *more, stdout=out, stderr=io.StringIO())
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


def by_command(person: Browser, connection: Connection, card: str, given: Given, folder: Path) -> dict[str, Any]:
    return type_command(person, connection, card, *_arguments(card, given, folder))


def by_command_with_json(
    person: Browser, connection: Connection, card: str, given: Given, folder: Path
) -> dict[str, Any]:
    path = folder / "given.json"
    path.write_text(json.dumps({"options": given[0], "inputs": given[1]}))
    return type_command(person, connection, card, "--json", str(path))


WAYS: tuple[Way, ...] = (by_page, by_api, by_command, by_command_with_json)


def _entries(card: str, given: Given) -> Iterator[tuple[str, Any]]:
    """Options and inputs by their names in a form."""
    yield from given[0].items()
    yield from _flat(card, given[1])


def _flat(card: str, values: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and _kind(card, f"{path}{name}") is Kind.OBJECT:
            yield from _flat(card, value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def _kind(card: str, name: str) -> Kind | None:
    declared = find_field(get_card(card).inputs, name)
    return declared.kind if declared else None


def _arguments(card: str, given: Given, folder: Path) -> Iterator[str]:
    for name, value in given[0].items():
        yield from ("--option", f"{name}={_typed(value)}")
    for name, value in _flat(card, given[1]):
        if _kind(card, name) is Kind.FILE:
            path = folder / "menu.csv"
            path.write_bytes(base64.b64decode(value))
            yield from ("--file", f"{name}={path}")
        else:
            for each in value if isinstance(value, list) else [value]:
                yield from ("--input", f"{name}={_typed(each)}")


def _typed(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return json.dumps(value)
    return "\n".join(value) if isinstance(value, list) else str(value)


# ------------------------------------------------------------------ what came of it


def words(page: Any) -> str:
    """The page as it is read."""
    return _joined(html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def _joined(text: str) -> str:
    return " ".join(text.split())


def latest() -> Run:
    return Run.objects.latest("created_at")


def _texts(value: Any) -> Iterator[str]:
    """The texts among outputs, but for times: a page says those in its own way."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
    elif isinstance(value, str) and not re.match(r"\d{4}-\d\d-\d\dT", value):
        yield _joined(value)


def _same_by_nature(value: Any) -> Any:
    """Without what is another with every run: ids and times."""
    if isinstance(value, dict):
        return {
            name: _same_by_nature(each)
            for name, each in value.items()
            if name.lower().replace("_", "") not in {"id", "messageid", "threadid", "attachmentid", "date"}
        }
    return [_same_by_nature(each) for each in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Mailboxes:
    """What lies in all mailboxes, by its id, and how three of them are set."""

    stored: dict[str, Any]
    settings: dict[str, Any]

    @classmethod
    def of(cls, google: RunningSandbox) -> "Mailboxes":
        settings = {account: settings_of(google, account) for account in (ADA, BEN, CLEO)}
        return cls(stored=everything_stored(google), settings=settings)


def _arrived(before: Mailboxes, after: Mailboxes) -> list[Any]:
    assert before.stored.items() <= after.stored.items()
    return sorted(after.stored[each] for each in after.stored.keys() - before.stored.keys())


def _calls(google: RunningSandbox) -> list[Any]:
    return [
        (each["method"], re.sub(r"[0-9a-f]{16}", "{id}", each["path"]), each["account"], each["status"])
        for each in gmail_calls(google)
    ]


def _given(google: RunningSandbox, card: str) -> Given:
    options, inputs = FULLER.get(card) or GIVEN[card]
    if card == READ:
        inputs = {"message_id": caller(google, ADA).find("has:attachment")[0]["id"]}
    return options, inputs


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.key)
def test_a_card_does_the_same_whichever_way_it_is_run(
    google: RunningSandbox, person: Browser, card: AnyCard, tmp_path: Path
) -> None:
    results, effects = [], []
    for way in WAYS:
        google.sandbox.reset()
        connection = person.connect(way.__name__, ADA)
        if card.key in BEFORE:
            outputs(run(person, connection, BEFORE[card.key]))
        given, before = _given(google, card.key), Mailboxes.of(google)
        google.sandbox.journal.clear()
        said, after = way(person, connection, card.key, given, tmp_path), Mailboxes.of(google)
        assert said == outputs(latest())
        assert (after != before) == (card.effect is not Effect.READ)
        results.append(_same_by_nature(said))
        effects.append((_calls(google), _arrived(before, after), after.settings))
    assert results == [results[0]] * len(WAYS)
    assert effects == [effects[0]] * len(WAYS)
    assert effects[0][0]


def test_a_failure_is_told_in_the_same_words(google: RunningSandbox, person: Browser, tmp_path: Path) -> None:
    connection, given = person.connect("Finance", BEN), GIVEN[ADD_DELEGATE]
    google.sandbox.journal.clear()
    page, errors = words(press_run(person, connection, ADD_DELEGATE, given)), [failure(latest())]
    answer = ask_api(person, connection, ADD_DELEGATE, given)
    errors.append(failure(latest()))
    with pytest.raises(CommandError) as ended:
        by_command(person, connection, ADD_DELEGATE, given, tmp_path)
    errors.append(failure(latest()))
    error, problem = errors[0], as_problem(errors[0])
    assert error.code == "role.token_creator_missing"
    assert [as_problem(each) for each in errors] == [problem] * 3
    said = (
        f"{error.title} {error.cause} Remedy {error.remedy} Who can do it An administrator of the Google Cloud project"
    )
    assert _joined(said) in page
    assert (answer.status_code, answer.headers["Content-Type"]) == (error.status, "application/problem+json")
    assert problem.items() <= answer.json().items()
    assert str(ended.value).startswith(f"{error.title}: {error.cause}\n{error.remedy}\n")
    assert ended.value.returncode == 1
    assert gmail_calls(google) == []
