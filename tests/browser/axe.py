"""A page as it stands: what axe finds, in words, and whether it is wider than its window."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe()

# A color on its way from one to another would be judged by where it happens to be.
STILL = """document.getAnimations()
    .filter(each => each.effect.getComputedTiming().endTime !== Infinity)
    .forEach(each => each.finish())"""


def assert_fine(page: Page) -> None:
    """Fail with the rule, the element and the help of each violation that axe finds, and where it scrolls sideways."""
    page.wait_for_load_state()
    page.evaluate(STILL)
    violations = _AXE.run(page).response["violations"]
    found = [
        f"{each['id']} ({each['impact']}): {node['html'][:200]}\n    {each['help']}: {node.get('failureSummary', '')}"
        for each in violations
        for node in each["nodes"]
    ]
    assert not found, f"axe at {page.url}:\n" + "\n".join(found)
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{page.url} is {over} px wider than its window"
