"""Settings in a browser: every page in every look, and the main ways by keyboard alone and without scripts."""

import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from access.actor import Actor, Via
from access.models import User
from access.operations.create_api_key import create_api_key
from access.operations.invite_person import invite_person
from access.operations.revoke_api_key import revoke_api_key
from access.permissions import Role
from connections.models import Policy
from kernel.clock import now
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.factories import PASSWORD, ConnectionFactory, UserFactory
from workflows_console.models import WorkerHeartbeat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = [pytest.param(1440, id="wide"), pytest.param(360, id="narrow")]
NEW_PASSWORD = "correct-horse-battery"


def assert_sound(page: Page, name: str) -> None:
    """No violation, nothing to scroll sideways."""
    assert_fine(page)
    if os.environ.get("SHOTS"):
        page.screenshot(path=Path(os.environ["SHOTS"]) / f"{name}.png", full_page=True)


@pytest.fixture
def ada(console: str) -> User:
    cache.clear()
    made: User = UserFactory(name="Ada Lindqvist", email="ada@console.example", administrator=True)
    return made


@pytest.fixture
def busy(ada: User) -> User:
    """People, keys, workers and vault keys in every state; returns somebody who isn't Ada."""
    acting = Actor(user=ada, via=Via.PAGE)
    oona: User = UserFactory(name="Oona Reyes", email="oona@console.example", operator=True, auditor=True)
    UserFactory(name="Finn Aalto", email="finn@console.example", is_active=False, flow_builder=True)
    UserFactory(name="N" * 60, email=f"{'n' * 60}@{'b' * 40}.example")
    invite_person(acting, email="nia@console.example", name="", roles=[Role.CONNECTION_MANAGER])
    create_api_key(acting, owner=ada, name="Nightly report", permissions=["connection.view", "card.run", "run.view"])
    revoke_api_key(acting, create_api_key(acting, owner=ada, name="Old", permissions=["audit.view"]).key.pk)
    ConnectionFactory(owner=ada)
    moment = now()
    for name, beaten, stopped in (
        ("console-1", moment, None),
        ("console-2", moment, moment),
        ("console-3", moment - timedelta(hours=1), None),
    ):
        WorkerHeartbeat.objects.create(
            name=name, instance=oona.pk, host=f"{name}.acme.example", beaten_at=beaten, stopped_at=stopped
        )
    return oona


def step(page: Page, name: str, *, role: str = "button", most: int = 60) -> None:
    """Move on with Tab until the control of that name has the focus, then press it."""
    for _press in range(most):
        page.keyboard.press("Tab")
        wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
        if wanted.count() and wanted.first.evaluate("each => each === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} was not reached")


def type_into(page: Page, label: str, text: str, *, most: int = 60) -> None:
    """Move on with Tab until the box of that label has the focus, then type."""
    box = page.get_by_label(label, exact=True)
    for _press in range(most):
        if box.evaluate("each => each === document.activeElement"):
            page.keyboard.type(text)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{label} was not reached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_of_settings_in_every_look(sign_in: SignIn, ada: User, busy: User, width: int, scheme: str) -> None:
    page = sign_in(ada, viewport={"width": width, "height": 900}, color_scheme=scheme)
    look = f"{width}-{scheme}"
    for route in (
        "settings",
        "change_password",
        "mfa_activate_totp",
        "people",
        "invite_person",
        "api_keys",
        "new_api_key",
        "policy",
        "google_client",
        "vault_keys",
        "workers",
        "about",
    ):
        page.goto(reverse(route))
        assert_sound(page, f"{route}-{look}")
    page.goto(reverse("person", args=[busy.pk]))
    assert_sound(page, f"person-{look}")
    page.goto(f"{reverse('people')}?search=nothing-of-this")
    assert_sound(page, f"people-none-{look}")
    page.goto(reverse("policy"))
    page.get_by_label("Scope ceiling").fill("gmail.raedonly")
    page.get_by_role("button", name="Save policy").click()
    expect(page.get_by_text("Did you mean gmail.readonly?")).to_be_visible()
    assert_sound(page, f"policy-refused-{look}")
    page.goto(reverse("invite_person"))
    page.get_by_label("Email address").fill("ada@console.example")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_label("Email address")).to_have_attribute("aria-invalid", "true")
    assert_sound(page, f"invite-refused-{look}")
    page.goto(reverse("people"))
    page.goto(reverse("audit"))
    assert_sound(page, f"audit-{look}")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_person_is_invited_and_comes_in(
    sign_in: SignIn, browser: Browser, console: str, ada: User, scripts: bool
) -> None:
    page = sign_in(ada, java_script_enabled=scripts)
    page.goto(reverse("people"))
    page.get_by_role("link", name="Invite a person").click()
    expect(page.get_by_role("heading", name="Invite a person")).to_be_visible()  # People has a box with that label, too
    page.get_by_label("Email address").fill("nia@console.example")
    page.get_by_label("Operator").check()
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_role("heading", name="nia@console.example is invited")).to_be_visible()
    link = page.get_by_role("textbox", name="One-time link").input_value()
    if scripts:
        assert_sound(page, "link")
    with browser.new_context(base_url=console, java_script_enabled=scripts) as context:
        theirs = context.new_page()
        theirs.goto(link)
        expect(theirs).to_have_url(re.compile("/accounts/password/$"))
        theirs.get_by_label("Your name").fill("Nia Okafor")
        theirs.get_by_label("Password", exact=True).fill("short")
        theirs.get_by_label("The same again").fill("short")
        theirs.get_by_role("button", name="Set password").click()
        expect(theirs.get_by_text("This password is too short")).to_be_visible()
        if scripts:
            assert_sound(theirs, "set-password")
        theirs.get_by_label("Password", exact=True).fill(NEW_PASSWORD)
        theirs.get_by_label("The same again").fill(NEW_PASSWORD)
        theirs.get_by_role("button", name="Set password").click()
        expect(theirs.get_by_text("Your password is set.")).to_be_visible()
        expect(theirs.get_by_role("navigation", name="Main")).to_have_count(1)
        expect(theirs.get_by_role("heading", level=1)).to_have_text("Home")
    page.goto(reverse("people"))
    expect(page.get_by_role("row").filter(has_text="Nia Okafor")).to_contain_text("Operator")


def shown_code(page: Page) -> str:
    """What an authenticator app says now that was given the key on the page."""
    secret = page.get_by_label("Key for the authenticator app").input_value()
    return str(format_hotp_value(hotp_value(secret, int(now().timestamp()) // 30)))


def test_recovery_codes_are_copied_one_in_a_line(sign_in: SignIn, ada: User) -> None:
    page = sign_in(ada, permissions=["clipboard-read", "clipboard-write"])
    page.goto(reverse("mfa_activate_totp"))
    page.get_by_label("Code", exact=True).fill(shown_code(page))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="10 of 10 left")).to_be_visible()
    codes = page.get_by_role("main").locator("code")
    expect(codes).to_have_count(10)
    step(page, "Copy all")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").splitlines() == codes.all_inner_texts()


def test_two_factor_sign_in_by_keyboard_alone(sign_in: SignIn, browser: Browser, console: str, ada: User) -> None:
    page = sign_in(ada)
    page.goto(reverse("settings"))
    step(page, "Set up", role="link")
    expect(page.get_by_role("heading", name="Set up two-factor sign-in")).to_be_visible()
    expect(page.get_by_alt_text("Code to scan with the authenticator app")).to_be_visible()
    page.wait_for_load_state()
    assert page.locator("img").evaluate("each => each.naturalWidth > 0")  # the content policy lets it in
    type_into(page, "Code", shown_code(page))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recovery codes", exact=True)).to_be_visible()
    assert_sound(page, "recovery-codes")
    recovery = page.locator("code").first.inner_text()
    step(page, "I have kept them", role="link")
    expect(page.get_by_text("set up just now")).to_be_visible()
    with browser.new_context(base_url=console) as context:
        theirs = context.new_page()
        theirs.goto("/accounts/login/")
        expect(theirs.get_by_label("Email address")).to_be_focused()
        theirs.keyboard.type(ada.email)
        type_into(theirs, "Password", PASSWORD)
        theirs.keyboard.press("Enter")
        expect(theirs.get_by_role("heading", name="Enter your code")).to_be_visible()
        assert_sound(theirs, "second-step")
        expect(theirs.get_by_label("Code", exact=True)).to_be_focused()
        theirs.keyboard.type("000000")
        theirs.keyboard.press("Enter")
        expect(theirs.get_by_text("This code is wrong")).to_be_visible()
        assert_sound(theirs, "second-step-refused")
        type_into(theirs, "Code", recovery)
        theirs.keyboard.press("Enter")
        expect(theirs.get_by_role("navigation", name="Main")).to_be_visible()
    page.goto(reverse("settings"))
    step(page, "Turn off", role="link")
    expect(page.get_by_role("heading", name="Turn off two-factor sign-in")).to_be_visible()
    assert_sound(page, "two-factor-off")
    step(page, "Turn off")
    expect(page.get_by_text("Two-factor sign-in is off.")).to_be_visible()


def test_the_policy_by_keyboard_alone(sign_in: SignIn, ada: User) -> None:
    page = sign_in(ada)
    page.goto(reverse("policy"))
    type_into(page, "Scope ceiling optional", "gmail.readonly")
    step(page, "Save policy")
    expect(page.get_by_text("The policy is saved.")).to_be_visible()
    assert Policy.current().scope_ceiling == ["gmail.readonly"]


def test_an_api_key_is_made_copied_and_revoked(sign_in: SignIn, ada: User) -> None:
    page = sign_in(ada, permissions=["clipboard-read", "clipboard-write"])
    page.goto(reverse("api_keys"))
    page.get_by_role("link", name="New API key").first.click()
    expect(page.get_by_role("heading", name="New API key")).to_be_visible()
    page.get_by_label("Name").fill("Nightly report")
    page.get_by_label("See connections").check()
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_text("it is shown only once")).to_be_visible()
    assert_sound(page, "new-api-key-made")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert re.fullmatch(r"wfc_[\w-]+", page.evaluate("navigator.clipboard.readText()"))
    page.get_by_role("link", name="Back to API keys").click()
    page.get_by_role("button", name="Revoke… Nightly report").press("Enter")
    expect(page.get_by_role("dialog", name="Revoke Nightly report?")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    assert_sound(page, "revoke-asked")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing accepts it any more.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Nightly report")).to_contain_text("Revoked")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_person_is_deactivated_after_a_question(sign_in: SignIn, ada: User, busy: User, scripts: bool) -> None:
    page = sign_in(ada, java_script_enabled=scripts)
    page.goto(reverse("person", args=[busy.pk]))
    page.get_by_role("button", name="Deactivate…").click()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Deactivate…").click()
    page.get_by_role("button", name="Deactivate", exact=True).click()
    expect(page.get_by_text("Oona Reyes is deactivated and signed out everywhere.")).to_be_visible()
    page.get_by_role("button", name="Reactivate Oona Reyes").click()
    expect(page.get_by_text("Oona Reyes can sign in again.")).to_be_visible()


def test_the_password_is_asked_for_again_and_what_was_typed_goes_on(sign_in: SignIn, ada: User) -> None:
    page = sign_in(ada)
    page.goto(reverse("invite_person"))
    page.get_by_label("Email address").fill("nia@console.example")
    _let_the_password_grow_old(ada)
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    assert_sound(page, "reauthenticate")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="nia@console.example is invited")).to_be_visible()


def _let_the_password_grow_old(user: User) -> None:
    """Move the sign-in of the person's session 16 minutes back."""
    from importlib import import_module

    from django.conf import settings

    from access.middleware import SIGNED_IN_AT
    from access.models import PersonSession

    store = import_module(settings.SESSION_ENGINE).SessionStore(PersonSession.objects.get(user=user).session_key)
    store[SIGNED_IN_AT] -= 16 * 60
    store.save()
