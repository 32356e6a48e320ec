"""One's own sessions and password, and an administrator's way to end somebody's sessions."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from access.actor import Actor, Via
from access.models import AuditEntry, OneTimeLink, PersonSession, User
from access.operations.forget_sessions import forget_sessions
from access.operations.invite_person import invite_person
from kernel.clock import now
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def administrator() -> User:
    made: User = UserFactory(administrator=True, email="ada@console.example")
    return made


def actor(user: User) -> Actor:
    return Actor(user=user, via=Via.PAGE)


def events() -> list[str]:
    return list(AuditEntry.objects.order_by("sequence").values_list("event", flat=True))


def signed_in(user: User, agent: str) -> Client:
    browser = Client(HTTP_USER_AGENT=agent)
    browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return browser


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


def test_a_person_sees_and_ends_their_own_sessions(administrator: User) -> None:
    here, there = signed_in(administrator, FIREFOX), signed_in(administrator, CHROME)
    page = here.get(reverse("settings"))
    rows = page.context["sessions"]
    assert [(row.browser, row.is_this) for row in rows][:1] == [("Firefox on Linux", True)]
    other = next(row for row in rows if row.browser == "Chrome on Windows")
    assert other.session.address == "127.0.0.1"
    here.post(reverse("end_session", args=[other.session.pk]))
    assert there.get(reverse("settings")).status_code == 302
    assert here.get(reverse("settings")).status_code == 200
    assert events()[-1] == "person.sessions_ended"


def test_all_others_end_at_once(administrator: User) -> None:
    here = signed_in(administrator, FIREFOX)
    others = [signed_in(administrator, CHROME) for _each in range(3)]
    here.post(reverse("end_other_sessions"))
    assert {browser.get(reverse("settings")).status_code for browser in others} == {302}
    assert here.get(reverse("settings")).status_code == 200


def test_nobody_ends_another_persons_session(administrator: User) -> None:
    theirs = signed_in(administrator, CHROME)
    session = PersonSession.objects.filter(user=administrator, browser=CHROME).get()
    mallory = signed_in(UserFactory(auditor=True), FIREFOX)
    mallory.post(reverse("end_session", args=[session.pk]))
    assert theirs.get(reverse("settings")).status_code == 200


def test_signing_out_takes_the_session_off_the_list(administrator: User) -> None:
    here = signed_in(administrator, FIREFOX)
    here.post(reverse("account_logout"))
    assert not PersonSession.objects.filter(browser=FIREFOX).exists()


def test_when_a_session_was_last_seen_moves_on(administrator: User) -> None:
    here = signed_in(administrator, FIREFOX)
    with time_machine.travel(now() + timedelta(minutes=5)):
        here.get(reverse("settings"))
        assert now() - PersonSession.objects.get(browser=FIREFOX).seen_at < timedelta(minutes=1)


def test_a_session_left_alone_is_no_longer_shown(administrator: User) -> None:
    signed_in(administrator, CHROME)
    with time_machine.travel(now() + timedelta(minutes=31)):
        here = signed_in(administrator, FIREFOX)
        assert [row.browser for row in here.get(reverse("settings")).context["sessions"]] == ["Firefox on Linux"]


def test_an_administrator_signs_a_person_out(client: Client, administrator: User) -> None:
    client.force_login(administrator)
    oona: User = UserFactory(operator=True)
    theirs = signed_in(oona, CHROME)
    client.post(reverse("sign_out_person", args=[oona.pk]))
    assert theirs.get(reverse("settings")).status_code == 302


def test_what_ended_sessions_leave_is_removed(administrator: User) -> None:
    signed_in(administrator, CHROME)
    invite_person(actor(administrator), email="nia@console.example", name="", roles=[])
    assert forget_sessions() == 0
    with time_machine.travel(now() + timedelta(days=8)):
        assert forget_sessions() == 3  # a session, its note, a link
    assert (PersonSession.objects.count(), OneTimeLink.objects.count()) == (0, 0)


# ------------------------------------------------------------------ one's own password


def change(browser: Client, **changed: str) -> tuple[int, str]:
    form = {"current": PASSWORD, "password": NEW_PASSWORD, "again": NEW_PASSWORD} | changed
    answer = browser.post(reverse("change_password"), form)
    return answer.status_code, answer.content.decode()


def test_ones_own_password_is_changed_and_other_sessions_end(administrator: User) -> None:
    here, there = signed_in(administrator, FIREFOX), signed_in(administrator, CHROME)
    assert change(here)[0] == 302
    administrator.refresh_from_db()
    assert administrator.check_password(NEW_PASSWORD)
    assert there.get(reverse("settings")).status_code == 302
    rows = here.get(reverse("settings")).context["sessions"]
    assert [(row.browser, row.is_this) for row in rows] == [("Firefox on Linux", True)]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"current": "wrong"}, "This is not your password."),
        ({"again": "different"}, "The two passwords differ."),
        ({"password": "short", "again": "short"}, "too short"),
    ],
)
def test_a_password_that_wont_do_is_not_taken(administrator: User, changed: dict[str, str], told: str) -> None:
    status, page = change(signed_in(administrator, FIREFOX), **changed)
    assert status == 422
    assert told in page
    administrator.refresh_from_db()
    assert administrator.check_password(PASSWORD)


def test_guessing_the_current_password_is_limited(administrator: User, settings: Settings) -> None:
    here = signed_in(administrator, FIREFOX)
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/m/key"}
    for _try in range(3):
        change(here, current="wrong")
    assert change(here)[0] == 422
    administrator.refresh_from_db()
    assert administrator.check_password(PASSWORD)
