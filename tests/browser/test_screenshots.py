"""The picture that README opens with, from a console with its demo; ``make screenshots`` makes it anew."""

import pytest
from playwright.sync_api import Browser, expect

from tests.processes import PASSWORD, ROOT, Stack

pytestmark = [pytest.mark.screenshots, pytest.mark.browser]

PICTURE = ROOT / "docs" / "connections.png"
MOST_BYTES = 300_000


def test_the_picture_of_the_connections_page(stack: Stack, browser: Browser) -> None:
    page = browser.new_page(base_url=stack.url, viewport={"width": 1440, "height": 900}, color_scheme="light")
    page.goto("/accounts/login/")
    page.fill("[name=login]", "ada@console.example")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
    page.goto("/connections/")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURE, full_page=True)
    page.close()
    assert 0 < PICTURE.stat().st_size < MOST_BYTES
