"""Two-factor sign-in: a code after the password, seeds sealed, and a way back when the phone is lost."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from access.models import AuditEntry, User
from kernel.clock import now
from tests.access.phones import Phone
from tests.factories import UserFactory
from vault.models import DataKey

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def later(seconds: float = 61) -> time_machine.travel:
    return time_machine.travel(now() + timedelta(seconds=seconds))


def events() -> list[str]:
    return list(AuditEntry.objects.order_by("sequence").values_list("event", flat=True))


def is_in(client: Client) -> bool:
    return bool(client.get(reverse("settings")).status_code == 200)


# ------------------------------------------------------------------ signing in


def test_the_password_alone_no_longer_signs_in(phone: Phone) -> None:
    browser = Client()
    assert phone.password(browser)["Location"] == reverse("mfa_authenticate")
    assert not is_in(browser)
    assert events() == ["mfa.activated"]


def test_password_and_code_sign_in(phone: Phone) -> None:
    with later():
        browser = Client()
        assert phone.sign_in(browser, phone.code())["Location"] == "/"
        assert is_in(browser)
    assert events() == ["mfa.activated", "person.signed_in"]


def test_a_code_works_once(phone: Phone) -> None:
    with later():
        code = phone.code()
        assert phone.sign_in(Client(), code).status_code == 302
        again = phone.sign_in(Client(), code)
        assert "This code is wrong, or was used before." in again.content.decode()


def test_a_wrong_code_is_refused_and_in_the_trail(phone: Phone) -> None:
    browser = Client()
    assert "This code is wrong" in phone.sign_in(browser, "000000").content.decode()
    assert not is_in(browser)
    entry = AuditEntry.objects.get(event="sign_in.failed")
    assert (entry.object_name, entry.difference) == (phone.user.email, {"reason": "wrong code"})


def test_guessing_codes_is_limited(phone: Phone, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login_failed": "3/m/key"}
    browser = Client()
    phone.password(browser)
    for _try in range(3):
        browser.post(reverse("mfa_authenticate"), {"code": "000000"})
    with later(1):
        answer = browser.post(reverse("mfa_authenticate"), {"code": phone.code()})
    assert "Too many attempts to sign in" in answer.content.decode()
    assert not is_in(browser)


def test_a_recovery_code_signs_in_once(phone: Phone) -> None:
    assert len(phone.recovery) == 10
    browser = Client()
    assert phone.sign_in(browser, phone.recovery[3])["Location"] == "/"
    assert is_in(browser)
    assert phone.sign_in(Client(), phone.recovery[3]).status_code == 200
    assert events() == ["mfa.activated", "recovery_code.used", "person.signed_in", "sign_in.failed"]


def test_the_second_step_needs_the_first(phone: Phone) -> None:
    assert Client().get(reverse("mfa_authenticate"))["Location"].startswith("/accounts/login/")


def test_a_code_confirms_as_well_as_the_password(phone: Phone, client: Client) -> None:
    with later(16 * 60):
        way = client.get(reverse("mfa_generate_recovery_codes"))["Location"]
        page = client.get(way).content.decode()
        assert reverse("mfa_reauthenticate") in page
        target = reverse("mfa_generate_recovery_codes")
        answer = client.post(reverse("mfa_reauthenticate"), {"code": phone.code(), "next": target})
        assert answer["Location"] == target
        assert client.get(target).status_code == 200


# ------------------------------------------------------------------ what is kept


def test_seeds_are_sealed(phone: Phone) -> None:
    for row in Authenticator.objects.all():
        stored = json.dumps(row.data)
        assert phone.secret not in stored
        assert not re.search(r"\b[0-9a-f]{80}\b", stored)
    assert DataKey.objects.filter(purpose="mfa", owner_uuid=phone.user.pk).count() == 1


def test_a_seed_that_waits_for_its_first_code_is_sealed_in_the_session(client: Client) -> None:
    user: User = UserFactory()
    client.force_login(user)
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r'value="([A-Z2-7]{32})"', page)
    assert found is not None
    assert any("mfa.totp.secret" in row.get_decoded() for row in Session.objects.all())
    assert all(found[1] not in json.dumps(row.get_decoded()) for row in Session.objects.all())


def test_a_seed_moved_to_another_person_doesnt_open(phone: Phone) -> None:
    """Who can write into the database can't make their own phone somebody else's second factor."""
    victim = Phone(UserFactory(administrator=True))
    browser = Client()
    browser.force_login(victim.user)
    victim.set_up(browser)
    mine = Authenticator.objects.get(user=phone.user, type="totp")
    Authenticator.objects.filter(user=victim.user, type="totp").update(data=mine.data)
    with later():
        theirs = Client()
        victim.password(theirs)
        answer = theirs.post(reverse("mfa_authenticate"), {"code": phone.code()})
        assert answer.status_code == 500
        assert "A sealed value can&#x27;t be opened" in answer.content.decode()
        assert not is_in(theirs)


def test_recovery_codes_are_shown_once(phone: Phone, client: Client) -> None:
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert "can’t be shown again" in page
    assert not any(code in page for code in phone.recovery)


def test_new_recovery_codes_end_the_old_ones(phone: Phone, client: Client) -> None:
    answer = client.post(reverse("mfa_generate_recovery_codes"))
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    fresh = re.findall(r"<code>(\d{8})</code>", client.get(answer["Location"]).content.decode())
    assert len(set(fresh) - set(phone.recovery)) == 10
    assert phone.sign_in(Client(), phone.recovery[0]).status_code == 200
    assert phone.sign_in(Client(), fresh[0]).status_code == 302
    assert "recovery_codes.made" in events()


# ------------------------------------------------------------------ setting up and off


def test_a_wrong_first_code_turns_nothing_on(client: Client) -> None:
    user: User = UserFactory()
    client.force_login(user)
    before = re.search(r'value="([A-Z2-7]{32})"', client.get(reverse("mfa_activate_totp")).content.decode())
    answer = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    page = answer.content.decode()
    assert "This code is wrong" in page
    assert before is not None
    assert before[1] in page  # the same seed: the app needs no second entry
    assert not Authenticator.objects.exists()
    assert events() == []


def test_turning_it_off_leaves_the_password_alone(phone: Phone, client: Client) -> None:
    assert client.post(reverse("mfa_deactivate_totp"))["Location"] == reverse("settings")
    assert not Authenticator.objects.exists()
    assert phone.password(Client())["Location"] == "/"
    assert events() == ["mfa.activated", "mfa.deactivated", "person.signed_in"]


def test_an_administrator_removes_a_lost_second_factor(phone: Phone) -> None:
    ada = Client()
    ada.force_login(UserFactory(administrator=True))
    assert "Remove two-factor sign-in" in ada.get(reverse("person", args=[phone.user.pk])).content.decode()
    ada.post(reverse("remove_mfa", args=[phone.user.pk]))
    assert not Authenticator.objects.exists()
    assert not DataKey.objects.filter(purpose="mfa").exists()
    assert phone.password(Client())["Location"] == "/"
    entry = AuditEntry.objects.get(event="mfa.removed")
    assert entry.object_name == phone.user.email
    assert entry.actor_name != phone.user.email


@pytest.mark.parametrize("route", ["mfa_activate_totp", "mfa_deactivate_totp", "mfa_generate_recovery_codes"])
def test_changing_it_needs_a_fresh_password(phone: Phone, client: Client, route: str) -> None:
    with later(16 * 60):
        assert client.get(reverse(route))["Location"].startswith("/accounts/reauthenticate/")
        assert client.post(reverse(route))["Location"].startswith("/accounts/reauthenticate/")


def test_no_seed_and_no_code_reaches_the_trail(phone: Phone, client: Client) -> None:
    with later():
        phone.sign_in(Client(), phone.code())
    phone.sign_in(Client(), phone.recovery[1])
    told = json.dumps(list(AuditEntry.objects.values_list("difference", "object_name", "actor_name")))
    assert phone.secret not in told
    assert not any(code in told for code in phone.recovery)


def test_the_page_fits_the_strict_content_policy(client: Client) -> None:
    client.force_login(UserFactory())
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    assert not re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page)
