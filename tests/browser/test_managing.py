"""Delete, share, pause and several at once in a browser: by keyboard alone, without scripts, wide and narrow."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from connections.models import Connection, Credential, Sharing, Status
from connections.operations.get_access_token import get_access_token
from connections.operations.pause_connection import pause_connection
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.browser.google_site import press, tab_to
from tests.connections.uses import Flows, registered_flows
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.staged_google import requests_to, stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [(1440, "light"), (1440, "dark"), (360, "light"), (360, "dark")]


@pytest.fixture
def ada(console: str, google: RunningSandbox) -> Browser:
    return Browser(UserFactory(name="Ada Lindqvist", administrator=True))


@pytest.fixture
def flows() -> Iterator[Flows]:
    with registered_flows() as registered:
        yield registered


def works(connection: Connection) -> bool:
    """Whether Google gives a new access token for it."""
    Credential.objects.filter(connection=connection).update(access_expires_at=now() - timedelta(seconds=1))
    return get_access_token(Connection.objects.get(pk=connection.pk)).reveal().startswith("ya29.")


def delete_by_keyboard(page: Page, connection: Connection) -> None:
    """From the list through the row's menu to the page that asks."""
    page.goto("/connections/")
    press(page, page.get_by_role("button", name=f"Actions for {connection.nickname}"))
    press(page, page.get_by_role("link", name="Delete…").and_(page.locator(f"#m-{connection.pk} a")))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Delete {connection.nickname}?")
    assert_fine(page)


@pytest.mark.parametrize("is_used", [True, False])
def test_the_foot_of_delete_is_ruled_off_only_from_what_stands_above_it(
    sign_in: SignIn, ada: Browser, flows: Flows, is_used: bool
) -> None:
    connection = ConnectionFactory(owner=ada.user)
    if is_used:
        flows.add(connection, "Answer customers")
    page = sign_in(ada.user)
    page.goto(reverse("delete_connection", args=[connection.pk]))
    foot = page.locator(".formfoot")
    expect(foot).to_have_css("border-block-start-width", "1px" if is_used else "0px")


def test_by_keyboard_a_sibling_keeps_the_grant_and_the_last_one_ends_it(
    google: RunningSandbox, sign_in: SignIn, ada: Browser, flows: Flows
) -> None:
    first, sibling = ada.connect("Support inbox"), ada.connect("Night shift")
    page = sign_in(ada.user)
    delete_by_keyboard(page, first)
    expect(page.get_by_text("1 other connection shares it and works on")).to_be_visible()
    press(page, page.get_by_role("button", name="Delete"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Support inbox is deleted")
    expect(page.get_by_text("lives on: 1 other connection shares it")).to_be_visible()
    assert_fine(page)
    assert works(sibling)
    assert requests_to(google, "/revoke") == []

    flows.add(sibling, "Answer customers", waiting_runs=1)
    delete_by_keyboard(page, sibling)
    press(page, page.get_by_role("button", name="Delete"))
    expect(page.get_by_role("heading", name="Nothing was deleted")).to_be_visible()
    assert_fine(page)
    tab_to(page, page.get_by_label("Type the nickname to delete it"))
    page.keyboard.type("Night shift")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Google has revoked the grant of ada@acme.example")).to_be_visible()
    assert_fine(page)
    assert len(requests_to(google, "/revoke")) == 1


def test_by_keyboard_it_is_renamed_shared_and_paused(sign_in: SignIn, ada: Browser) -> None:
    ben = UserFactory(name="Ben Okafor", flow_builder=True)
    connection = ConnectionFactory(owner=ada.user, nickname="Support inbox")
    page = sign_in(ada.user)
    page.goto(reverse("connection", args=[connection.pk]))
    press(page, page.get_by_role("link", name="Settings").and_(page.locator(".tabs a")))
    expect(page.locator(".tabs [aria-current]")).to_have_text("Settings")
    tab_to(page, page.get_by_label("Connection Nickname"))
    page.keyboard.press("Control+a")
    page.keyboard.type("Customer care")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Customer care")
    press(page, page.get_by_role("link", name="Share…"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Share Customer care")
    tab_to(page, page.get_by_role("radio", name="Nobody"))
    page.keyboard.press("ArrowDown")
    press(page, page.get_by_role("checkbox", name="Ben Okafor"), "Space")
    assert_fine(page)
    press(page, page.get_by_role("button", name="Share"))
    expect(page.get_by_text("Customer care is shared with Ben Okafor.")).to_be_visible()
    press(page, page.get_by_role("button", name="Pause"))
    expect(page.get_by_text("Customer care is paused.").first).to_be_visible()
    assert_fine(page)
    connection.refresh_from_db()
    assert (connection.status, connection.sharing) == (Status.PAUSED, Sharing.PEOPLE)
    assert list(connection.shared_with.all()) == [ben]


def test_by_keyboard_several_are_selected_and_paused(sign_in: SignIn, ada: Browser) -> None:
    for nickname in ("One", "Two", "Three"):
        ConnectionFactory(owner=ada.user, nickname=nickname)
    page = sign_in(ada.user)
    page.goto("/connections/")
    bar = page.get_by_role("form", name="Selected connections")
    expect(bar).to_be_hidden()
    press(page, page.get_by_role("checkbox", name="Select all on this page"), "Space")
    expect(bar.get_by_text("3 selected")).to_be_visible()
    press(page, page.get_by_role("checkbox", name="Select Two"), "Space")
    expect(bar.get_by_text("2 selected")).to_be_visible()
    assert_fine(page)
    press(page, bar.get_by_role("button", name="Clear"))
    expect(bar).to_be_hidden()
    press(page, page.get_by_role("checkbox", name="Select One"), "Space")
    press(page, page.get_by_role("checkbox", name="Select Two"), "Space")
    press(page, bar.get_by_role("button", name="Pause…"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Pause 2 connections?")
    assert_fine(page)
    press(page, page.get_by_role("button", name="Pause 2"))
    expect(page.get_by_text("2 connections are paused.")).to_be_visible()
    assert Connection.objects.filter(status=Status.PAUSED).count() == 2


def test_without_scripts_all_of_it_works(sign_in: SignIn, ada: Browser) -> None:
    one, two = (ConnectionFactory(owner=ada.user, nickname=name) for name in ("One", "Two"))
    page = sign_in(ada.user, java_script_enabled=False)
    page.goto("/connections/")
    page.get_by_role("checkbox", name="Select One").check()
    page.get_by_role("button", name="Pause…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pause 1 connection?")
    page.get_by_role("button", name="Pause 1").click()
    expect(page.get_by_text("1 connection is paused.")).to_be_visible()
    page.get_by_role("button", name="Actions for One").click()
    page.locator(f"#m-{one.pk}").get_by_role("button", name="Resume").click()
    expect(page.get_by_text("One is resumed. Its status is active.")).to_be_visible()
    page.get_by_role("button", name="Actions for Two").click()
    page.locator(f"#m-{two.pk}").get_by_role("link", name="Delete…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete Two?")
    page.get_by_role("link", name="Keep").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two")


def test_in_a_narrow_window_the_tab_where_one_is_can_be_seen(sign_in: SignIn, ada: Browser) -> None:
    connection = ConnectionFactory(owner=ada.user)
    page = sign_in(ada.user, viewport={"width": 360, "height": 700})
    page.goto(reverse("connection_settings", args=[connection.pk]))
    expect(page.locator(".tabs").get_by_role("link", name="Settings")).to_be_in_viewport(ratio=0.9)


def test_the_export_follows_the_filters(sign_in: SignIn, ada: Browser) -> None:
    for nickname in ("Payroll", "Press"):
        ConnectionFactory(owner=ada.user, nickname=nickname)
    page = sign_in(ada.user)
    page.goto("/connections/")
    page.get_by_role("searchbox", name="Search by nickname or account").fill("payr")
    expect(page.get_by_role("link", name="Press")).to_have_count(0)
    expect(page.get_by_role("link", name="Export CSV")).to_have_attribute("href", re.compile("search=payr"))
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "Payroll" in text
    assert "Press" not in text


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def test_every_page_is_accessible_and_fits(
    google: RunningSandbox, sign_in: SignIn, ada: Browser, flows: Flows, look: tuple[int, str]
) -> None:
    width, scheme = look
    long = "Anextraordinarilylongnicknamewithoutasinglespaceinitsothatnothingcanbreakit12345678"[:80]
    UserFactory(name="Ben Okafor", flow_builder=True)
    used = ConnectionFactory(owner=ada.user, nickname="Support inbox", description="Mail to support@.")
    flows.add(used, "Answer customers", waiting_runs=2)
    flows.add(used, "Weekly report")
    plain = ConnectionFactory(owner=ada.user, nickname=long, account_sub=used.account_sub, sharing=Sharing.PEOPLE)
    plain.shared_with.add(UserFactory(name="Cleo Marchetti"))
    paused = ConnectionFactory(owner=ada.user, nickname="Paused one")
    pause_connection(ada.actor, paused.pk)
    gone = ada.connect("Gone")
    stage(google, "503_before", path="/revoke", count=1)
    ada.client.post(reverse("delete_connection", args=[gone.pk]))
    page = sign_in(ada.user, viewport={"width": width, "height": 900}, color_scheme=scheme)
    selection = "&".join(f"id={each.pk}" for each in (used, plain, paused))
    addresses = [
        "/connections/",
        *(
            reverse(name, args=[each.pk])
            for each in (used, plain, paused)
            for name in ("connection_usage", "connection_settings", "delete_connection")
        ),
        reverse("share_connection", args=[plain.pk]),
        reverse("change_owner", args=[used.pk]),
        reverse("deleted_connection", args=[gone.pk]),
        *(f"/connections/selected/?action={action}&{selection}" for action in ("test", "pause", "resume", "delete")),
    ]
    for address in addresses:
        page.goto(address)
        assert_fine(page)
    page.goto("/connections/")
    page.get_by_role("checkbox", name="Select Support inbox").check()
    page.get_by_role("button", name="Actions for Support inbox").click()
    expect(page.locator(f"#m-{used.pk}")).to_be_visible()
    assert_fine(page)
