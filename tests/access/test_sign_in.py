"""Signing in and out: closed, alike for everybody, limited, audited, and for a while only."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from allauth.account.adapter import get_adapter
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from pytest_django.fixtures import Settings

from access.demo_people import DEMO_PASSWORD, DEMO_PEOPLE
from access.models import AuditEntry, User
from access.operations.create_person import create_person
from access.permissions import Role
from kernel.clock import now
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person() -> User:
    made: User = UserFactory(auditor=True, email="theo@console.example")
    return made


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> HttpResponse:
    answer = client.post(reverse("account_login"), {"login": email, "password": password, **more})
    assert isinstance(answer, HttpResponse)
    return answer


def events() -> list[str]:
    return list(AuditEntry.objects.order_by("sequence").values_list("event", flat=True))


@pytest.mark.parametrize("typed", ["Theo@console.example", "theo@CONSOLE.example", " theo@console.example "])
def test_address_and_password_sign_in_whatever_the_case(client: Client, person: User, typed: str) -> None:
    answer = sign_in(client, typed)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get(reverse("audit")).status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.event, entry.actor_user_id, entry.object_name, entry.address) == (
        "person.signed_in",
        person.pk,
        person.email,
        "127.0.0.1",
    )


def test_one_comes_to_the_page_one_wanted(client: Client, person: User) -> None:
    wanted = client.get(reverse("audit"))
    assert wanted["Location"] == "/accounts/login/?next=/audit/"
    page = client.get(wanted["Location"])
    assert 'name="next" value="/audit/"' in page.content.decode()
    assert sign_in(client, person.email, next="/audit/")["Location"] == "/audit/"


@pytest.mark.parametrize(
    "elsewhere", ["https://attacker.example/", "//attacker.example/", "/\\attacker.example", "javascript:alert(1)"]
)
def test_signing_in_never_leads_to_another_site(client: Client, person: User, elsewhere: str) -> None:
    assert sign_in(client, person.email, next=elsewhere)["Location"] == "/"


def test_every_refusal_looks_the_same(client: Client, person: User) -> None:
    UserFactory(email="gone@console.example", is_active=False)
    UserFactory(email="never@console.example", password=None)
    attempts = [
        (person.email, "wrong"),
        ("nobody@console.example", PASSWORD),
        ("gone@console.example", PASSWORD),
        ("gone@console.example", "wrong"),
        ("never@console.example", "None"),
    ]
    pages = [sign_in(client, email, password) for email, password in attempts]
    told = {tuple(page.context["form"].non_field_errors()) for page in pages}  # type: ignore[attr-defined]
    assert told == {("The email address or the password is wrong.",)}
    assert {page.status_code for page in pages} == {200}
    assert configured.SESSION_COOKIE_NAME not in client.cookies
    assert events() == ["sign_in.failed"] * len(attempts)
    assert [entry.object_name for entry in AuditEntry.objects.order_by("sequence")] == [email for email, _ in attempts]
    assert {entry.actor_name for entry in AuditEntry.objects.all()} == {"Not signed in"}


def test_a_password_is_in_no_entry_and_on_no_page(client: Client, person: User) -> None:
    page = sign_in(client, person.email, "quite-wrong-password")
    entry = AuditEntry.objects.values().get()
    assert "quite-wrong-password" not in str(entry) + page.content.decode()


def test_failed_tries_with_one_address_are_limited(client: Client, person: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "100/m/ip,5/5m/key"}
    for _try in range(5):
        sign_in(client, person.email, "wrong")
    refused = sign_in(client, person.email)
    assert "Too many attempts to sign in" in refused.content.decode()
    assert events() == ["sign_in.failed"] * 5
    other: User = UserFactory()
    assert sign_in(client, other.email).status_code == 302
    with time_machine.travel(now() + timedelta(minutes=5, seconds=1)):
        assert sign_in(Client(), person.email).status_code == 302


def test_tries_from_one_network_are_limited(client: Client, person: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip"}
    for _try in range(3):
        sign_in(client, person.email, "wrong")
    refused = sign_in(client, person.email)
    assert refused.status_code == 429
    assert "Too many attempts to sign in" in refused.content.decode()
    assert "#error-access.too_many_sign_ins" in refused.content.decode()
    assert client.get(reverse("account_login")).status_code == 200


def test_production_limits_tries() -> None:
    from workflows_console.settings import base

    assert base.ACCOUNT_RATE_LIMITS == {
        "login": "30/m/ip",
        "login_failed": "10/m/ip,5/5m/key",
        "reauthenticate": "10/m/user",
    }


def test_signing_out_ends_the_session(client: Client, person: User) -> None:
    sign_in(client, person.email)
    stolen = client.cookies[configured.SESSION_COOKIE_NAME].value
    assert "Stay signed in" in client.get(reverse("account_logout")).content.decode()
    assert client.post(reverse("account_logout"))["Location"] == "/accounts/login/"
    client.cookies[configured.SESSION_COOKIE_NAME] = stolen
    assert client.get(reverse("audit")).status_code == 302
    assert events() == ["person.signed_in", "person.signed_out"]
    assert AuditEntry.objects.get(event="person.signed_out").actor_user_id == person.pk


def test_signing_in_makes_a_new_session(client: Client, person: User) -> None:
    client.get(reverse("account_login"))
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies[configured.SESSION_COOKIE_NAME] = str(planted)
    sign_in(client, person.email)
    assert client.cookies[configured.SESSION_COOKIE_NAME].value != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_signing_in_needs_the_forms_token(person: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert sign_in(strict, person.email).status_code == 403
    assert events() == []


def test_nobody_signs_up(rf: RequestFactory) -> None:
    assert get_adapter().is_open_for_signup(rf.get("/")) is False
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")


@pytest.mark.parametrize(
    "path",
    [
        "signup/",
        "password/reset/",
        "password/change/",
        "email/",
        "inactive/",
        "confirm-email/",
        "login/code/confirm/",
        "2fa/",
        "",
    ],
)
def test_allauths_other_pages_are_not_there(client: Client, path: str) -> None:
    assert client.get(f"/accounts/{path}").status_code == 404


def test_half_an_hour_without_activity_ends_the_session(client: Client, person: User) -> None:
    start = now()
    with time_machine.travel(start, tick=False) as clock:
        sign_in(client, person.email)
        clock.shift(timedelta(minutes=29, seconds=59))
        assert client.get(reverse("audit")).status_code == 200
        clock.shift(timedelta(minutes=29, seconds=59))
        assert client.get(reverse("audit")).status_code == 200
        clock.shift(timedelta(minutes=30))
        ended = client.get(reverse("audit"), follow=True)
        assert ended.redirect_chain[-1][0] == "/accounts/login/?next=/audit/"
        assert "You were signed out after 30 minutes without activity." in ended.content.decode()
    assert not Session.objects.exists()


def test_twelve_hours_end_a_session_in_use(client: Client, person: User) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        sign_in(client, person.email)
        for _quarter in range(47):
            clock.shift(timedelta(minutes=15))
            assert client.get(reverse("audit")).status_code == 200
        clock.shift(timedelta(minutes=15))
        ended = client.get(reverse("audit"), follow=True)
        assert "You were signed out: a session lasts 12 hours." in ended.content.decode()


def test_an_ended_session_ends_for_the_api_too(client: Client, person: User) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        sign_in(client, person.email)
        assert client.get("/api/v1/connectors").status_code == 200
        clock.shift(timedelta(minutes=30))
        assert client.get("/api/v1/connectors").status_code == 401


def test_a_session_that_no_sign_in_began_is_ended(client: Client, person: User) -> None:
    client.force_login(person)
    session = client.session
    del session["seen_at"]
    session.save()
    assert client.get(reverse("audit")).status_code == 302


def test_the_sessions_row_is_written_at_most_once_a_minute(client: Client, person: User) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        sign_in(client, person.email)
        written = []
        for _request in range(9):
            clock.shift(timedelta(seconds=20))
            answer = client.get(reverse("audit"))
            written.append(configured.SESSION_COOKIE_NAME in answer.cookies)
    assert written == [False, False, True] * 3


def test_a_new_password_ends_every_session(client: Client, person: User) -> None:
    from access.actor import Actor
    from access.operations.set_password import set_password

    sign_in(client, person.email)
    set_password(Actor.command(), person=person, password="another-long-password")
    assert client.get(reverse("audit")).status_code == 302
    assert sign_in(client, person.email).status_code == 200
    assert sign_in(client, person.email, "another-long-password").status_code == 302


def test_a_person_made_inactive_is_out_at_once(client: Client, person: User) -> None:
    sign_in(client, person.email)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get(reverse("audit")).status_code == 302


def test_the_page_fits_the_strict_content_policy(client: Client) -> None:
    answer = client.get(reverse("account_login"))
    page = answer.content.decode()
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "style=" not in page
    assert "<style" not in page
    assert "onclick" not in page
    assert answer.headers["Cache-Control"].find("no-store") >= 0


def test_a_local_console_names_its_people_and_fills_the_form(client: Client, settings: Settings) -> None:
    settings.SHOW_DEMO_PEOPLE = True
    for each in DEMO_PEOPLE:
        create_person(email=each.email, name=each.name, password=DEMO_PASSWORD, roles=each.roles)
    page = client.get("/accounts/login/?next=/audit/").content.decode()
    assert DEMO_PASSWORD in page
    for each in DEMO_PEOPLE:
        assert f"{each.roles[0]}, {each.email}" in page
        filled = client.get("/accounts/login/", {"next": "/audit/", "login": each.email}).content.decode()
        assert f'value="{each.email}"' in filled
        assert f'value="{DEMO_PASSWORD}"' in filled
        assert 'name="next" value="/audit/"' in filled
        assert sign_in(Client(), each.email, DEMO_PASSWORD).status_code == 302
    assert {role for each in DEMO_PEOPLE for role in each.roles} == set(Role)


def test_another_console_names_nobody(client: Client) -> None:
    page = client.get("/accounts/login/?login=ada@console.example").content.decode()
    assert DEMO_PASSWORD not in page
    assert "Ada Lindqvist" not in page
    assert 'value="ada@console.example"' in page


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.66, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.66, 203.0.113.9, 192.0.2.1", "203.0.113.9"),
    ],
)
def test_the_address_is_what_trusted_proxies_say(
    client: Client, person: User, settings: Settings, *, proxies: int, forwarded: str, address: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    client.post(
        reverse("account_login"),
        {"login": person.email, "password": PASSWORD},
        headers={"X-Forwarded-For": forwarded},
    )
    assert AuditEntry.objects.get().address == address
