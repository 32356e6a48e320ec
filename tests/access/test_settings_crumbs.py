"""Where a page of Settings says it is: one step back to its tab, then its own name."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from access.models import User
from tests.access.phones import Phone
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SIGN_IN = ("/settings/", "Sign-in")
PEOPLE = ("/settings/people/", "People")
API_KEYS = ("/settings/api-keys/", "API keys")


def crumbs(answer: Any) -> tuple[str, str, str]:
    """Address and name of the step back, and where one is."""
    page = answer.content.decode()
    found = re.search(
        r'<nav class="crumbs".*?<a href="([^"]+)">([^<]+)</a></li><li aria-current="page">([^<]+)</li>', page
    )
    assert found is not None
    return found[1], found[2], found[3]


@pytest.fixture
def ada(client: Client) -> User:
    made: User = UserFactory(administrator=True, name="Ada Lindqvist")
    client.force_login(made)
    return made


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("change_password", (*SIGN_IN, "Change password")),
        ("mfa_activate_totp", (*SIGN_IN, "Set up two-factor sign-in")),
        ("invite_person", (*PEOPLE, "Invite a person")),
        ("new_api_key", (*API_KEYS, "New API key")),
    ],
)
def test_a_page_behind_a_tab_leads_back_to_it(
    client: Client, ada: User, route: str, expected: tuple[str, str, str]
) -> None:
    assert crumbs(client.get(reverse(route))) == expected


@pytest.mark.parametrize(
    ("route", "here"),
    [
        ("mfa_deactivate_totp", "Turn off two-factor sign-in"),
        ("mfa_generate_recovery_codes", "New recovery codes"),
        ("mfa_view_recovery_codes", "Recovery codes"),
    ],
)
def test_so_do_those_of_two_factor_sign_in(client: Client, phone: Phone, route: str, here: str) -> None:
    assert crumbs(client.get(reverse(route))) == (*SIGN_IN, here)


def test_so_do_those_of_one_person_and_one_key(client: Client, ada: User) -> None:
    key = {"name": "Nightly report", "days": "90", "permissions": ["card.run"]}
    assert crumbs(client.get(reverse("person", args=[ada.pk]))) == (*PEOPLE, "Ada Lindqvist")
    invited = client.post(reverse("invite_person"), {"email": "nia@console.example"})
    assert crumbs(invited) == (*PEOPLE, "One-time link")
    assert crumbs(client.post(reverse("new_api_key"), key)) == (*API_KEYS, "Nightly report")
