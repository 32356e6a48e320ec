"""A person at the flow builder: by keyboard alone, or by touch on a narrow screen."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import assert_fine
from tests.browser.google_site import consent_by_keyboard, press, tab_to


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=re.compile(f"^{re.escape(label)}( optional)?$"))


def card(page: Page, number: int) -> Locator:
    return page.get_by_role("region", name=re.compile(f"^Card {number}, "))


def opened(page: Page, number: int, title: str) -> None:
    """The card of that number is open, and nothing on the page is wrong."""
    expect(page.locator(".card[aria-current=true]")).to_have_accessible_name(f"Card {number}, {title}")
    assert_fine(page)


class Keyboard:
    """Tab, letters, arrows, Enter and Space."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        press(self.page, target)

    def check(self, target: Locator) -> None:
        press(self.page, target, "Space")

    def write(self, target: Locator, text: str) -> None:
        tab_to(self.page, target)
        self.page.keyboard.press("End")
        self.page.keyboard.type(text)

    def choose(self, target: Locator, words: str) -> None:
        tab_to(self.page, target)
        self.page.keyboard.type(words)

    def put(self, label: str, output: str) -> None:
        """Choose an earlier output with the picker: its button, some letters, Enter."""
        self.press(self.page.get_by_role("button", name=f"Put an output into {label}"))
        expect(self.page.get_by_role("combobox", name=f"Output to put into {label}")).to_be_focused()
        self.page.keyboard.type(output)
        self.page.keyboard.press("Enter")
        expect(field(self.page, label)).to_be_focused()

    def offer(self, words: str) -> None:
        """Search among the cards to add, and add the first one found."""
        tab_to(self.page, self.page.get_by_role("searchbox", name="Search cards"))
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#offers li:visible button").first).to_be_focused()
        self.page.keyboard.press("Enter")

    def enter(self, target: Locator, text: str) -> None:
        """A field of a form, and then the form."""
        self.write(target, text)
        self.page.keyboard.press("Enter")

    def navigate(self, name: str) -> None:
        self.press(self.page.get_by_role("navigation", name="Main").get_by_role("link", name=name))

    def consent(self, account: str, arrives: str) -> None:
        consent_by_keyboard(self.page, account, arrives=arrives)


class Touch:
    """A finger: taps, and letters where it tapped."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, target: Locator) -> None:
        target.tap()

    check = press

    def write(self, target: Locator, text: str) -> None:
        target.tap()
        self.page.keyboard.press("End")
        self.page.keyboard.insert_text(text)

    def choose(self, target: Locator, words: str) -> None:
        option = target.locator("option").filter(has_text=words).first
        target.select_option(option.get_attribute("value"))

    def put(self, label: str, output: str) -> None:
        """Choose an earlier output with the picker: its button, then the output."""
        self.press(self.page.get_by_role("button", name=f"Put an output into {label}"))
        self.press(self.page.locator(".outputpicker").get_by_role("option").filter(has_text=output).first)
        expect(field(self.page, label)).to_be_focused()

    def offer(self, words: str) -> None:
        self.press(self.page.locator("#offers button").filter(has_text=words).first)

    def enter(self, target: Locator, text: str) -> None:
        self.write(target, text)
        self.press(target.locator("xpath=ancestor::form").locator("button.button--primary, #add-field").last)

    def navigate(self, name: str) -> None:
        self.press(self.page.get_by_role("button", name="Menu"))
        self.press(self.page.get_by_role("navigation", name="Main").get_by_role("link", name=name))

    def consent(self, account: str, arrives: str) -> None:
        expect(self.page.get_by_role("heading", name="Choose an account")).to_be_visible()
        self.press(self.page.get_by_role("button", name=account))
        self.write(self.page.get_by_label("Enter your password"), self.page.locator("#shown code").inner_text())
        self.press(self.page.get_by_role("button", name="Next"))
        expect(self.page.locator("button[value=allow]")).to_be_visible()
        for box in self.page.locator("input[name=scope]").all():
            if not box.is_checked():
                self.press(box)
        self.press(self.page.locator("button[value=allow]"))
        self.page.wait_for_url(arrives)
