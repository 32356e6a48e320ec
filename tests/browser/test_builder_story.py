"""An offboarding built from an empty console, run, broken and mended: by keyboard alone, and by touch at 360 px."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from access.models import User
from connections.models import Connection
from flows.models import Flow
from google_sandbox.cloud.roles import SERVICE_ACCOUNT_USER
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.browser.axe import assert_fine
from tests.browser.builder_hands import Keyboard, Touch, card, field, opened
from tests.browser.conftest import SignIn
from tests.factories import UserFactory
from tests.flow_runs import Queue, queued_runs
from tests.gmail_connector.mailboxes import received
from tests.google_sandbox.calling import caller
from tests.staged_google import grant_role, withdraw_role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

ADA, BEN, CLEO, DORA = (f"{name}@acme.example" for name in ("ada", "ben", "cleo", "dora"))
GUS = "gus@other.example"
NARROW: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
Person = Keyboard | Touch


@pytest.fixture
def ada(console: str) -> User:
    return UserFactory(name="Ada Lindqvist", flow_builder=True)


@pytest.fixture
def queue() -> Iterator[Queue]:
    with queued_runs() as queued:
        yield queued


def test_the_offboarding_flow_by_keyboard_alone(
    google_sends_back: RunningSandbox, sign_in: SignIn, ada: User, queue: Queue
) -> None:
    person = Keyboard(sign_in(ada))
    build(person)
    run_break_and_mend(person, google_sends_back, queue)


def test_the_offboarding_flow_by_touch_on_a_narrow_screen(
    google_sends_back: RunningSandbox, sign_in: SignIn, ada: User, queue: Queue
) -> None:
    person = Touch(sign_in(ada, **NARROW))
    build(person)
    run_break_and_mend(person, google_sends_back, queue)


# ------------------------------------------------------------------ built


def build(person: Person) -> None:
    begin(person)
    answer_by_itself(person)
    forward(person)
    delegate_or_say_so(person)
    save(person)


def begin(person: Person) -> None:
    """A flow that asks for the leaver and the successor when it is run."""
    page = person.page
    page.goto("/")
    person.navigate("Flows")
    expect(page.get_by_role("heading", name="No flows yet")).to_be_visible()
    assert_fine(page)
    person.press(page.get_by_role("link", name="New Flow").first)
    expect(page.get_by_label("Name")).to_be_focused()
    person.enter(page.get_by_label("Name"), "Leaver handover")
    expect(page.get_by_role("heading", level=1)).to_have_text("Leaver handover")
    assert_fine(page)
    person.press(page.locator("#open-trigger"))
    opened(page, 1, "Run now")
    for label in ("Leaver", "Successor"):
        person.enter(page.get_by_role("textbox", name="New field"), label)
        expect(page.get_by_role("group", name=label)).to_be_visible()


def add(person: Person, place: str, words: str, *, tab: str = "") -> None:
    """Open the panel at a place, and add the card of those words."""
    page = person.page
    person.press(page.get_by_role("link", name=place, exact=True))
    expect(page.get_by_role("searchbox", name="Search cards")).to_be_focused()
    if tab:
        person.press(page.get_by_role("link", name=tab))
        expect(page.get_by_role("link", name=tab)).to_have_attribute("aria-current", "page")
    person.offer(words)


def answer_by_itself(person: Person) -> None:
    """The first Gmail card asks for a connection; back from Google it has it."""
    page = person.page
    add(person, "Add a card after card 1", "auto reply")
    expect(page.get_by_role("heading", name="Set Auto Reply needs a Gmail connection")).to_be_visible()
    expect(page.get_by_role("link", name="New Connection")).to_be_focused()
    opened(page, 2, "Set Auto Reply")
    person.press(page.get_by_role("link", name="New Connection"))
    expect(page.get_by_role("heading", level=1)).to_have_text("New Gmail connection")
    person.enter(page.get_by_label("Connection Nickname"), "Offboarding")
    person.consent(ADA, arrives="**/flows/**")
    opened(page, 2, "Set Auto Reply")
    expect(page.get_by_text(f"Offboarding is connected as {ADA}, and chosen here.")).to_be_visible()
    expect(card(page, 2).locator(".connbar")).to_contain_text("Offboarding")
    choose_service_account(person)
    person.put("Auto Reply: Email", "leaver")
    person.write(field(page, "Response Subject"), "No longer with us")
    person.write(field(page, "Response Body Plain Text"), "Write to ")
    person.put("Response Body Plain Text", "success")
    page.keyboard.type(" from now on.")


def choose_service_account(person: Person) -> None:
    """Of the two lists that come from Google."""
    project, account = person.page.locator("select[name=project]"), person.page.locator("select[name=service_account]")
    expect(project.locator("option")).to_have_count(5)
    person.choose(project, "acme")
    expect(account.locator("option")).to_have_count(2)
    person.choose(account, account.locator("option").last.inner_text())
    expect(account).to_have_value(SERVICE_ACCOUNT)


def forward(person: Person) -> None:
    page = person.page
    add(person, "Add a card after card 2", "forward emails")
    opened(page, 3, "Forward Emails")
    expect(card(page, 2)).to_contain_text("Write to 1Successor from now on.")
    expect(card(page, 3).locator(".connbar")).to_contain_text("Offboarding")
    choose_service_account(person)
    person.put("Forward From: Email", "leaver")
    person.put("Forward To: Email", "success")


def delegate_or_say_so(person: Person) -> None:
    page = person.page
    add(person, "Add a card after card 3", "if error", tab="Add function")
    opened(page, 4, "If Error")
    add(person, "Add a card first in Try, in card 4", "add delegate")
    opened(page, 5, "Add Delegate")
    choose_service_account(person)
    person.put("Delegator: Email", "leaver")
    person.put("Delegate: Email", "success")
    add(person, "Add a card first in If Error, in card 4", "send email")
    opened(page, 6, "Send Email")
    person.choose(page.get_by_label("Body is HTML"), "No")
    person.write(field(page, "To"), ADA)
    person.write(field(page, "Subject"), "The delegate is missing: ")
    person.put("Subject", "message")
    person.write(field(page, "Body"), "See to it.")


def save(person: Person) -> None:
    page = person.page
    person.press(page.get_by_role("button", name="Save", exact=True))
    data = page.get_by_label("Save all data that passes through the flow")
    expect(data).to_be_focused()
    person.check(data)
    person.press(page.locator("#save button[type=submit]"))
    expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    expect(page.locator("#findings")).to_have_text("")
    assert_fine(page)


# ------------------------------------------------------------------ run, broken, mended


def run_break_and_mend(person: Person, google: RunningSandbox, queue: Queue) -> None:
    run_for(person, BEN, CLEO)
    drain(person.page, queue, "Completed")
    write_to(google, BEN, "Where is the contract?")
    assert len(received(google, CLEO, "Where is the contract?")) == 1

    withdraw_role(google, ADA, SERVICE_ACCOUNT_USER)
    Connection.objects.get().facts.all().delete()  # what is known of the role counts for ten minutes
    person.page.goto(reverse("flow", args=[Flow.objects.get().pk]))
    run_for(person, DORA, CLEO)
    drain(person.page, queue, "Failed")
    mend(person, google)
    drain(person.page, queue, "Completed")
    write_to(google, DORA, "And the keys?")
    assert len(received(google, CLEO, "And the keys?")) == 1


def run_for(person: Person, leaver: str, successor: str) -> None:
    """Run, with the trigger's form, up to the run's page."""
    page = person.page
    person.press(page.get_by_role("button", name="Run", exact=True))
    expect(page.get_by_role("heading", level=1)).to_have_text("Run Leaver handover")
    expect(page.get_by_label("Leaver")).to_be_focused()
    assert_fine(page)
    person.write(page.get_by_label("Leaver"), leaver)
    person.write(page.get_by_label("Successor"), successor)
    person.press(page.get_by_role("button", name="Run", exact=True))


def drain(page: Page, queue: Queue, state: str) -> None:
    """What the worker would do, once the run is there."""
    expect(page.locator(".page-head .status")).to_have_text("Queued")
    queue.drain()
    expect(page.locator(".page-head .status")).to_contain_text(state)
    assert_fine(page)


def mend(person: Person, google: RunningSandbox) -> None:
    """Follow the fix that the failed card names, and go on from there."""
    page = person.page
    expect(page.get_by_role("heading", name="The Service Account User role is missing")).to_be_visible()
    person.press(page.get_by_role("link", name="What to set up at Google"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Offboarding")
    assert_fine(page)
    grant_role(google, ADA, SERVICE_ACCOUNT_USER)
    page.go_back()
    person.press(page.get_by_role("button", name="Resume from this card"))


def write_to(google: RunningSandbox, account: str, subject: str) -> None:
    caller(google, GUS).send_mail(to=account, subject=subject)
