"""The buttons of forms in Settings and at sign-in: in their foot, and the one that does it last."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from kernel.clock import now
from tests.access.phones import Phone
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def buttons(client: Client, route: str) -> list[tuple[str, str]]:
    """Words and kind of each button in the foot of the page's form, as they stand."""
    page = client.get(reverse(route), follow=True).content.decode()
    foot = re.search(r'class="formfoot".*?(?=</form>)', page, re.DOTALL)
    assert foot is not None, route
    found = re.findall(r'class="button ?(?:button--)?([\w-]*)"[^>]*>([^<]+)<', foot[0])
    return [(words, kind) for kind, words in found]


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("change_password", [("Cancel", ""), ("Change password", "primary")]),
        ("new_api_key", [("Cancel", ""), ("Make the key", "primary")]),
        ("invite_person", [("Cancel", ""), ("Invite", "primary")]),
        ("mfa_activate_totp", [("Cancel", ""), ("Turn on", "primary")]),
        ("account_logout", [("Stay signed in", ""), ("Sign out", "primary")]),
    ],
)
def test_the_button_that_does_it_stands_last(client: Client, route: str, expected: list[tuple[str, str]]) -> None:
    client.force_login(UserFactory(administrator=True))
    assert buttons(client, route) == expected


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("mfa_deactivate_totp", [("Keep it on", ""), ("Turn off", "danger-fill")]),
        ("mfa_generate_recovery_codes", [("Cancel", ""), ("Make new codes", "primary")]),
    ],
)
def test_so_it_does_once_two_factor_sign_in_is_on(
    client: Client, phone: Phone, route: str, expected: list[tuple[str, str]]
) -> None:
    assert buttons(client, route) == expected


def test_so_it_does_where_a_code_is_asked_for(client: Client, phone: Phone) -> None:
    browser = Client()
    phone.password(browser)
    assert buttons(browser, "mfa_authenticate") == [("Start again", ""), ("Sign in", "primary")]
    with time_machine.travel(now() + timedelta(minutes=16)):
        by_password = buttons(client, "account_reauthenticate")
        by_code = buttons(client, "mfa_reauthenticate")
    assert by_password[-1] == by_code[-1] == ("Confirm", "primary")
    assert len(by_password) == len(by_code) == 2
