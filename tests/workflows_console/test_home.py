"""Home: what needs attention, for whom, and the way to mend it."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from access.actor import Actor, Via
from access.models import User
from connections.errors import ConnectionBlocked, GrantEnded, WorkspaceRequired
from connections.models import Connection, Sharing, Status
from flows.models import Run
from flows.operations.decide_outcome import decide_outcome
from flows.operations.run_card import run_card
from kernel.clock import now
from kernel.errors import ConsoleError, to_stored
from tests.factories import ConnectionFactory, UserFactory
from tests.flows.fake_mail import FakeMail, arguments, fake_cards, lost
from workflows_console.pages.home import MOST_RUNS, MOST_TROUBLED

pytestmark = pytest.mark.django_db

CAUSES: dict[Status, ConsoleError] = {
    Status.NEEDS_REAUTHORIZATION: GrantEnded(nickname="Payroll", email="p@acme.example", reason="Google ended it."),
    Status.BLOCKED: ConnectionBlocked(reason="An administrator blocked the app.", advice="Ask to trust the app."),
    Status.UNSUPPORTED_ACCOUNT: WorkspaceRequired(email="h@gmail.com"),
}


@pytest.fixture
def ada() -> User:
    return UserFactory(name="Ada Lindqvist", administrator=True)


@pytest.fixture
def mail() -> Iterator[FakeMail]:
    mailbox = FakeMail()
    with fake_cards(mailbox):
        yield mailbox


def home(person: User) -> Any:
    client = Client()
    client.force_login(person)
    return client.get("/")


def words(response: Any) -> str:
    """What stands on the page itself, as it is read."""
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def troubled(status: Status, owner: User, **values: Any) -> Connection:
    made: Connection = ConnectionFactory(owner=owner, status=status, status_cause=to_stored(CAUSES[status]), **values)
    return made


def undecided(mail: FakeMail, person: User) -> Run:
    """A send whose answer was lost, and that nobody can look up."""
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    return ran(person)


def ran(person: User) -> Run:
    return run_card(Actor(user=person, via=Via.PAGE), **arguments(ConnectionFactory(owner=person)))


# ------------------------------------------------------------------ nothing to do


def test_home_is_where_one_lands_and_only_when_signed_in() -> None:
    assert Client().get("/")["Location"].startswith(reverse("account_login"))
    response = home(UserFactory(operator=True))
    assert response.status_code == 200
    assert [entry.title for entry in response.context["navigation"].entries if entry.is_current] == ["Home"]


def test_a_new_console_says_what_to_do_next(ada: User) -> None:
    response = home(ada)
    assert "No connections yet" in words(response)
    assert response.content.decode().count(f'href="{reverse("choose_connector")}"') == 1
    assert "needs your attention" not in words(response)


def test_who_may_not_create_learns_who_can() -> None:
    response = home(UserFactory(operator=True))
    assert "A Connection Manager can make one." in words(response)
    assert reverse("choose_connector") not in response.content.decode()


def test_without_a_role_one_learns_how_to_get_one() -> None:
    ConnectionFactory(sharing=Sharing.EVERYONE)
    text = words(home(UserFactory()))
    assert "You have no role yet" in text
    assert "Connections" not in text


def test_home_is_calm_when_all_is_well(ada: User) -> None:
    ConnectionFactory(owner=ada)
    ConnectionFactory(owner=ada, status=Status.PAUSED)
    ConnectionFactory(owner=ada, grant_expires_at=now() + timedelta(days=8))
    response = home(ada)
    assert "Nothing needs your attention." in words(response)
    assert 'data-tone="bad"' not in response.content.decode().partition("<main")[2].partition("</main>")[0]


# ------------------------------------------------------------------ broken connections


@pytest.mark.parametrize(
    ("status", "way_on"),
    [
        (Status.NEEDS_REAUTHORIZATION, "reauthorize_connection"),
        (Status.BLOCKED, "check_connection"),
        (Status.UNSUPPORTED_ACCOUNT, "new_connection"),
    ],
)
def test_what_is_broken_has_its_cause_remedy_and_button(status: Status, way_on: str, ada: User) -> None:
    made = troubled(status, ada, nickname="Payroll notices")
    response = home(ada)
    text, error = words(response), CAUSES[status]
    for said in ("1 connection can’t be used", "Payroll notices", error.title, error.cause, error.remedy):
        assert said in text
    argument = made.connector if way_on == "new_connection" else made.pk
    assert f'"{reverse(way_on, args=[argument])}"' in response.content.decode()
    assert "Nothing needs your attention" not in text


@pytest.mark.parametrize("status", CAUSES)
def test_who_may_not_mend_it_has_no_button(status: Status, ada: User) -> None:
    made = troubled(status, ada)
    response = home(UserFactory(auditor=True))
    page = response.content.decode()
    assert CAUSES[status].cause in words(response)
    for route in ("reauthorize_connection", "check_connection"):
        assert reverse(route, args=[made.pk]) not in page
    assert "New Connection" not in page


def test_an_operator_mends_what_is_shared_and_sees_nothing_else(ada: User) -> None:
    shared = troubled(Status.NEEDS_REAUTHORIZATION, ada, nickname="Shared", sharing=Sharing.EVERYONE)
    troubled(Status.NEEDS_REAUTHORIZATION, ada, nickname="Private thing")
    response = home(UserFactory(operator=True))
    assert reverse("reauthorize_connection", args=[shared.pk]) in response.content.decode()
    assert "1 connection can’t be used" in words(response)
    assert "Private thing" not in words(response)


def test_many_broken_ones_lead_to_all_of_them(ada: User) -> None:
    for number in range(MOST_TROUBLED + 2):
        troubled(Status.BLOCKED, ada, nickname=f"Box {number}")
    page = home(ada).content.decode()
    found = re.search(r'href="([^"]+)">All 7</a>\s*</div>\s*<ul class="scope-list"', page)
    assert found is not None
    assert page.count('class="finding ') == MOST_TROUBLED
    client = Client()
    client.force_login(ada)
    assert client.get(html.unescape(found[1])).context["page"].total == MOST_TROUBLED + 2


# ------------------------------------------------------------------ grants that end


def test_grants_that_end_are_shown_with_the_next_one_first(ada: User) -> None:
    for days in (5, 1, 9, 3):
        ConnectionFactory(owner=ada, nickname=f"In {days} days", grant_expires_at=now() + timedelta(days=days))
    response = home(ada)
    text = words(response)
    assert "3 grants end within 7 days" in text
    assert text.index("In 1 days") < text.index("In 3 days") < text.index("In 5 days")
    assert "In 9 days" not in text
    assert response.content.decode().count("/reauthorize/") == 3


def test_many_grants_that_end_lead_to_all_of_them_and_no_more(ada: User) -> None:
    soon = now() + timedelta(days=2)
    for _ in range(MOST_TROUBLED + 1):
        ConnectionFactory(owner=ada, grant_expires_at=soon)
    troubled(Status.NEEDS_REAUTHORIZATION, ada, grant_expires_at=now() - timedelta(days=2))
    response = home(ada)
    assert "6 grants end within 7 days" in words(response)
    found = re.search(r'href="([^"]*ending=1[^"]*)">All 6<', response.content.decode())
    assert found is not None
    client = Client()
    client.force_login(ada)
    assert client.get(html.unescape(found[1])).context["page"].total == MOST_TROUBLED + 1


# ------------------------------------------------------------------ runs


def test_a_send_nobody_can_look_up_waits_until_it_is_decided(mail: FakeMail, ada: User) -> None:
    run = undecided(mail, ada)
    response = home(ada)
    assert "1 run waits for somebody" in words(response)
    assert response.content.decode().count(f'href="/runs/{run.pk}/"') == 3  # its name, Decide, and the recent runs
    decide_outcome(Actor(user=ada, via=Via.PAGE), run.pk, "sent")
    assert "for somebody" not in words(home(ada))
    assert "Nothing needs your attention." in words(home(ada))


@pytest.mark.parametrize(
    ("role", "is_asked"),
    [("administrator", True), ("operator", True), ("connection_manager", False), ("auditor", False)],
)
def test_who_may_not_decide_is_not_asked(mail: FakeMail, role: str, is_asked: bool) -> None:
    undecided(mail, UserFactory(flow_builder=True))
    assert ("waits for somebody" in words(home(UserFactory(**{role: True})))) is is_asked


def test_more_undecided_runs_than_are_shown_are_counted(mail: FakeMail, ada: User) -> None:
    for _ in range(MOST_TROUBLED + 2):
        undecided(mail, ada)
    response = home(ada)
    assert "7 runs wait for somebody" in words(response)
    assert "2 more." in words(response)


def test_the_newest_runs_are_shown_to_who_may_know_of_them(mail: FakeMail, ada: User) -> None:
    builder = UserFactory(name="Flo Builder", flow_builder=True)
    mail.can_read = True
    runs = [ran(builder) for _ in range(MOST_RUNS + 1)]
    for person in (builder, ada):
        shown = re.findall(r"/runs/([\w-]+)/", home(person).content.decode())
        assert shown == [str(run.pk) for run in reversed(runs)][:MOST_RUNS]
    others = UserFactory(flow_builder=True)
    ConnectionFactory(owner=others)
    assert "Nothing has run yet." in words(home(others))
    assert "Recent runs" not in words(home(UserFactory(auditor=True)))


def test_a_run_outlives_its_connection_on_home(mail: FakeMail) -> None:
    builder = UserFactory(flow_builder=True)
    run = ran(builder)
    Connection.objects.update(deleted_at=now(), deleted_by=builder)
    response = home(builder)
    assert "No connections yet" in words(response)
    assert f"/runs/{run.pk}/" in response.content.decode()


# ------------------------------------------------------------------ counts


def test_connections_are_counted_by_status_and_lead_to_the_list(ada: User) -> None:
    for status, count in ((Status.ACTIVE, 3), (Status.LIMITED, 1)):
        ConnectionFactory.create_batch(count, owner=ada, status=status)
    page = home(ada).content.decode()
    counts = re.findall(r'\?status=(\w+)">.*?<strong>(\d+)</strong>', page, re.DOTALL)
    assert counts == [("limited", "1"), ("active", "3")]
    assert 'href="/connections/">All 4</a>' in page


def test_the_number_of_queries_does_not_grow_with_what_is_shown(mail: FakeMail, ada: User) -> None:
    def asked() -> int:
        with CaptureQueriesContext(database) as seen:
            assert home(ada).status_code == 200
        return len(seen.captured_queries)

    def one_more() -> None:
        troubled(Status.NEEDS_REAUTHORIZATION, ada)
        ConnectionFactory(owner=ada, grant_expires_at=now() + timedelta(days=2))
        undecided(mail, ada)

    one_more()
    few = asked()
    for _ in range(3):
        one_more()
    assert asked() == few
