"""The password again before what is dangerous: after 15 minutes, with nothing lost on the way."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django.fixtures import Settings

from access.models import AuditEntry, User
from access.reauthentication import require_fresh
from kernel.clock import now
from tests.factories import PASSWORD, UserFactory
from workflows_console.urls import urlpatterns as console_urls

pytestmark = pytest.mark.django_db


def danger(request: HttpRequest) -> HttpResponse:
    return require_fresh(request) or HttpResponse(f"done: {request.method} {request.POST.get('typed', '')}")


urlpatterns = [path("danger/", danger), *console_urls]


@pytest.fixture
def person(client: Client, settings: Settings) -> Iterator[User]:
    settings.ROOT_URLCONF = __name__
    cache.clear()
    made: User = UserFactory(administrator=True)
    client.force_login(made)
    yield made
    cache.clear()


def later(minutes: float) -> time_machine.travel:
    return time_machine.travel(now() + timedelta(minutes=minutes))


def confirm(client: Client, way: str, password: str = PASSWORD) -> HttpResponse:
    page = client.get(way)
    assert b"Confirm that it is you" in page.content
    answer = client.post("/accounts/reauthenticate/", {"password": password, "next": "/danger/"})
    assert isinstance(answer, HttpResponse)
    return answer


def test_signing_in_counts_for_a_quarter_of_an_hour(client: Client, person: User) -> None:
    assert client.get("/danger/").content == b"done: GET "
    with later(14.9):
        assert client.get("/danger/").status_code == 200
    with later(15.1):
        assert client.get("/danger/")["Location"] == "/accounts/reauthenticate/?next=%2Fdanger%2F"


def test_the_password_counts_for_a_quarter_of_an_hour_again(client: Client, person: User) -> None:
    with later(16):
        answer = confirm(client, client.get("/danger/")["Location"])
        assert answer["Location"] == "/danger/"
        assert client.get("/danger/").status_code == 200
    with later(30.5):
        assert client.get("/danger/").status_code == 200
    with later(31.5):
        assert client.get("/danger/").status_code == 302


def test_what_was_posted_is_done_after_the_password(client: Client, person: User) -> None:
    with later(16):
        way = client.post("/danger/", {"typed": "Payroll notices"})["Location"]
        assert confirm(client, way).content == b"done: POST Payroll notices"


def test_a_wrong_password_does_nothing_and_is_in_the_trail(client: Client, person: User) -> None:
    with later(16):
        way = client.post("/danger/", {"typed": "Payroll notices"})["Location"]
        refused = confirm(client, way, "not-the-password")
        assert "This is not your password." in refused.content.decode()
        assert client.get("/danger/").status_code == 302
    assert AuditEntry.objects.filter(event="sign_in.failed", object_name=person.email).count() == 1


def test_guessing_is_limited(client: Client, person: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"reauthenticate": "3/m/user"}
    with later(16):
        answers = [
            client.post("/accounts/reauthenticate/", {"password": "wrong", "next": "/danger/"}).status_code
            for _try in range(4)
        ]
    assert answers == [200, 200, 200, 429]


def test_a_part_of_a_page_leads_the_whole_page_there(client: Client, person: User) -> None:
    with later(16):
        answer = client.post("/danger/", {"typed": "x"}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/accounts/reauthenticate/?next=%2Fdanger%2F")


def test_it_leads_to_no_other_site(client: Client, person: User) -> None:
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "https://attacker.example/"})
    assert answer["Location"] == "/"


def test_nobody_confirms_without_being_signed_in(client: Client) -> None:
    assert client.get("/accounts/reauthenticate/")["Location"].startswith("/accounts/login/")
