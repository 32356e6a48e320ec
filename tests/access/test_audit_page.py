"""The Audit page: for auditors, complete, narrowed by its address, and honest about the chain."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from access import audit
from access.actor import Actor, Via
from access.models import AuditEntry, User
from access.operations.create_api_key import create_api_key
from access.permissions import Role
from access.queries import PAGE_SIZE
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
Page = Callable[..., Any]


@pytest.fixture
def auditor() -> User:
    made: User = UserFactory(auditor=True, email="theo@console.example")
    return made


@pytest.fixture
def show(client: Client, auditor: User) -> Page:
    """The page's answer for these parameters."""
    client.force_login(auditor)

    def get(**parameters: str) -> Any:
        return client.get(reverse("audit"), parameters)

    return get


def record(name: str, event: str = "thing.made", *, actor: Actor | None = None, **options: Any) -> None:
    with transaction.atomic():
        audit.record(
            actor or Actor.console(), event, **({"kind": "thing", "object_id": name.lower(), "name": name} | options)
        )


def names(answer: Any) -> list[str]:
    return [row.entry.object_name for row in answer.context["page"].rows]


@pytest.mark.parametrize("role", Role)
def test_auditors_and_administrators_see_it(client: Client, role: Role) -> None:
    client.force_login(UserFactory(roles=[role]))
    allowed = role in {Role.AUDITOR, Role.ADMINISTRATOR}
    assert client.get(reverse("audit")).status_code == (200 if allowed else 403)


def test_who_is_not_signed_in_is_sent_to_sign_in(client: Client) -> None:
    assert client.get(reverse("audit"))["Location"] == "/accounts/login/?next=/audit/"


def test_a_row_says_what_who_by_which_way_from_where_and_when(show: Page) -> None:
    owner: User = UserFactory(administrator=True)
    key = create_api_key(Actor.command(), owner=owner, name="Nightly", permissions=["card.run"]).key
    actor = Actor(user=owner, via=Via.API, key=key, address="192.0.2.7")
    with time_machine.travel(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), tick=False):
        record("Payroll", "thing.status_changed", actor=actor, difference={"status": ["active", "unsupported_account"]})
    shown = show(about="Payroll").content.decode().replace("<wbr>", "")
    for words in (
        "Thing status changed",
        "Status: active → unsupported account",
        "Payroll",
        owner.email,
        "with API key “Nightly”",
        "192.0.2.7",
        "2026-03-04 05:06:07",
    ):
        assert words in shown


def test_lists_of_an_entry_are_told_in_words(show: Page) -> None:
    record("One", difference={"granted": ["gmail.send", "gmail.readonly"], "left_out": [], "note": None})
    shown = show().content.decode()
    assert "Granted: gmail.send, gmail.readonly" in shown
    assert "Left out: none" in shown
    assert "Note: none" in shown


def test_what_others_typed_is_shown_as_text(show: Page) -> None:
    record("<script>alert(1)</script>", difference={"<b>": "<img src=x onerror=alert(1)>"})
    shown = show().content.decode()
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert "&lt;b&gt;" in shown


def test_an_address_wraps_at_its_signs_and_nowhere_else(show: Page, auditor: User) -> None:
    actor = Actor(user=auditor, via=Via.PAGE)
    record("Weekly 1.5", actor=actor)
    record("ben@acme.example", actor=actor)
    record("<b>@acme.example", actor=actor)
    shown = show().content.decode()
    assert "Weekly 1.5" in shown
    assert "ben<wbr>@acme<wbr>.example" in shown
    assert shown.count("theo<wbr>@console<wbr>.example") == 3
    assert "&lt;b&gt;<wbr>@acme<wbr>.example" in shown


def test_the_newest_stands_first_and_nothing_is_left_out(show: Page) -> None:
    for number in range(PAGE_SIZE + 3):
        record(f"T{number}")
    first, second = show(), show(page="2")
    assert names(first) + names(second) == [f"T{number}" for number in reversed(range(PAGE_SIZE + 3))]
    assert f"1–{PAGE_SIZE} of {PAGE_SIZE + 3}" in first.content.decode()
    assert f"{PAGE_SIZE + 1}–{PAGE_SIZE + 3} of {PAGE_SIZE + 3}" in second.content.decode()


def test_an_entry_about_no_connection_in_particular_shows_without_a_link(show: Page) -> None:
    record("", "connection.list_exported", kind="connection", object_id="")
    answer = show()
    assert answer.status_code == 200
    assert "Connection list exported" in answer.content.decode()


def test_entries_of_one_moment_stand_in_the_order_of_the_chain(show: Page) -> None:
    with time_machine.travel(datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), tick=False):
        for name in ("One", "Two", "Three"):
            record(name)
    assert names(show()) == ["Three", "Two", "One"]


def test_pages_keep_the_filters(show: Page) -> None:
    for number in range(PAGE_SIZE + 1):
        record(f"T{number}")
    shown = show(event="thing.made", about="T").content.decode()
    assert "?event=thing.made&amp;about=T&amp;page=2" in shown


@pytest.mark.parametrize("number", ["0", "-1", "99", "x", ""])
def test_a_page_that_is_not_there_gives_the_nearest(show: Page, number: str) -> None:
    record("One")
    assert names(show(page=number)) == ["One"]


def _some_entries(auditor: User) -> None:
    with time_machine.travel(datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC), tick=False):
        record("January", "thing.made", object_id="a-1")
    with time_machine.travel(datetime(2026, 2, 1, 23, 59, 59, 999999, tzinfo=UTC), tick=False):
        record("February", "thing.lost", actor=Actor(user=auditor, via=Via.PAGE))
    with time_machine.travel(datetime(2026, 2, 2, tzinfo=UTC), tick=False):
        record("Later", "thing.found", actor=Actor(user=None, via=Via.PAGE))


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, ["Later", "February", "January"]),
        ({"event": "thing.lost"}, ["February"]),
        ({"person": "PERSON"}, ["February"]),
        ({"person": "Not signed in"}, ["Later"]),
        ({"person": "Workflows Console"}, ["January"]),
        ({"about": "ruar"}, ["February"]),
        ({"about": " a-1 "}, ["January"]),
        ({"about": "a-"}, []),
        ({"since": "2026-02-01"}, ["Later", "February"]),
        ({"since": "2026-02-02"}, ["Later"]),
        ({"until": "2026-02-01"}, ["February", "January"]),
        ({"since": "2026-02-01", "until": "2026-02-01"}, ["February"]),
        ({"event": "thing.made", "since": "2026-02-01"}, []),
    ],
)
def test_the_address_narrows(show: Page, auditor: User, parameters: dict[str, str], found: list[str]) -> None:
    _some_entries(auditor)
    chosen = {name: str(auditor.pk) if value == "PERSON" else value for name, value in parameters.items()}
    answer = show(**chosen)
    assert names(answer) == found
    assert found or "No entry matches" in answer.content.decode()


@pytest.mark.parametrize(
    "parameters",
    [{"since": "yesterday"}, {"until": "9999-99-99"}, {"event": "no.such"}, {"person": "x' OR 1=1"}, {"about": "%"}],
)
def test_a_filter_that_cannot_be_read_breaks_nothing(show: Page, parameters: dict[str, str]) -> None:
    record("One")
    assert show(**parameters).status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_time_break_nothing(show: Page, day: str) -> None:
    record("One")
    assert show(since=day).status_code == 200
    assert show(until=day).status_code == 200


def test_an_empty_trail_says_what_will_come(show: Page) -> None:
    assert "No entries yet" in show().content.decode()


def test_a_chain_that_holds_is_said_to(show: Page) -> None:
    record("One")
    record("Two")
    assert "Chain verified: all 2 entries hold together." in show().content.decode()


def test_a_chain_that_was_changed_is_said_to(show: Page) -> None:
    for name in ("One", "Two", "Three"):
        record(name)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE access_auditentry SET actor_name = 'somebody else' WHERE sequence = 2")
    shown = show().content.decode()
    assert "Entry 2 doesn’t fit" in shown
    assert "Chain verified" not in shown


def test_the_page_asks_the_database_the_same_however_many_rows(
    show: Page, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    owner: User = UserFactory(administrator=True)
    for number in range(30):
        made = create_api_key(Actor.command(), owner=owner, name=f"Key {number}", permissions=["card.run"])
        record(f"T{number}", actor=Actor(user=owner, via=Via.API, key=made.key))
    assert AuditEntry.objects.count() == 60
    with django_assert_max_num_queries(16):
        show()
