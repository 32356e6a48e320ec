"""Fields of cards in a browser: one that counts only with an option, and one for a file; long results folded."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import FilePayload, Page, expect

from connections.models import Connection
from google_sandbox.server import RunningSandbox
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.consents import Browser
from tests.factories import UserFactory
from tests.gmail_connector.mailboxes import received
from tests.gmail_connector.runs import SEARCH, SEND_WITH_FILE, run
from tests.gmail_connector.test_search_emails import fill
from tests.staged_google import gmail_calls

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BEN = "ben@acme.example"
LOOKS = [(1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")]
PLAN = FilePayload(name="plan.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7")


@pytest.fixture
def ada(console: str, google: RunningSandbox) -> Browser:
    return Browser(UserFactory(name="Ada Lindqvist", administrator=True))


@pytest.fixture
def connection(ada: Browser) -> Connection:
    return ada.connect("IT service desk")


def address(card: str, **query: Any) -> str:
    return reverse("test_card", args=[card], query=query)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_forms_and_results_fit_and_are_accessible(
    google: RunningSandbox, ada: Browser, connection: Connection, sign_in: SignIn, *, width: int, scheme: Any
) -> None:
    fill(google, 60, subject="A subject of many words that does not fit into one line of a narrow page at all")
    found = run(ada, connection, SEARCH, with_labels=[], query="", limit=70)
    sent = run(ada, connection, SEND_WITH_FILE)
    page = sign_in(ada.user, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in (
        address(SEARCH, connection=connection.pk),
        address(SEND_WITH_FILE, connection=connection.pk),
        address(SEND_WITH_FILE, again=sent.pk),
        reverse("run", args=[sent.pk]),
        reverse("run", args=[found.pk]),
    ):
        page.goto(path)
        assert_fine(page)
    page.locator("summary").nth(1).press("Enter")
    expect(page.get_by_text("Disk 58 is full")).to_be_visible()
    expect(page.get_by_text("20 more are left out here.")).to_be_visible()
    assert_fine(page)


def test_a_field_is_there_when_it_counts_and_its_value_stays(
    ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    page.goto(address(SEARCH, connection=connection.pk))
    limit, chosen = page.get_by_label("Limit"), page.get_by_label("Result Set")
    expect(limit).to_be_hidden()
    chosen.focus()
    page.keyboard.type("All")
    expect(limit).to_be_visible()
    limit.fill("7")
    chosen.select_option("first_matching_email")
    expect(limit).to_be_hidden()
    page.get_by_label("Query").fill("invoice")
    page.get_by_label("Query").press("Enter")
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    expect(page.get_by_text("Invoice 2041", exact=False).first).to_be_visible()


def test_without_scripts_every_field_is_there_and_says_when_it_counts(
    ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    page = sign_in(ada.user, java_script_enabled=False)
    page.goto(address(SEARCH, connection=connection.pk))
    expect(page.get_by_label("Limit")).to_be_visible()
    expect(page.get_by_text("Only with Result Set: All matching emails.")).to_be_visible()
    page.get_by_label("Result Set").select_option("first_matching_email")
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".page-head .status")).to_have_text("Completed")


def fill_in(page: Page, to: str) -> None:
    page.get_by_role("radio", name="No", exact=True).check()
    page.get_by_label("To", exact=True).fill(to)
    page.get_by_label("Subject").fill("Plan")
    page.get_by_label("File Content").set_input_files(PLAN)


def test_after_a_wrong_entry_the_file_is_asked_for_again_and_then_goes_out(
    google: RunningSandbox, ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    page.goto(address(SEND_WITH_FILE, connection=connection.pk))
    fill_in(page, to="ben")
    page.get_by_role("button", name="Run").press("Enter")
    expect(page.locator("#problems")).to_contain_text("Correct 2 entries")
    expect(page.locator("#problems")).to_be_focused()
    assert_fine(page)
    assert gmail_calls(google) == []
    expect(page.get_by_label("Subject")).to_have_value("Plan")
    page.get_by_role("link", name="Choose the file again").press("Enter")
    expect(page.get_by_label("File Content")).to_be_focused()
    fill_in(page, to=BEN)
    page.get_by_role("button", name="Run").press("Enter")
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    (message,) = received(google, BEN, "Plan")
    (file,) = message.iter_attachments()
    assert (file.get_filename(), file.get_payload(decode=True)) == ("plan.pdf", PLAN["buffer"])


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_an_object_is_typed_as_json_and_its_mistakes_are_named(
    ada: Browser, connection: Connection, sign_in: SignIn, *, width: int, scheme: Any
) -> None:
    page = sign_in(ada.user, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(address("gmail.custom_api_action", connection=connection.pk))
    page.get_by_label("Request Type").select_option("GET")
    page.get_by_label("Relative URL").fill("/v1/users/me/messages")
    query = page.get_by_label("Query optional")
    query.fill('{"maxResults": 3')
    page.get_by_role("button", name="Run", exact=True).press("Enter")
    expect(page.locator("#problems")).to_be_focused()  # the page has settled, and won't take the focus again
    page.get_by_role("link", name="This is no JSON: Expecting ',' delimiter").press("Enter")
    expect(query).to_be_focused()
    expect(query).to_have_value('{"maxResults": 3')
    assert_fine(page)
    query.fill('{"maxResults": 3}')
    page.get_by_role("button", name="Run", exact=True).press("Enter")
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    expect(page.get_by_text('"maxResults": 3')).to_be_visible()
    expect(page.locator("dt", has_text="Status Code")).to_be_visible()
    assert_fine(page)
