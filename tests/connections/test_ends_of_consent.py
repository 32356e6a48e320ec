"""How an authorization that fails says so: each cause by its code, kept with the attempt or shown on its page."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.http import HttpResponse
from django.urls import reverse
from pytest_django.fixtures import Settings

from connections.models import Connection, ConsentAttempt
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.consents import Browser
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(google: RunningSandbox) -> Browser:
    return Browser(UserFactory(administrator=True))


def shown(response: HttpResponse) -> str:
    """The code of the error that a page shows."""
    return str(response.context["error"].code)  # type: ignore[attr-defined]


def kept(attempt: ConsentAttempt) -> str:
    attempt.refresh_from_db()
    assert attempt.failure
    return str(attempt.failure["code"])


def test_a_code_that_google_no_longer_takes(google: RunningSandbox, ada: Browser) -> None:
    attempt = ada.ask()
    answer = ada.consent(attempt)
    google.sandbox.clock.offset = 11 * 60
    ada.come_back(answer)
    assert kept(attempt) == "consent.exchange_refused"
    assert Connection.objects.count() == 0


def test_no_answer_within_ten_minutes(ada: Browser) -> None:
    attempt = ada.ask()
    ada.leave(attempt)
    with time_machine.travel(now() + timedelta(minutes=10, seconds=1)):
        ada.client.force_login(ada.user)
        page = ada.client.get(reverse("authorization", args=[attempt.pk]))
    assert shown(page) == "consent.expired"  # type: ignore[arg-type]
    assert "invalid_scope" in page.content.decode()


def test_an_answer_that_belongs_to_nobody(ada: Browser) -> None:
    answer = ada.come_back({"state": ["x"], "code": ["4/0y"]})
    page = ada.client.get(answer.headers["Location"])
    assert shown(page) == "consent.state_mismatch"  # type: ignore[arg-type]


@pytest.mark.parametrize("ask", [lambda client, page: client.get(page), lambda client, page: client.post(page)])
def test_more_starts_than_a_minute_allows(ask: Callable[..., HttpResponse], ada: Browser, settings: Settings) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"consent_start": 0}
    page = ask(ada.client, reverse("authorization", args=[ada.ask().pk]))
    assert page.status_code == 429
    assert shown(page) == "access.rate_limited"
