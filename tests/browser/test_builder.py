"""The builder in a browser: chips, the picker, drag and click; changes kept at once; without scripts; every page."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, Route, expect

from connections.models import Connection
from flows.definition import (
    Definition,
    InputKind,
    PlacedCard,
    PlacedTrigger,
    TriggerField,
    TriggerKind,
    read_definition,
)
from flows.models import Flow, Run
from flows.operations.create_flow import create_flow
from google_sandbox.server import RunningSandbox
from tests.browser.axe import assert_fine
from tests.browser.builder_hands import card, field, opened
from tests.browser.conftest import SignIn
from tests.consents import Browser
from tests.factories import UserFactory
from tests.gmail_connector.mailboxes import received

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [(1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")]
BEN = "ben@acme.example"
SUBJECT, FROM = "{{trigger.subject}}", "{{trigger.from}}"


@pytest.fixture
def ada(console: str, google: RunningSandbox) -> Browser:
    return Browser(UserFactory(name="Ada Lindqvist", administrator=True))


@pytest.fixture
def connection(ada: Browser) -> Connection:
    return ada.connect("IT service desk")


@pytest.fixture
def flow(ada: Browser, connection: Connection) -> Flow:
    """A message arrives, and is answered."""
    trigger = PlacedTrigger(kind=TriggerKind.EVENT, card="gmail.new_email", connection=connection.pk)
    send = PlacedCard(
        id="c1",
        card="gmail.send_email",
        connection=connection.pk,
        options={"body_is_html": "no"},
        inputs={"to": [FROM], "subject": f"Re: {SUBJECT}", "body": "Thank you."},
    )
    return create_flow(ada.actor, name="Answer", definition=Definition(trigger=trigger, cards=(send,)))


def address(flow: Flow, **query: Any) -> str:
    return reverse("flow", args=[flow.pk], query=query)


def card_of(flow: Flow, card_id: str = "c1") -> PlacedCard:
    """The card as it is kept."""
    flow.refresh_from_db()
    found = read_definition(flow.draft).find(card_id)
    assert found is not None
    return found


@contextmanager
def keeping(page: Page) -> Iterator[None]:
    """What is done within changes a field, and at the end the answer to that is there."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        yield
    expect(page.locator("#kept-status")).to_contain_text("Kept.")


def output(page: Page, label: str) -> Locator:
    """One of those beside the cards."""
    return page.locator("#outputs").get_by_role("button", name=label)


def value(page: Page, name: str) -> Locator:
    """The field that the form sends."""
    return page.locator(f"[name='{name}']")


# ------------------------------------------------------------------ chips


def test_references_are_chips_and_a_chip_is_one_character_to_the_keys(
    flow: Flow, ada: Browser, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    subject = field(page, "Subject")
    expect(subject.locator(".ref")).to_have_text("1Subject")
    expect(subject).to_have_text("Re: 1Subject")
    subject.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("[")
    expect(value(page, "subject")).to_have_value(f"Re: [{SUBJECT}")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("]")
    expect(value(page, "subject")).to_have_value(f"Re: [{SUBJECT}]")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Backspace")
    expect(value(page, "subject")).to_have_value("Re: []")
    expect(subject.locator(".ref")).to_have_count(0)
    with keeping(page):
        page.keyboard.press("Tab")
    assert card_of(flow).inputs["subject"] == "Re: []"


def test_delete_takes_the_chip_after_the_cursor_and_a_field_may_end_empty(
    flow: Flow, ada: Browser, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    to = field(page, "To")
    to.press("Home")
    page.keyboard.press("Delete")
    expect(to).to_have_text("")
    with keeping(page):
        page.keyboard.press("Tab")
    assert "to" not in card_of(flow).inputs
    expect(to).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("link", name="To: Enter To")).to_be_visible()
    to.fill(BEN)
    page.keyboard.press("Tab")
    expect(to).not_to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("link", name="To: Enter To")).to_have_count(0)
    assert card_of(flow).inputs["to"] == [BEN]


def test_what_is_pasted_is_text_and_its_references_become_chips(flow: Flow, ada: Browser, sign_in: SignIn) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    body = field(page, "Body")
    body.focus()
    body.evaluate(
        """(box) => {
        const data = new DataTransfer();
        data.setData("text/plain", "Hello\\n{{trigger.from}}, {{c9.gone}}");
        data.setData("text/html", "<b>Hello</b>");
        getSelection().selectAllChildren(box);
        box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(body.locator(".ref")).to_have_text(["1From", "?c9.gone"])
    expect(body.locator("b:not(.ref b)")).to_have_count(0)
    with keeping(page):
        page.keyboard.press("Tab")
    assert card_of(flow).inputs["body"] == "Hello\n{{trigger.from}}, {{c9.gone}}"
    expect(page.get_by_text("No card before this one gives c9.gone.").first).to_be_visible()


def test_lines_typed_are_lines_kept(flow: Flow, ada: Browser, sign_in: SignIn) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    body = field(page, "Body")
    body.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("Ada")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("IT")
    with keeping(page):
        page.keyboard.press("Tab")
    assert card_of(flow).inputs["body"] == "Thank you.\nAda\n\nIT"


def test_an_output_is_put_in_by_a_click_and_by_dragging_it(flow: Flow, ada: Browser, sign_in: SignIn) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    body = field(page, "Body")
    body.press("End")
    output(page, "Thread ID").click()
    expect(body).to_have_text("Thank you.1Thread ID")
    expect(body).to_be_focused()
    with keeping(page):
        page.keyboard.press("Tab")
    with keeping(page):
        output(page, "Message ID").drag_to(field(page, "Subject"))
    expect(field(page, "Subject").locator(".ref")).to_have_count(2)
    assert card_of(flow).inputs["body"] == "Thank you.{{trigger.thread_id}}"
    assert "{{trigger.message_id}}" in card_of(flow).inputs["subject"]


def test_the_picker_closes_on_escape_and_on_leaving_and_names_what_it_marks(
    flow: Flow, ada: Browser, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    pick, search = (
        page.get_by_role("button", name="Put an output into Body"),
        page.get_by_role("combobox", name="Output"),
    )
    pick.press("Enter")
    expect(search).to_be_focused()
    assert_fine(page)
    page.keyboard.press("ArrowDown")
    marked = page.locator(".outputpicker").get_by_role("option", selected=True)
    expect(marked).to_have_text("1Thread IDNew Email")
    expect(search).to_have_attribute("aria-activedescendant", str(marked.get_attribute("id")))
    page.keyboard.press("Escape")
    expect(search).to_have_count(0)
    expect(field(page, "Body")).to_be_focused()
    pick.click()
    page.get_by_role("button", name="Actions for card 2").focus()
    expect(search).to_have_count(0)
    pick.click()
    search.fill("weekday")
    page.locator(".outputpicker").get_by_role("option", name="Context, Weekday").click()
    expect(field(page, "Body")).to_have_text("Thank you.1Context, Weekday")


# ------------------------------------------------------------------ kept at once


def test_what_was_typed_is_kept_before_a_link_or_a_button_goes_on(flow: Flow, ada: Browser, sign_in: SignIn) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    field(page, "Subject").fill("By a link")
    page.get_by_role("link", name="Add a card after card 2").click()
    expect(page.get_by_role("heading", name="Add after card 2")).to_be_visible()
    assert card_of(flow).inputs["subject"] == "By a link"
    page.goto(address(flow, card="c1"))
    field(page, "Subject").fill("By a button")
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#save button[type=submit]").click()
    expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    flow.refresh_from_db()
    assert flow.published is not None
    assert read_definition(flow.published.definition).cards[0].inputs["subject"] == "By a button"


def test_a_press_goes_on_when_a_change_before_the_last_is_still_being_kept(
    flow: Flow, ada: Browser, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    held: list[Route] = []
    page.route("**/cards/c1/", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/cards/c1/"):
        field(page, "Subject").fill("The first")
        page.keyboard.press("Tab")
    field(page, "Body").fill("The last")
    page.get_by_role("link", name="Add a card after card 2").click()
    held[0].continue_()
    expect(page.get_by_role("heading", name="Add after card 2")).to_be_visible()
    assert card_of(flow).inputs == {"to": [FROM], "subject": "The first", "body": "The last"}


def test_a_press_stays_where_the_change_before_it_can_not_be_kept(flow: Flow, ada: Browser, sign_in: SignIn) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    page.route("**/cards/c1/", lambda route: route.abort())
    field(page, "Subject").fill("Nowhere to go")
    page.get_by_role("link", name="Add a card after card 2").click()
    expect(page.locator("#trouble")).not_to_have_text("")
    expect(field(page, "Subject")).to_have_text("Nowhere to go")
    page.unroute("**/cards/c1/")
    page.get_by_role("link", name="Add a card after card 2").click()
    expect(page.get_by_role("heading", name="Add after card 2")).to_be_visible()
    assert card_of(flow).inputs["subject"] == "Nowhere to go"


def test_a_field_that_one_is_in_when_the_browser_closes_is_kept(flow: Flow, ada: Browser, sign_in: SignIn) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    field(page, "Subject").fill("Half a sent")
    page.goto("about:blank")
    for _look in range(50):  # what a page sends when it ends comes after it
        page.goto(address(flow, card="c1"))
        if field(page, "Subject").inner_text() == "Half a sent":
            return
    raise AssertionError(card_of(flow).inputs)


def test_undo_takes_back_one_change_after_another(flow: Flow, ada: Browser, sign_in: SignIn) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()
    field(page, "Subject").fill("Another")
    with keeping(page):
        page.keyboard.press("Tab")
    page.get_by_role("button", name="Undo Send Email changed").click()
    expect(page.get_by_text("Undone: Send Email changed.")).to_be_visible()
    assert card_of(flow).inputs["subject"] == f"Re: {SUBJECT}"
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()


def test_a_flow_that_changed_meanwhile_is_said_and_what_was_typed_stays(
    flow: Flow, ada: Browser, sign_in: SignIn
) -> None:
    page, other = sign_in(ada.user), sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    other.goto(address(flow, card="c1"))
    field(other, "Body").fill("From the other window")
    with keeping(other):
        other.keyboard.press("Tab")
    field(page, "Subject").fill("From this one")
    page.keyboard.press("Tab")
    expect(page.get_by_role("alert").filter(has_text="This flow was changed meanwhile")).to_be_visible()
    expect(field(page, "Subject")).to_have_text("From this one")
    field(page, "Subject").fill("Still this one")
    page.get_by_role("link", name="Flows").last.click()
    expect(page.get_by_role("alert").filter(has_text="This flow was changed meanwhile")).to_be_visible()
    expect(field(page, "Subject")).to_have_text("Still this one")
    assert_fine(page)
    page.get_by_role("link", name="Reload").click()
    expect(page.get_by_role("alert").filter(has_text="meanwhile")).to_have_count(0)
    assert card_of(flow).inputs == {"to": [FROM], "subject": f"Re: {SUBJECT}", "body": "From the other window"}


def test_a_closed_card_follows_what_the_open_one_gives(flow: Flow, ada: Browser, sign_in: SignIn) -> None:
    """With another result set Search Emails gives a list, which no subject takes."""
    connection = card_of(flow).connection
    search = PlacedCard(
        id="c2", card="gmail.search_emails", connection=connection, options={"result_set": "first_matching_email"}
    )
    send = PlacedCard(
        id="c3",
        card="gmail.send_email",
        connection=connection,
        options={"body_is_html": "no"},
        inputs={"to": [BEN], "subject": "{{c2.subject}}", "body": "x"},
    )
    Flow.objects.update(draft=Definition(cards=(search, send)).to_json())
    page = sign_in(ada.user)
    page.goto(address(flow, card="c2"))
    expect(card(page, 3)).to_contain_text("2Subject")
    expect(field(page, "Limit")).to_be_hidden()
    page.get_by_label("Result Set").select_option("all_matching_emails")
    expect(field(page, "Limit")).to_be_visible()
    expect(card(page, 3)).to_contain_text("No card before this one gives c2.subject.")
    expect(page.locator("#gives .ref")).to_have_text(["2Emails", "2Limit Reached"])


# ------------------------------------------------------------------ without scripts


def test_a_flow_is_built_and_run_without_scripts(
    google: RunningSandbox, connection: Connection, ada: Browser, sign_in: SignIn
) -> None:
    page = sign_in(ada.user, java_script_enabled=False)
    page.goto(reverse("new_flow"))
    page.get_by_label("Name").fill("By hand")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("searchbox", name="Search cards").fill("compose")
    page.get_by_role("link", name="Add function").click()
    page.get_by_role("searchbox", name="Search cards").fill("compose")
    page.keyboard.press("Enter")
    expect(page.locator("#offers button")).to_have_count(1)
    page.locator("#offers button").click()
    page.get_by_label("Text").fill("It is {{trigger.context.weekday}}.")
    page.get_by_role("button", name="Save card").click()
    page.get_by_role("link", name="Add a card after card 2").click()
    page.get_by_role("button", name="Send Email Sends once").click()
    expect(page.locator("#outputs").get_by_text("{{c1.text}}")).to_be_visible()
    page.get_by_label("Body is HTML").select_option("no")
    for label, text in (("To", BEN), ("Subject", "Which day"), ("Body", "{{c1.text}}")):
        field(page, label).fill(text)
    page.get_by_role("button", name="Save card").click()
    expect(field(page, "Body")).to_have_value("{{c1.text}}")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("The flow was never saved.")).to_be_visible()
    page.get_by_role("button", name="Save and run").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("By hand")
    assert Run.objects.get().flow_name == "By hand"


# ------------------------------------------------------------------ Test this card


def test_a_card_is_tested_with_what_an_earlier_one_would_give(
    google: RunningSandbox, flow: Flow, ada: Browser, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    page.goto(address(flow, card="c1"))
    page.get_by_role("link", name="Test this card").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Test card 2, Send Email")
    page.get_by_label("1 From").fill(BEN)
    page.get_by_label("1 Subject").fill("Printer")
    assert_fine(page)
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#result")).to_be_focused()
    expect(page.locator("#result .status")).to_have_text("Completed")
    assert_fine(page)
    assert len(received(google, BEN, "Re: Printer")) == 1
    page.get_by_role("link", name="Back to the card").click()
    expect(page.get_by_text("Last test just now, completed in")).to_be_visible()


# ------------------------------------------------------------------ every page


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_fits_and_is_accessible(
    flow: Flow, connection: Connection, ada: Browser, sign_in: SignIn, *, width: int, scheme: Any
) -> None:
    page = sign_in(ada.user, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in (
        reverse("flows"),
        reverse("new_flow"),
        reverse("import_flow"),
        address(flow),
        address(flow, card="trigger"),
        address(flow, card="c1"),
        address(flow, add="c1"),
        address(flow, add="trigger", tab="event"),
        address(flow, add="c1", tab="function"),
        reverse("rename_flow", args=[flow.pk]),
        reverse("delete_flow", args=[flow.pk]),
        reverse("flow_run", args=[flow.pk]),
        reverse("test_flow_card", args=[flow.pk, "c1"]),
    ):
        page.goto(path)
        assert_fine(page)
    page.goto(address(flow, card="c1"))
    page.get_by_role("button", name="Actions for card 2").click()
    expect(page.get_by_role("button", name="Duplicate")).to_be_visible()
    assert_fine(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Choose Connection").click()
    expect(page.get_by_role("dialog", name="Choose Connection")).to_be_visible()
    assert_fine(page)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_schedule_and_an_api_endpoint_are_set_up(ada: Browser, sign_in: SignIn, *, width: int, scheme: Any) -> None:
    fields = (TriggerField(name="order", label="Order", kind=InputKind.NUMBER),)
    flow = create_flow(
        ada.actor, name="Orders", definition=Definition(trigger=PlacedTrigger(kind=TriggerKind.API, fields=fields))
    )
    page = sign_in(ada.user, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(address(flow, card="trigger"))
    opened(page, 1, "API endpoint")
    page.get_by_role("button", name="Make the address").click()
    expect(page.get_by_role("textbox", name="Address of this flow")).to_have_value(re.compile("/hooks/[^/]{40,}$"))
    page.get_by_role("button", name="Make a signing secret").click()
    expect(page.get_by_role("textbox", name="Signing secret")).to_have_value(re.compile("^whsec_"))
    assert_fine(page)
    page.goto(address(flow, add="trigger", tab="event"))
    page.get_by_role("button", name="Schedule At set times").click()
    opened(page, 1, "Schedule")
    page.get_by_label("Run flow every").select_option("week")
    page.get_by_label("Friday").check()
    page.get_by_label("At", exact=True).fill("08:30")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    expect(page.locator("#schedule-next")).to_contain_text("Every week on Friday at 08:30, Europe/Berlin time. Next")
    assert_fine(page)
    flow.refresh_from_db()
    assert read_definition(flow.draft).trigger.schedule["weekdays"] == [4]
