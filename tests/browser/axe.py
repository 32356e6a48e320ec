"""Axe on a page as it stands, with what it found in words."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe()


def assert_accessible(page: Page) -> None:
    """Fail with the rule, the element and the help of each violation that axe finds."""
    violations = _AXE.run(page).response["violations"]
    found = [
        f"{each['id']} ({each['impact']}): {node['html'][:200]}\n    {each['help']}: {node.get('failureSummary', '')}"
        for each in violations
        for node in each["nodes"]
    ]
    assert not found, f"axe at {page.url}:\n" + "\n".join(found)
