"""An offboarding set up by hand, card by card, and undone again: each effect shows in the sandbox's mailboxes."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from connections.models import Connection
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.consents import Browser
from tests.factories import UserFactory
from tests.gmail_connector.mailboxes import received
from tests.google_sandbox.calling import caller

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

BEN, CLEO, DORA = "ben@acme.example", "cleo@acme.example", "dora@acme.example"
GUS, ADA = "gus@other.example", "ada@acme.example"
AWAY = "No longer with us"


@pytest.fixture
def ada(console: str, google: RunningSandbox) -> Browser:
    return Browser(UserFactory(name="Ada Lindqvist", administrator=True))


@pytest.fixture
def connection(ada: Browser) -> Connection:
    return ada.connect("Offboarding")


def fill(page: Page, label: str, text: str) -> None:
    page.get_by_label(re.compile(f"^{re.escape(label)}( optional)?$")).fill(text)


def choose_service_account(page: Page, connection: Connection) -> None:
    """On its tab, by the lists; then checked."""
    page.goto(reverse("connection_service_account", args=[connection.pk]))
    expect(page.get_by_label("Google Cloud Platform Project")).to_have_value("acme-automation")
    page.get_by_label("Service Account", exact=True).select_option(SERVICE_ACCOUNT)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"{SERVICE_ACCOUNT} is the default. Check it now.")).to_be_visible()
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("status").filter(has_text=f"Checked: {SERVICE_ACCOUNT}.")).to_be_visible()
    expect(page.get_by_role("cell", name="Yes")).to_have_count(4)
    assert_fine(page)


def run_card(page: Page, connection: Connection, key: str, entries: dict[str, str], choices: dict[str, str]) -> None:
    """*Test this card* with these texts and choices, to its end."""
    page.goto(reverse("test_card", args=[key], query={"connection": connection.pk}))
    for label, text in entries.items():
        fill(page, label, text)
    for name, value in choices.items():
        page.locator(f"[name='{name}'][value='{value}']").check()
    assert_fine(page)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".page-head .status")).to_have_text("Completed")
    assert_fine(page)


def write_to_ben(google: RunningSandbox, sender: str, subject: str) -> None:
    caller(google, sender).send_mail(to=BEN, subject=subject)


def test_an_offboarding_by_hand_and_back(
    google: RunningSandbox, ada: Browser, connection: Connection, sign_in: SignIn
) -> None:
    page = sign_in(ada.user)
    choose_service_account(page, connection)
    end = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    forwarding = {"Forward From: Email": BEN, "Forward To: Email": CLEO}
    run_card(page, connection, "gmail.forward_emails", forwarding, {})
    reply = {"Auto Reply: Email": BEN, "Response Subject": AWAY, "Response Body Plain Text": "Write to Cleo."}
    run_card(page, connection, "gmail.set_auto_reply", {**reply, "End Time": end}, {})
    delegate = {"Delegator: Email": BEN, "Delegate: Email": DORA}
    run_card(page, connection, "gmail.add_delegate", delegate, {})

    write_to_ben(google, GUS, "Where is the contract?")
    assert len(received(google, CLEO, "Where is the contract?")) == 1
    assert len(caller(google, GUS).find(f'from:{BEN} "Write to Cleo"')) == 1
    page.goto(f"{google.origin}/_sandbox/accounts/{DORA}/")
    expect(page.get_by_role("link", name=BEN)).to_be_visible()

    user = {"User: Email": BEN}
    run_card(page, connection, "gmail.update_user_gmail_settings", user, {"forwarding.enabled": "no"})
    run_card(page, connection, "gmail.delete_delegate", delegate, {})
    google.sandbox.clock.offset = timedelta(days=2).total_seconds()
    write_to_ben(google, ADA, "And the keys?")
    assert len(received(google, BEN, "And the keys?")) == 1
    assert received(google, CLEO, "And the keys?") == []
    assert caller(google, ADA).find(f'from:{BEN} "Write to Cleo"') == []
    page.goto(f"{google.origin}/_sandbox/accounts/{DORA}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("link", name=BEN)).to_have_count(0)
