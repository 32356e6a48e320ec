"""The connection's page in a browser: each tab, each status, wide and narrow, and by keyboard."""

from datetime import timedelta

import pytest
from django.db import transaction
from playwright.sync_api import expect

from access import audit
from access.actor import Actor
from access.models import User
from connections.errors import GmailNotEnabled, GrantEnded
from connections.models import AccountType, Connection
from connections.operations.report_failure import report_failure
from connections.operations.settle_status import settle_status
from kernel.clock import now
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.browser.google_site import press
from tests.factories import ConnectionFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Colors differ by scheme and layout by width: each of both once.
SCREENS = [(1440, "light"), (360, "dark")]
TABS = ("", "permissions/", "cards/", "activity/")
PREFIX = "https://www.googleapis.com/auth/"
READONLY, SEND, LABELS = (f"{PREFIX}gmail.{name}" for name in ("readonly", "send", "labels"))


@pytest.fixture
def ada(console: str) -> User:
    return UserFactory(name="Ada Lindqvist", administrator=True)


def made(owner: User, **fields: object) -> Connection:
    connection: Connection = ConnectionFactory(owner=owner, **fields)
    with transaction.atomic():
        audit.record(Actor.console(), "connection.created", kind="connection", object_id=str(connection.pk), name="x")
        settle_status(Actor.console(), connection)
    return connection


@pytest.fixture
def connections(ada: User) -> list[Connection]:
    """One in each status, with names as long as they may be."""
    scopes = ["openid", READONLY, SEND, LABELS]
    fine = made(ada, nickname="Fine", description="First line.\nSecond line.")
    limited = made(
        ada, nickname="Limited", requested_scopes=scopes, granted_scopes=["openid", SEND], account_sub=fine.account_sub
    )
    personal = made(ada, nickname="Personal", account_type=AccountType.GMAIL, account_hosted_domain="")
    ended = made(ada, nickname="Ended", grant_expires_at=now() + timedelta(days=1))
    report_failure(ended.pk, GrantEnded(nickname="Ended", email=ended.account_email, reason="Google ended it."))
    blocked = made(ada, nickname="Anextraordinarilylongnicknamewithoutasinglespaceinitsothatnothingcanbreakit12345678")
    report_failure(blocked.pk, GmailNotEnabled(reason="The account has no Gmail license.", advice="Ask."))
    paused = made(ada, nickname="Paused", paused_at=now())
    return [fine, limited, personal, ended, blocked, paused]


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_every_tab_in_every_status_is_accessible_and_fits(
    sign_in: SignIn, ada: User, connections: list[Connection], width: int, scheme: str
) -> None:
    page = sign_in(ada, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for connection in connections:
        for tab in TABS:
            page.goto(f"/connections/{connection.pk}/{tab}")
            expect(page.get_by_role("heading", level=1)).to_have_text(connection.nickname)
            assert_fine(page)


def test_the_tabs_and_findings_are_reached_by_keyboard(
    sign_in: SignIn, ada: User, connections: list[Connection]
) -> None:
    page = sign_in(ada)
    page.goto(f"/connections/{connections[1].pk}/")
    tabs = page.get_by_role("navigation", name="Connection", exact=True)
    press(page, tabs.get_by_role("link", name="Permissions"))
    expect(tabs.locator("[aria-current]")).to_have_text("Permissions")
    press(page, tabs.get_by_role("link", name="Cards"))
    expect(tabs.locator("[aria-current]")).to_contain_text("Cards")
    press(page, page.get_by_role("link", name="Missing").first)
    expect(page.locator("#f1")).to_be_in_viewport()
    press(page, page.get_by_role("link", name="Test this card: Send Email", exact=True))
    expect(page).to_have_url(f"/cards/gmail.send_email/test/?connection={connections[1].pk}")
