"""Reauthorizing in a browser, by keyboard alone, with axe on every page it comes by."""

import re

import pytest
from playwright.sync_api import Page, expect

from access.actor import Actor, Via
from access.models import User
from connections import extensions
from connections.extensions import Use, register_use
from connections.models import Connection
from flows.models import RunState
from flows.operations.run_card import run_card
from google_sandbox.server import RunningSandbox
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.browser.google_site import consent_by_keyboard, press
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import requests_to, stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PREFIX = "https://www.googleapis.com/auth/"
READONLY, COMPOSE = f"{PREFIX}gmail.readonly", f"{PREFIX}gmail.compose"


@pytest.fixture
def shared(google_sends_back: RunningSandbox) -> Connection:
    """Ada's, with gmail.readonly alone, shared with everyone."""
    connection = Browser(UserFactory(name="Ada Lindqvist", administrator=True)).connect(scopes=(READONLY,))
    connection.sharing = "everyone"
    connection.save()
    return connection


@pytest.fixture
def olga() -> User:
    return UserFactory(name="Olga Ivanova", operator=True)


def begin(page: Page, connection: Connection) -> None:
    page.goto(f"/connections/{connection.pk}/")
    assert_fine(page)
    press(page, page.locator("main").get_by_role("link", name="Reauthorize", exact=True).first)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Reauthorize {connection.nickname}")
    expect(page.locator("main")).to_contain_text("Sign in at Google as ada@acme.example")
    assert_fine(page)


def leave(page: Page) -> None:
    press(page, page.locator("main").get_by_role("button", name="Continue to Google"))


def test_an_operator_adds_a_scope_to_a_shared_connection(sign_in: SignIn, olga: User, shared: Connection) -> None:
    assert sends(shared) == RunState.FAILED
    page = sign_in(olga)
    begin(page, shared)
    press(page, page.locator("#id_scope_mode_inherit"), "ArrowDown")
    press(page, page.locator("#id_scope_mode_default"), "ArrowDown")
    expect(page.locator("#id_scope_mode_custom")).to_be_checked()
    press(page, page.get_by_role("checkbox", name=re.compile("^Write drafts")), "Space")
    expect(page.locator("#change")).to_contain_text("gmail.compose")
    expect(page.locator("#change")).to_contain_text("Send Email")
    assert_fine(page)
    leave(page)
    consent_by_keyboard(page, "ada@acme.example")
    expect(page.get_by_role("heading", level=1)).to_have_text("Reauthorized as ada@acme.example")
    expect(page.locator("main")).to_contain_text("Added: gmail.compose")
    expect(page.locator(".proof")).to_contain_text(re.compile(r"Gmail profile read in \d+ ms"))
    assert_fine(page)
    press(page, page.get_by_role("link", name="History of authorizations"))
    newest = page.locator(".timeline > li").first
    expect(newest).to_contain_text("Olga Ivanova")
    expect(newest).to_contain_text(re.compile(r"Added\s*gmail\.compose"))
    assert_fine(page)
    page.goto(f"/connections/{shared.pk}/cards/")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=re.compile(r"^Send Email\b"))).first
    expect(row.locator(".result")).to_have_text("Ready")
    assert sends(shared) == RunState.COMPLETED


def sends(connection: Connection) -> str:
    """The state of a mail that its owner sends with it now."""
    run = run_card(
        Actor(user=connection.owner, via=Via.PAGE),
        card_key="gmail.send_email",
        connection_id=connection.pk,
        options={"body_is_html": "no"},
        inputs={"to": ["ben@acme.example"], "subject": "It works", "body": "."},
    )
    return str(run.state)


def test_again_without_changes_the_same_scopes(sign_in: SignIn, olga: User, shared: Connection) -> None:
    page = sign_in(olga)
    begin(page, shared)
    expect(page.locator("#id_scope_mode_inherit")).to_be_checked()
    expect(page.locator("#change")).to_contain_text("Nothing")
    leave(page)
    consent_by_keyboard(page, "ada@acme.example")
    expect(page.locator("main")).to_contain_text("The same scopes as before, with a new grant.")
    before = list(shared.granted_scopes)
    shared.refresh_from_db()
    assert shared.granted_scopes == before


def test_a_wrong_account_is_refused_with_both_addresses(sign_in: SignIn, olga: User, shared: Connection) -> None:
    page = sign_in(olga)
    begin(page, shared)
    leave(page)
    consent_by_keyboard(page, "cleo@acme.example")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was changed")
    finding = page.locator("article.finding")
    expect(finding).to_contain_text("ada@acme.example")
    expect(finding).to_contain_text("cleo@acme.example")
    assert_fine(page)
    works_on(page, shared)


def test_a_cancel_at_google_changes_nothing(
    google_sends_back: RunningSandbox, sign_in: SignIn, olga: User, shared: Connection
) -> None:
    stage(google_sends_back, "cancel", count=1)
    page = sign_in(olga)
    begin(page, shared)
    leave(page)
    consent_by_keyboard(page, "ada@acme.example")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was changed")
    assert_fine(page)
    works_on(page, shared)


def works_on(page: Page, connection: Connection) -> None:
    """Tested with the button on its page."""
    page.goto(f"/connections/{connection.pk}/")
    press(page, page.get_by_role("button", name="Test", exact=True))
    expect(page.get_by_text(f"Tested: {connection.nickname} works.")).to_be_visible()
    expect(page.locator("#last-test")).to_contain_text("Gmail gave the mailbox’s profile.")
    assert_fine(page)


class OneFlow:
    def uses_of(self, connection_id: object) -> object:
        del connection_id
        return iter([Use(kind="Flow", title="Offboarding mail", url="/connections/", waiting_runs=0)])


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_what_would_be_lost_is_compared_first(
    google_sends_back: RunningSandbox, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch, width: int, scheme: str
) -> None:
    monkeypatch.setattr(extensions, "_uses", [])
    register_use(OneFlow())  # type: ignore[arg-type]  # a port of one method
    ada = UserFactory(administrator=True)
    connection = Browser(ada).connect(scopes=(READONLY, COMPOSE))
    page = sign_in(ada, viewport={"width": width, "height": 900}, color_scheme=scheme)
    begin(page, connection)
    leave(page)
    consent_by_keyboard(page, "ada@acme.example", withhold=("gmail.compose",))
    expect(page.get_by_role("heading", level=1)).to_have_text("Compare before you switch")
    row = page.get_by_role("row", name=re.compile("Write drafts and send mail"))
    expect(row).to_contain_text("Lost")
    expect(row).to_contain_text("Send Email")
    assert_fine(page)
    press(page, page.get_by_role("button", name="Use the new authorization"))
    expect(page.locator("#switch-problem")).to_be_visible()
    assert_fine(page)
    press(page, page.get_by_role("button", name="Keep the old one"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was changed")
    connection.refresh_from_db()
    assert COMPOSE in connection.granted_scopes

    begin(page, connection)
    leave(page)
    consent_by_keyboard(page, "ada@acme.example", withhold=("gmail.compose",))
    press(page, page.get_by_role("button", name="Ask Google again"))
    consent_by_keyboard(page, "ada@acme.example", withhold=("gmail.compose",))
    press(page, page.get_by_role("checkbox", name=re.compile("Switch although")), "Space")
    press(page, page.get_by_role("button", name="Use the new authorization"))
    expect(page.locator("main")).to_contain_text("Taken away: gmail.compose.")
    assert_fine(page)
    assert requests_to(google_sends_back, "/revoke") == []
