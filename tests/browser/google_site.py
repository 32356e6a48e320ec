"""Google as another site than the console, and a person's hands at its pages."""

from collections.abc import Collection

from playwright.sync_api import Locator, Page, expect


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the element has the focus, as a person without a mouse does."""
    for _press in range(120):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard never reaches {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    tab_to(page, target)
    page.keyboard.press(key)


def consent_by_keyboard(
    page: Page, account: str, *, withhold: Collection[str] = (), arrives: str = "**/connections/authorizations/**"
) -> None:
    """Choose the account, enter its password, tick, allow; end back at the console."""
    expect(page.get_by_role("heading", name="Choose an account")).to_be_visible()
    press(page, page.get_by_role("button", name=account))
    password = page.get_by_label("Enter your password")
    if password.or_(page.get_by_role("button", name="Allow")).first.evaluate("e => e.name") == "password":
        tab_to(page, password)
        page.keyboard.type(page.locator("#shown code").inner_text())
        page.keyboard.press("Enter")
    allow = page.locator("button[value=allow]")
    expect(allow).to_be_visible()
    for box in page.locator("input[name=scope]").all():
        if not any(each in (box.get_attribute("value") or "") for each in withhold):
            press(page, box, "Space")
    press(page, allow)
    page.wait_for_url(arrives)
