"""The flow builder in a browser: an offboarding built from an empty console, by keyboard alone and by touch."""

import re
from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from access.models import User
from connections.models import Connection
from flows.models import Flow, Run
from google_sandbox.cloud.roles import SERVICE_ACCOUNT_USER
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.browser.axe import assert_accessible
from tests.browser.conftest import SignIn
from tests.browser.google_site import consent_by_keyboard, press, tab_to
from tests.factories import UserFactory
from tests.flow_runs import Queue, queued_runs
from tests.gmail_connector.mailboxes import received
from tests.google_sandbox.calling import caller
from tests.staged_google import grant_role, withdraw_role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

ADA, BEN, CLEO, DORA = (f"{name}@acme.example" for name in ("ada", "ben", "cleo", "dora"))
AWAY = "No longer with us"


@pytest.fixture
def ada(console: str) -> User:
    return UserFactory(name="Ada Lindqvist", flow_builder=True)


@pytest.fixture
def queue() -> Iterator[Queue]:
    with queued_runs() as queued:
        yield queued


def assert_fine(page: Page) -> None:
    """Accessible, and no wider than its window."""
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=re.compile(f"^{re.escape(label)}( optional)?$"))


def card(page: Page, number: int) -> Locator:
    return page.get_by_role("region", name=re.compile(f"^Card {number}, "))


def opened(page: Page, number: int, title: str) -> None:
    """The card of that number is open, and nothing on the page is wrong."""
    expect(page.locator(".card[aria-current=true]")).to_have_accessible_name(f"Card {number}, {title}")
    assert_fine(page)


# ------------------------------------------------------------------ by keyboard alone


def write(page: Page, label: str, text: str) -> None:
    tab_to(page, field(page, label))
    page.keyboard.type(text)


def put(page: Page, label: str, output: str) -> None:
    """Choose an earlier output with the picker: its button, some letters, Enter."""
    press(page, page.get_by_role("button", name=f"Put an output into {label}"))
    expect(page.get_by_role("combobox", name=f"Output to put into {label}")).to_be_focused()
    page.keyboard.type(output)
    page.keyboard.press("Enter")
    expect(field(page, label)).to_be_focused()


def add(page: Page, place: str, search: str, *, tab: str = "") -> None:
    """Open the panel at a place, search, and add the first card found."""
    if place:
        press(page, page.get_by_role("link", name=place, exact=True))
        expect(page.get_by_role("searchbox", name="Search cards")).to_be_focused()
    if tab:
        press(page, page.get_by_role("link", name=tab))
        expect(page.get_by_role("link", name=tab)).to_have_attribute("aria-current", "page")
    tab_to(page, page.get_by_role("searchbox", name="Search cards"))
    page.keyboard.type(search)
    page.keyboard.press("Enter")
    expect(page.locator("#offers li:visible button").first).to_be_focused()
    page.keyboard.press("Enter")


def choose_service_account(page: Page) -> None:
    """Of the two lists that come from Google."""
    project = page.get_by_label("Google Cloud Platform Project")
    expect(project.locator("option")).to_have_count(5)
    tab_to(page, project)
    page.keyboard.type("acme-automation")
    account = page.locator("select[name=service_account]")
    expect(account.locator("option")).to_have_count(2)
    tab_to(page, account)
    page.keyboard.press("ArrowDown")
    expect(account).to_have_value(SERVICE_ACCOUNT)


def add_field(page: Page, label: str) -> None:
    tab_to(page, page.get_by_role("textbox", name="New field"))
    page.keyboard.type(label)
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name=label)).to_be_visible()


def test_the_offboarding_flow_from_an_empty_console_by_keyboard_alone(
    google_sends_back: RunningSandbox, sign_in: SignIn, ada: User, queue: Queue
) -> None:
    google = google_sends_back
    page = sign_in(ada)
    page.goto("/")
    press(page, page.get_by_role("navigation", name="Main").get_by_role("link", name="Flows"))
    expect(page.get_by_role("heading", name="No flows yet")).to_be_visible()
    assert_fine(page)
    press(page, page.get_by_role("link", name="New Flow").first)
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Leaver handover")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Leaver handover")
    assert_fine(page)

    press(page, page.locator("#open-trigger"))
    opened(page, 1, "Run now")
    add_field(page, "Leaver")
    add_field(page, "Successor")

    add(page, "Add a card after card 1", "auto reply")
    expect(page.get_by_role("link", name="New Connection")).to_be_focused()
    opened(page, 2, "Set Auto Reply")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New Gmail connection")
    tab_to(page, page.get_by_label("Connection Nickname"))
    page.keyboard.type("Offboarding")
    page.keyboard.press("Enter")
    consent_by_keyboard(page, ADA, arrives="**/flows/**")
    opened(page, 2, "Set Auto Reply")
    expect(page.get_by_text(f"Offboarding is connected as {ADA}, and chosen here.")).to_be_visible()
    expect(card(page, 2).locator(".connbar")).to_contain_text("Offboarding")
    choose_service_account(page)
    put(page, "Auto Reply: Email", "leaver")
    write(page, "Response Subject", AWAY)
    write(page, "Response Body Plain Text", "Write to ")
    put(page, "Response Body Plain Text", "success")
    page.keyboard.type(" from now on.")

    add(page, "Add a card after card 2", "forward")
    opened(page, 3, "Forward Emails")
    expect(card(page, 2)).to_contain_text("Write to 1Successor from now on.")
    expect(card(page, 3).locator(".connbar")).to_contain_text("Offboarding")
    choose_service_account(page)
    put(page, "Forward From: Email", "leaver")
    put(page, "Forward To: Email", "success")

    add(page, "Add a card after card 3", "if error", tab="Add function")
    opened(page, 4, "If Error")
    add(page, "Add a card first in Try, in card 4", "add delegate")
    opened(page, 5, "Add Delegate")
    choose_service_account(page)
    put(page, "Delegator: Email", "leaver")
    put(page, "Delegate: Email", "success")
    add(page, "Add a card first in If Error, in card 4", "send email")
    opened(page, 6, "Send Email")
    tab_to(page, page.get_by_label("Body is HTML"))
    page.keyboard.type("No")
    write(page, "To", ADA)
    write(page, "Subject", "The delegate is missing: ")
    put(page, "Subject", "message")
    write(page, "Body", "See to it.")

    press(page, page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_label("Save all data that passes through the flow")).to_be_focused()
    page.keyboard.press("Space")
    press(page, page.locator("#save button[type=submit]"))
    expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    expect(page.locator("#findings")).to_be_empty()
    assert_fine(page)

    run = run_for(page, BEN, CLEO)
    queue.drain()
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    assert_fine(page)
    caller(google, "gus@other.example").send_mail(to=BEN, subject="Where is the contract?")
    assert len(received(google, CLEO, "Where is the contract?")) == 1
    assert run.state != Run.objects.get(pk=run.pk).state == "completed"

    withdraw_role(google, ADA, SERVICE_ACCOUNT_USER)
    Connection.objects.get().facts.all().delete()  # what is known of the role counts for ten minutes
    page.goto(reverse("flow", args=[Flow.objects.get().pk]))
    run_for(page, DORA, CLEO)
    queue.drain()
    expect(page.locator(".page-head .status")).to_have_text("Failed")
    expect(page.get_by_role("heading", name="The Service Account User role is missing")).to_be_visible()
    assert_fine(page)
    press(page, page.get_by_role("link", name="Service account of Offboarding"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Offboarding")
    assert_fine(page)
    grant_role(google, ADA, SERVICE_ACCOUNT_USER)
    page.go_back()
    press(page, page.get_by_role("button", name="Resume from this card"))
    expect(page.locator(".page-head .status")).to_have_text("Queued")
    queue.drain()
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    caller(google, "gus@other.example").send_mail(to=DORA, subject="And the keys?")
    assert len(received(google, CLEO, "And the keys?")) == 1


def run_for(page: Page, leaver: str, successor: str) -> Run:
    """Run, with the trigger's form, up to the run's page."""
    press(page, page.get_by_role("button", name="Run", exact=True))
    expect(page.get_by_role("heading", level=1)).to_have_text("Run Leaver handover")
    assert_fine(page)
    expect(page.get_by_label("Leaver")).to_be_focused()
    page.keyboard.type(leaver)
    page.keyboard.press("Tab")
    page.keyboard.type(successor)
    press(page, page.get_by_role("button", name="Run", exact=True))
    expect(page.locator(".page-head .status")).to_have_text("Queued")
    assert_fine(page)
    return Run.objects.first() or pytest.fail("there is no run")
