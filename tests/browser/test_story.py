"""The story of the console in a browser, by keyboard, with axe on every page it comes by."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.axe import assert_fine
from tests.processes import PASSWORD, Stack

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("processes"), pytest.mark.timeout(300)]

SUBJECT = "The printer on floor 3 prints again"
READONLY = "https://www.googleapis.com/auth/gmail.readonly"
COMPOSE = "https://www.googleapis.com/auth/gmail.compose"


def press(page: Page, role: str, name: str, key: str = "Enter") -> None:
    """Go to a control as a keyboard does, and press it."""
    control = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]  # a role's name
    control.focus()
    expect(control).to_be_focused()
    page.keyboard.press(key)


def write(page: Page, label: str, text: str) -> None:
    page.get_by_label(re.compile(f"^{re.escape(label)}( optional)?$")).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)


def arrive(page: Page, heading: str) -> None:
    """The page with that heading is there, whole, and axe finds nothing on it."""
    expect(page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    page.wait_for_load_state()
    assert_fine(page)


def sign_in(page: Page) -> None:
    page.goto("/")
    arrive(page, "Sign in")
    write(page, "Email address", "ada@console.example")
    write(page, "Password", PASSWORD)
    page.keyboard.press("Enter")
    arrive(page, "Home")


def ask_for(page: Page, nickname: str) -> None:
    """General and Permissions of the form that is open: two scopes of its own choice, then Create."""
    arrive(page, "New Gmail connection")
    write(page, "Connection Nickname", nickname)
    press(page, "tab", "Permissions", "Space")
    page.get_by_role("radio", name=re.compile("^Customize scopes")).focus()
    page.keyboard.press("Space")
    for box in page.locator("input[name=scope]").all():
        is_wanted = box.get_attribute("value") in {READONLY, COMPOSE}
        if box.is_checked() != is_wanted:
            box.focus()
            expect(box).to_be_focused()
            page.keyboard.press("Space")
            expect(box).to_be_checked(checked=is_wanted)
    expect(page.locator("#chosen")).to_contain_text(re.compile(r"^\s*2 of \d+ chosen"))
    assert_fine(page)


def leave_for_google(page: Page, stack: Stack) -> None:
    """Create, and stop at the console's own page before Google: an answer without content keeps a browser there."""
    page.route(f"{stack.sandbox_url}/**", lambda route: route.fulfill(status=204))
    press(page, "button", "Create")
    arrive(page, "Going to Google")
    page.unroute(f"{stack.sandbox_url}/**")
    press(page, "link", "Continue to Google")


def consent(page: Page, account: str) -> None:
    """Google's account chooser, password and consent page; every box ticked; Allow."""
    arrive(page, "Choose an account")
    page.locator(f"button[name=account][value='{account}']").focus()
    page.keyboard.press("Enter")
    arrive(page, "Welcome")
    page.locator("[name=password]").focus()
    page.keyboard.insert_text(page.locator("main code, form code").first.inner_text())
    page.keyboard.press("Enter")
    arrive(page, "Workflows Console asks for access")
    for box in page.locator("input[name=scope]").all():
        if not box.is_checked():
            box.focus()
            page.keyboard.press("Space")
    press(page, "button", "Allow")
    arrive(page, f"Connected as {account}")
    expect(page.locator(".page-head .status")).to_have_text("Active")


def open_connection(page: Page, nickname: str) -> None:
    """The connection's four tabs, ending at its cards."""
    press(page, "link", "Open connection")
    arrive(page, nickname)
    expect(page.locator(".page-head .status")).to_have_text("Active")
    for tab in ("Permissions", "Activity", "Cards"):
        page.get_by_role("navigation", name="Connection", exact=True).get_by_role("link", name=tab).focus()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(f"/{tab.lower()}/$"))
        arrive(page, nickname)


def send(page: Page, recipient: str) -> None:
    press(page, "link", "Test this card: Send Email")
    arrive(page, "Test this card")
    press(page, "radio", "No", "Space")
    write(page, "To", recipient)
    write(page, "Subject", SUBJECT)
    write(page, "Body", "It does.\n\nAda")
    press(page, "button", "Run")
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    arrive(page, "Send Email")


def read(page: Page, message_id: str) -> None:
    press(page, "link", "Test this card: Read Email")
    arrive(page, "Test this card")
    write(page, "Message ID", message_id)
    page.keyboard.press("Enter")
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    outputs = page.get_by_role("region", name="Outputs")
    expect(outputs).to_contain_text(SUBJECT)
    expect(outputs).to_contain_text("It does.")
    expect(outputs).to_contain_text("ada@acme.example")
    arrive(page, "Read Email")


def test_connect_an_account_send_one_mail_and_read_it(stack: Stack, browser: Browser) -> None:
    context = browser.new_context(base_url=stack.url)
    page = context.new_page()
    sign_in(page)
    press(page, "link", "New Connection")
    arrive(page, "New Connection")
    page.get_by_role("link", name=re.compile("^Gmail")).focus()
    page.keyboard.press("Enter")
    ask_for(page, "Story of the help desk")
    leave_for_google(page, stack)
    consent(page, "ada@acme.example")
    answer_page = page.url
    open_connection(page, "Story of the help desk")

    stack.sandbox("DELETE", "journal")
    send(page, "ben@acme.example")
    arrived = [
        each
        for each in stack.sandbox("GET", "accounts/ben@acme.example/messages")["messages"]
        if each["subject"] == SUBJECT
    ]
    assert len(arrived) == 1
    assert len(stack.journal("/gmail/v1/users/me/drafts/send", method="POST")) == 1
    assert stack.journal("/gmail/v1/users/me/messages/send") == []

    page.goto(answer_page)
    press(page, "link", "Use another account")
    ask_for(page, "Story of the finance desk")
    press(page, "button", "Create")
    consent(page, "ben@acme.example")
    open_connection(page, "Story of the finance desk")
    read(page, arrived[0]["id"])
    context.close()
