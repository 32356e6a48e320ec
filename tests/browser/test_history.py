"""Execution History and a flow's run in a browser: wide and narrow, light and dark, live, by keyboard."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from access.actor import Actor, Via
from access.models import User
from connections.models import Connection, Status
from flows.definition import InputKind
from flows.models import Run
from kernel.clock import now
from tests.browser.axe import assert_fine
from tests.browser.conftest import SignIn
from tests.factories import ConnectionFactory, UserFactory
from tests.flow_runs import Queue, asks_for, build_flow, queued_runs, run_now, start
from tests.flows.engine.placed import catch, compose, each, read, send
from tests.flows.fake_mail import FakeMail, fake_cards, gone, lost

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = [(1440, "light"), (1440, "dark"), (800, "light"), (360, "light"), (360, "dark")]
LONG = "Anextraordinarilylongnamewithoutasinglespaceinitsothatnothingcanbreakit1234"


@pytest.fixture
def ada(console: str) -> User:
    return UserFactory(name="Ada Lindqvist", administrator=True)


@pytest.fixture
def mail() -> Iterator[FakeMail]:
    made = FakeMail()
    with fake_cards(made):
        yield made


@pytest.fixture
def queue() -> Iterator[Queue]:
    with queued_runs() as made:
        yield made


@pytest.fixture
def connection(ada: User) -> Connection:
    made: Connection = ConnectionFactory(owner=ada, nickname="Payroll notices")
    return made


@pytest.fixture
def runs(ada: User, mail: FakeMail, queue: Queue, connection: Connection) -> dict[str, Run]:
    """One of each kind, by where it stands."""
    actor = Actor(user=ada, via=Via.PAGE)
    names = asks_for("names", kind=InputKind.LIST)
    turns = each("c2", "{{trigger.names}}", read("c3", connection, "{{c2.item}}"), compose("c4", "{{c2.item}}"))
    flow = build_flow(actor, compose("c1"), turns, compose("c5"), trigger=names, saves_data=True, name="Offboarding")
    found = {"completed": run_now(actor, queue, flow, names=["ada", "ben"])}
    mail.before["read"] = [None, gone()]
    found["failed"] = run_now(actor, queue, flow, names=["ada", "ben", "cleo", "dora"])
    caught = build_flow(actor, catch("c1", (read("c2", connection),), (compose("c3"),)), name=LONG)
    mail.before["read"] = [gone()]
    found["caught"] = run_now(actor, queue, caught)
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    found["undecided"] = run_now(actor, queue, build_flow(actor, send("c1", connection), name="Digest"))
    Connection.objects.update(paused_at=now(), status=Status.PAUSED)
    found["waiting"] = run_now(actor, queue, build_flow(actor, read("c1", connection), compose("c2"), name="Answers"))
    found["queued"] = start(actor, flow, names=["ada"])
    return found


def picture(page: Page, name: str) -> None:
    """Kept where somebody wants to look at it."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_pages_are_accessible_and_fit(
    sign_in: SignIn, ada: User, runs: dict[str, Run], width: int, scheme: str
) -> None:
    page = sign_in(ada, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto("/history/")
    expect(page.get_by_role("heading", name="Execution History", level=1)).to_be_visible()
    assert_fine(page)
    picture(page, f"history-{width}-{scheme}")
    for name, run in runs.items():
        page.goto(f"/runs/{run.pk}/")
        expect(page.get_by_role("heading", name="Cards")).to_be_visible()
        assert_fine(page)
        picture(page, f"run-{name}-{width}-{scheme}")
    page.goto(f"/runs/{runs['queued'].pk}/cancel/")
    assert_fine(page)


def test_the_list_follows_what_happens_and_filters_stay(
    sign_in: SignIn, ada: User, mail: FakeMail, queue: Queue
) -> None:
    actor = Actor(user=ada, via=Via.PAGE)
    flow = build_flow(actor, compose("c1"), name="Offboarding")
    run = start(actor, flow)
    page = sign_in(ada)
    page.goto("/history/")
    row = page.get_by_role("row").filter(has_text="Offboarding")
    expect(row).to_contain_text("Queued")
    queue.drain()
    expect(row).to_contain_text("Completed")
    later = start(actor, flow)
    expect(page.locator(f"#run-{later.pk}")).to_be_visible()
    page.get_by_role("combobox", name="Flow").select_option("Offboarding")
    page.wait_for_url(f"**/history/?flow={flow.pk}")
    page.get_by_role("navigation", name="Runs by state").get_by_role("link", name="Completed").click()
    expect(page.locator(f"#run-{later.pk}")).to_have_count(0)
    expect(page.locator(f"#run-{run.pk}")).to_be_visible()


def test_a_run_is_followed_and_what_was_unfolded_stays_so(
    sign_in: SignIn, ada: User, mail: FakeMail, queue: Queue
) -> None:
    actor = Actor(user=ada, via=Via.PAGE)
    flow = build_flow(
        actor, compose("c1", "Dear {{trigger.name}}"), trigger=asks_for("name"), saves_data=True, name="Offboarding"
    )
    run = start(actor, flow, name="Ben")
    page = sign_in(ada)
    page.goto(f"/runs/{run.pk}/")
    fold = page.locator("#out-trigger")
    fold.get_by_text("Outputs").press("Enter")
    expect(fold).to_have_attribute("open", "")
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("Queued")
    queue.drain()
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("Completed")
    expect(fold).to_have_attribute("open", "")
    expect(fold).to_contain_text("Ben")


def test_a_failed_run_is_resumed_by_keyboard(
    sign_in: SignIn, ada: User, mail: FakeMail, queue: Queue, connection: Connection
) -> None:
    actor = Actor(user=ada, via=Via.PAGE)
    mail.before["read"] = [gone()]
    run = run_now(actor, queue, build_flow(actor, compose("c1"), read("c2", connection), name="Offboarding"))
    page = sign_in(ada)
    page.goto("/history/?state=failed")
    page.locator(f"#run-{run.pk}").press("Enter")
    page.get_by_role("button", name="Resume from this card").press("Enter")
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("Queued")
    queue.drain()
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("Completed")


def test_a_hidden_page_asks_for_nothing(sign_in: SignIn, ada: User, mail: FakeMail, queue: Queue) -> None:
    start(Actor(user=ada, via=Via.PAGE), build_flow(Actor(user=ada, via=Via.PAGE), compose("c1"), name="Offboarding"))
    page = sign_in(ada)
    page.goto("/history/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_request("**/history/follow/**"):
        pass
    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true})")
    asked.clear()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert asked == []
    page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'visible', configurable: true})")
    with page.expect_request("**/history/follow/**"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
