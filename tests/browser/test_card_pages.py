"""Test this card and the run's page in a browser: each state, wide and narrow, by keyboard, and without scripts."""

import re
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, Request, expect

from connections.models import Connection
from flows.models import Run
from flows.operations.run_card import run_card
from google_sandbox.control.state import messages
from google_sandbox.server import RunningSandbox
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import requests_to, stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SEND, READ = "gmail.send_email", "gmail.read_email"
SEND_DRAFT = "/gmail/v1/users/me/drafts/send"
DRAFTS = ("gmail.readonly", "gmail.compose")
MAIL = {"to": ["ben@acme.example", "Cleo Marchetti <cleo@acme.example>"], "subject": "Hello", "body": "First\n\nSecond"}
LOOKS = [(1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")]


@pytest.fixture
def ada(console: str, google: RunningSandbox) -> Browser:
    return Browser(UserFactory(name="Ada Lindqvist", administrator=True))


@pytest.fixture
def connection(ada: Browser) -> Connection:
    return ada.connect("IT service desk", scopes=DRAFTS)


def address(card: str, **query: Any) -> str:
    return reverse("test_card", args=[card], query=query)


def run_of(person: Browser, connection: Connection, card: str, inputs: dict[str, Any]) -> Run:
    options = {"body_is_html": False} if card == SEND else {}
    return run_card(person.actor, card_key=card, connection_id=connection.pk, options=options, inputs=inputs)


def lost_answer(google: RunningSandbox, person: Browser, connection: Connection) -> Run:
    """Google failed before it accepted, so the draft is still there."""
    stage(google, "503_before", path="*/drafts/send", count=1)
    return run_of(person, connection, SEND, MAIL)


@pytest.fixture
def every_state(google: RunningSandbox, ada: Browser, connection: Connection) -> list[str]:
    """The two pages in each of their states."""
    sends_only = ada.connect("Security alerts", "cleo@acme.example", ("gmail.send",))
    with_file = next(
        each["id"] for each in messages(google.sandbox, "ada@acme.example") if "expenses" in each["snippet"]
    )
    runs = [
        run_of(ada, connection, SEND, MAIL),
        run_of(ada, connection, READ, {"message_id": with_file}),
        run_of(ada, connection, READ, {"message_id": "19e1acd465710c99"}),
        run_of(ada, sends_only, READ, {"message_id": "19e1acd465710c99"}),
        lost_answer(google, ada, connection),
    ]
    stage(google, "reset_after", path="*/messages/send", count=1)
    runs.append(run_of(ada, sends_only, SEND, MAIL))
    return [
        address(SEND),
        address(SEND, connection=connection.pk),
        address(READ, connection=sends_only.pk),
        address(SEND, again=runs[0].pk),
        *(reverse("run", args=[run.pk]) for run in runs),
    ]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_state_fits_and_is_accessible(
    width: int, scheme: Any, every_state: list[str], ada: Browser, sign_in: SignIn
) -> None:
    page = sign_in(ada.user, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in every_state:
        page.goto(path)
        assert_fine(page)


def fill_in(page: Page) -> None:
    page.get_by_role("radio", name="No", exact=True).check()
    page.get_by_label("To", exact=True).fill("ben@acme.example")
    page.get_by_label("Subject").fill("Hello")


def sent_once(google: RunningSandbox) -> bool:
    return len(requests_to(google, SEND_DRAFT)) == 1


def test_another_connection_is_chosen_by_keyboard_and_what_was_typed_stays(
    ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    ada.connect("Leaver handover", "cleo@acme.example", DRAFTS)
    page = sign_in(ada.user)
    page.goto(address(SEND, connection=connection.pk))
    page.get_by_label("Subject").fill("Kept")
    page.get_by_role("button", name="Choose Connection").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Choose Connection")).to_be_visible()
    expect(page.get_by_label("Connection", exact=True)).to_be_focused()
    assert_fine(page)
    page.keyboard.type("Leaver")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".connbar")).to_contain_text("Leaver handover")
    expect(page.get_by_label("Subject")).to_have_value("Kept")


def test_enter_in_a_field_runs_the_card(
    google: RunningSandbox, ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    page.goto(address(SEND, connection=connection.pk))
    fill_in(page)
    page.get_by_label("Subject").press("Enter")
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    assert sent_once(google)


def test_a_double_click_on_run_sends_once(
    google: RunningSandbox, ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    page.goto(address(SEND, connection=connection.pk))
    fill_in(page)
    page.get_by_role("button", name="Run").dblclick()
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    assert sent_once(google)
    assert Run.objects.count() == 1


def test_all_of_it_works_without_scripts(
    google: RunningSandbox, ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    page = sign_in(ada.user, java_script_enabled=False)
    page.goto(address(SEND))
    page.get_by_role("button", name="Choose Connection").click()
    page.get_by_role("button", name="Use this connection").click()
    expect(page.locator(".connbar")).to_contain_text("IT service desk")
    fill_in(page)
    page.get_by_role("button", name="Run").click()
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    assert sent_once(google)


def test_a_refused_form_puts_the_focus_on_what_is_wrong(ada: Browser, connection: Connection, sign_in: SignIn) -> None:
    page = sign_in(ada.user)
    page.goto(address(SEND, connection=connection.pk))
    page.get_by_label("Subject").fill("Kept")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#problems")).to_be_focused()
    assert_fine(page)
    page.get_by_role("link", name="Enter To.").press("Enter")
    expect(page.get_by_label("To", exact=True)).to_be_focused()
    expect(page.get_by_label("Subject")).to_have_value("Kept")


HIDE = """
let shown = "visible";
Object.defineProperty(document, "visibilityState", { get: () => shown });
window.look = (state) => { shown = state; document.dispatchEvent(new Event("visibilitychange")); };
"""


def test_the_page_follows_a_run_while_somebody_looks(
    google: RunningSandbox, ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    run = lost_answer(google, ada, connection)
    page = sign_in(ada.user)
    page.clock.install()
    page.add_init_script(HIDE)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "hx-request" in request.headers else None)
    page.goto(reverse("run", args=[run.pk]))
    expect(page.locator(".page-head .status")).to_have_text("Answer lost, being checked")

    page.evaluate("look('hidden')")
    before = len(asked)  # the page's clock also runs by itself, so a slow machine may have asked by now
    page.clock.run_for(30_000)
    assert len(asked) == before

    with page.expect_response(lambda answer: "seen=" in answer.url) as unchanged:
        page.evaluate("look('visible')")
    assert unchanged.value.status == 204

    with page.expect_response(lambda answer: "seen=" in answer.url and answer.status == 200):
        run.steps.update(settles_at=run.created_at)
        page.clock.run_for(3_000)
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    expect(page.locator("#run-status")).to_have_text("Completed")
    assert_fine(page)
    before = len(asked)
    page.clock.run_for(30_000)
    assert len(asked) == before


def test_who_can_not_know_decides_on_the_run_s_page(google: RunningSandbox, ada: Browser, sign_in: SignIn) -> None:
    sends_only = ada.connect("Security alerts", scopes=("gmail.send",))
    stage(google, "reset_after", path="*/messages/send", count=1)
    run = run_of(ada, sends_only, SEND, MAIL)
    page = sign_in(ada.user)
    page.goto(reverse("run", args=[run.pk]))
    page.get_by_role("button", name="It was sent").press("Enter")
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    expect(page.get_by_text(re.compile("chose “It was sent”"))).to_be_visible()
    assert_fine(page)
