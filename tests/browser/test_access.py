"""Signing in and the audit trail in a browser: with and without JavaScript, at both widths, light and dark."""

import os
import re
from pathlib import Path
from typing import Any, Literal

import pytest
from django.db import connection, transaction
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings

from access import audit
from access.actor import Actor, Via
from access.demo_people import DEMO_PASSWORD, DEMO_PEOPLE
from access.models import User
from access.operations.create_api_key import create_api_key
from access.operations.create_person import create_person
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.factories import ConnectionFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Scheme = Literal["light", "dark"]
LOOKS: list[tuple[int, Scheme]] = [(1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")]


def look(width: int, scheme: Scheme) -> dict[str, Any]:
    return {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}


def assert_sound(page: Page, name: str) -> None:
    """No violation, nothing to scroll sideways."""
    assert_fine(page)
    if os.environ.get("SHOTS"):
        page.screenshot(path=Path(os.environ["SHOTS"]) / f"{name}.png", full_page=True)


@pytest.fixture
def people() -> None:
    for each in DEMO_PEOPLE:
        create_person(email=each.email, name=each.name, password=DEMO_PASSWORD, roles=each.roles)


@pytest.fixture
def trail() -> None:
    """Entries of each kind that a row can show."""
    ada: User = UserFactory(administrator=True, email="ada@console.example", name="Ada Lindqvist")
    payroll = ConnectionFactory(owner=ada, nickname="Payroll notices")
    key = create_api_key(Actor.command(), owner=ada, name="Nightly report", permissions=["card.run"]).key
    about = {"kind": "connection", "object_id": str(payroll.pk), "name": payroll.nickname}
    page = Actor(user=ada, via=Via.PAGE, address="192.0.2.7")
    api = Actor(user=ada, via=Via.API, key=key, address="2001:db8:85a3:8d3:1319:8a2e:370:7348")
    with transaction.atomic():
        given = ["gmail.readonly", "gmail.compose", "gmail.settings.basic", "gmail.settings.sharing"]
        audit.record(page, "connection.created", **about, difference={"account": "ben@acme.example", "granted": given})
        change = {"status": ["active", "needs_reauthorization"], "cause": "connection.needs_reauthorization"}
        audit.record(Actor.console(), "connection.status_changed", **about, difference=change)
        audit.record(api, "authorization.requested", kind="authorization", object_id="1", name="Press office")
        nobody = Actor(user=None, via=Via.PAGE, address="203.0.113.9")
        audit.record(nobody, "sign_in.failed", kind="person", object_id="", name="mallory@attacker.example")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.usefixtures("people")
def test_the_sign_in_page_in_every_look(
    console: str, browser: Browser, settings: Settings, width: int, scheme: Scheme
) -> None:
    settings.SHOW_DEMO_PEOPLE = True
    with browser.new_context(base_url=console, **look(width, scheme)) as context:
        page = context.new_page()
        page.goto("/accounts/login/")
        assert_sound(page, f"sign-in-{width}-{scheme}")
        page.get_by_label("Email address").fill("ada@console.example")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("form").get_by_role("alert")).to_have_text(
            "The email address or the password is wrong."
        )
        assert_sound(page, f"sign-in-refused-{width}-{scheme}")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.usefixtures("people")
def test_a_demo_person_signs_in_with_two_presses_and_out_again(
    console: str, browser: Browser, settings: Settings, scripts: bool
) -> None:
    settings.SHOW_DEMO_PEOPLE = True
    with browser.new_context(base_url=console, java_script_enabled=scripts) as context:
        page = context.new_page()
        page.goto("/audit/")
        page.get_by_role("link", name="Theo Brandt").click()
        expect(page.get_by_label("Email address")).to_have_value("theo@console.example")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Audit", level=1)).to_be_visible()
        page.goto("/accounts/logout/")
        page.get_by_role("main").get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.goto("/audit/")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.usefixtures("trail")
def test_the_audit_page_in_every_look(sign_in: SignIn, width: int, scheme: Scheme) -> None:
    page = sign_in(UserFactory(auditor=True, email="theo@console.example", name="Theo Brandt"), **look(width, scheme))
    page.goto("/audit/")
    expect(page.get_by_text("Connection status changed").last).to_be_visible()
    assert_sound(page, f"audit-{width}-{scheme}")
    page.goto("/audit/?about=nothing-like-this")
    assert_sound(page, f"audit-none-{width}-{scheme}")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE access_auditentry SET actor_name = 'somebody else' WHERE sequence = 2")
    page.goto("/audit/")
    assert_sound(page, f"audit-broken-{width}-{scheme}")
    page.goto("/accounts/logout/")
    assert_sound(page, f"sign-out-{width}-{scheme}")


@pytest.mark.usefixtures("trail")
def test_choosing_a_filter_narrows_at_once_and_stands_in_the_address(sign_in: SignIn) -> None:
    page = sign_in(UserFactory(auditor=True))
    page.goto("/audit/")
    page.get_by_label("Event").select_option("connection.created")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page).to_have_url(re.compile("event=connection.created"))
    page.get_by_label("Object").fill("no such thing")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No entry matches")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("No entry")
    page.go_back()
    expect(page.get_by_role("row")).to_have_count(2)
    page.reload()
    expect(page.get_by_label("Event")).to_have_value("connection.created")
    expect(page.get_by_role("row")).to_have_count(2)


@pytest.mark.usefixtures("trail")
def test_without_scripts_a_button_narrows(sign_in: SignIn) -> None:
    page = sign_in(UserFactory(auditor=True), java_script_enabled=False)
    page.goto("/audit/")
    page.get_by_label("Event").select_option("connection.created")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("row")).to_have_count(2)
