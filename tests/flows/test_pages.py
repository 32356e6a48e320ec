"""Test this card, and the run's page: what they show, to whom, and that no press sends twice."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from connections.models import Connection
from flows.models import Run
from google_sandbox.server import RunningSandbox
from kernel.errors import from_stored
from tests.consents import Browser
from tests.factories import UserFactory
from tests.staged_google import gmail_calls, requests_to, stage

pytestmark = pytest.mark.django_db

SEND, READ = "gmail.send_email", "gmail.read_email"
DRAFTS = ("gmail.readonly", "gmail.compose")
SEND_DRAFT = "/gmail/v1/users/me/drafts/send"
SEND_DIRECTLY = "/gmail/v1/users/me/messages/send"
MAIL = {"body_is_html": "no", "to": "ben@acme.example\ncleo@acme.example", "subject": "Hello", "body": "First\nSecond"}


@pytest.fixture
def ada(google: RunningSandbox) -> Browser:
    return Browser(UserFactory(administrator=True, name="Ada Lindqvist"))


@pytest.fixture
def connection(ada: Browser) -> Connection:
    return ada.connect(scopes=DRAFTS)


def page_of(card: str, connection: Connection | None = None, **query: Any) -> str:
    chosen = {"connection": connection.pk} if connection else {}
    return reverse("test_card", args=[card], query=chosen | query)


def text(response: Any) -> str:
    """The page as it is read: entities resolved, tags and runs of blanks left out."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def once_of(response: Any) -> str:
    found = re.search(r'name="once" value="(\w+)"', response.content.decode())
    assert found is not None
    return found.group(1)


def press_run(browser: Browser, card: str, connection: Connection, entries: dict[str, str], once: str = "") -> Any:
    sent = entries | {"connection": str(connection.pk), "once": once}
    return browser.client.post(reverse("test_card", args=[card]), sent)


def run_of(response: Any) -> Run:
    return Run.objects.get(pk=response.headers["Location"].strip("/").rpartition("/")[2])


def run_page(browser: Browser, run: Run, **options: Any) -> Any:
    return browser.client.get(reverse("run", args=[run.pk]), **options)


def poll(browser: Browser, page: Any) -> Any:
    """What follow_run.js asks for."""
    asked = re.search(r'hx-get="([^"]+)"', page.content.decode())
    assert asked is not None
    return browser.client.get(html.unescape(asked.group(1)), headers={"HX-Request": "true"})


def sent_with(google: RunningSandbox, path: str) -> int:
    return len(requests_to(google, path))


# ------------------------------------------------------------------ the form


def test_options_come_before_inputs_and_addresses_go_one_a_line(ada: Browser, connection: Connection) -> None:
    page = text(ada.client.get(page_of(SEND, connection)))
    assert "Support inbox ada@acme.example Active" in page
    assert page.index("Body is HTML?") < page.index("To One a line.") < page.index("Subject")


def test_without_a_connection_one_is_chosen_among_those_the_person_may_use(
    ada: Browser, connection: Connection
) -> None:
    other = Browser(UserFactory(connection_manager=True)).connect("Somebody else’s", "ben@acme.example")
    page = ada.client.get(page_of(SEND))
    choices = re.findall(r'<option value="([^"]+)"', page.content.decode())
    assert choices == [str(connection.pk)]
    assert str(other.pk) not in page.content.decode()
    assert "Choose a connection first." in text(page)


def test_who_has_no_connection_is_shown_the_way_to_one(ada: Browser) -> None:
    page = ada.client.get(page_of(SEND))
    assert "You own none" in text(page)
    assert reverse("new_connection", args=["gmail"]) in page.content.decode()


def test_choosing_another_connection_keeps_what_was_typed_and_runs_nothing(
    google: RunningSandbox, ada: Browser, connection: Connection
) -> None:
    other = ada.connect("Another", "cleo@acme.example", DRAFTS)
    asked = MAIL | {"connection": str(connection.pk), "another": str(other.pk), "choose": "yes"}
    page = ada.client.post(reverse("test_card", args=[SEND]), asked)
    assert "Another cleo@acme.example" in text(page)
    assert ">\nben@acme.example\ncleo@acme.example</textarea>" in page.content.decode()
    assert gmail_calls(google) == []
    assert not Run.objects.exists()


def test_a_card_that_is_not_ready_says_so_in_the_words_of_the_run(google: RunningSandbox, ada: Browser) -> None:
    connection = ada.connect(scopes=("gmail.send",))
    page = ada.client.get(page_of(READ, connection))
    run = run_of(press_run(ada, READ, connection, {"message_id": "19e1acd465710c93"}))
    error = from_stored(run.cause or {})
    assert error.code == "scope.missing"
    for words in (error.title, error.cause, error.remedy):
        assert words in text(page)
        assert words in text(run_page(ada, run))
    assert 'type="submit">' not in page.content.decode().partition("card__foot")[2].partition("</section>")[0]
    assert gmail_calls(google) == []


@pytest.mark.parametrize("account", ["hanna@gmail.com", "ivo@googlemail.com", "jo@private.test"])
def test_a_personal_account_is_refused_before_gmail_is_asked(
    account: str, google: RunningSandbox, ada: Browser
) -> None:
    connection = ada.connect(account=account)
    assert "A Google Workspace account is required" in text(ada.client.get(page_of(SEND, connection)))
    run = run_of(press_run(ada, SEND, connection, MAIL))
    assert (run.cause or {})["code"] == "account.workspace_required"
    assert gmail_calls(google) == []


# ------------------------------------------------------------------ running


def test_run_leads_to_the_run_with_its_outputs(google: RunningSandbox, ada: Browser, connection: Connection) -> None:
    run = run_of(press_run(ada, SEND, connection, MAIL))
    page = text(run_page(ada, run))
    assert run.state == "completed"
    assert re.search(r"Outputs Message ID \w{16}", page)
    assert "Body is HTML? No To ben@acme.example cleo@acme.example From empty" in page
    assert sent_with(google, SEND_DRAFT) == 1


def test_input_errors_keep_what_was_typed_and_name_the_field(
    google: RunningSandbox, ada: Browser, connection: Connection
) -> None:
    page = press_run(ada, SEND, connection, {"subject": "Kept as typed"})
    assert page.status_code == 422
    assert "Correct 2 entries Choose Body is HTML. Enter To." in text(page)
    assert 'value="Kept as typed"' in page.content.decode()
    assert re.search(r'id="f-to"[^>]*aria-invalid="true"[^>]*aria-describedby="h-to e-to"', page.content.decode())
    assert not Run.objects.exists()


def test_what_the_card_finds_wrong_stands_at_its_field(
    google: RunningSandbox, ada: Browser, connection: Connection
) -> None:
    page = press_run(ada, SEND, connection, MAIL | {"to": "nobody in particular"})
    assert page.status_code == 422
    assert re.search(r'id="f-to"[^>]*aria-invalid="true"', page.content.decode())
    assert ">\nnobody in particular</textarea>" in page.content.decode()
    assert sent_with(google, SEND_DRAFT) == 0


def test_the_same_form_pressed_twice_sends_once(google: RunningSandbox, ada: Browser, connection: Connection) -> None:
    once = once_of(ada.client.get(page_of(SEND, connection)))
    first = press_run(ada, SEND, connection, MAIL, once)
    second = press_run(ada, SEND, connection, MAIL, once)
    assert first.headers["Location"] == second.headers["Location"]
    assert sent_with(google, SEND_DRAFT) == 1


def test_who_goes_back_and_changes_something_gets_another_run(
    google: RunningSandbox, ada: Browser, connection: Connection
) -> None:
    once = once_of(ada.client.get(page_of(SEND, connection)))
    press_run(ada, SEND, connection, MAIL, once)
    press_run(ada, SEND, connection, MAIL | {"subject": "Corrected"}, once)
    assert sent_with(google, SEND_DRAFT) == 2


def test_a_form_without_a_connection_asks_for_one(ada: Browser) -> None:
    page = ada.client.post(reverse("test_card", args=[SEND]), MAIL)
    assert page.status_code == 422
    assert "Choose a connection." in text(page)


def test_edit_and_run_again_brings_back_what_was_typed(ada: Browser, connection: Connection) -> None:
    run = run_of(press_run(ada, SEND, connection, MAIL))
    page = ada.client.get(page_of(SEND, again=run.pk)).content.decode()
    assert ">\nben@acme.example\ncleo@acme.example</textarea>" in page
    assert ">\nFirst\nSecond</textarea>" in page
    assert re.search(r'value="no" checked', page)
    assert "Support inbox" in page


# ------------------------------------------------------------------ who may


def test_another_person_s_run_brings_nothing_back(ada: Browser, connection: Connection) -> None:
    run = run_of(press_run(ada, SEND, connection, MAIL))
    other = Browser(UserFactory(administrator=True))
    assert other.client.get(page_of(SEND, again=run.pk)).status_code == 404


@pytest.mark.parametrize(
    "address", [f"{SEND}/test/?connection=not-an-id", f"{SEND}/test/?again=not-an-id", "gmail.no_such_card/test/"]
)
def test_an_address_that_names_nothing_is_not_found(address: str, ada: Browser) -> None:
    assert ada.client.get(f"/cards/{address}").status_code == 404


def test_another_person_s_connection_is_not_found(ada: Browser, connection: Connection) -> None:
    manager = Browser(UserFactory(connection_manager=True))
    assert manager.client.get(page_of(SEND, connection)).status_code == 404
    assert press_run(manager, SEND, connection, MAIL).status_code == 404


@pytest.mark.parametrize("role", ["operator", "auditor"])
def test_who_runs_no_cards_can_not_open_the_page(role: str, google: RunningSandbox) -> None:
    assert Browser(UserFactory(**{role: True})).client.get(page_of(SEND)).status_code == 403


def test_what_passed_through_is_its_owner_s_alone(ada: Browser, connection: Connection) -> None:
    run = run_of(press_run(ada, SEND, connection, MAIL))
    page = run_page(Browser(UserFactory(administrator=True)), run)
    assert "Completed" in text(page)
    assert "shown to Ada Lindqvist alone" in text(page)
    assert "ben@acme.example" not in page.content.decode()
    assert "Hello" not in page.content.decode()
    assert run_page(Browser(UserFactory(connection_manager=True)), run).status_code == 404


def test_what_was_read_is_shown_as_text_and_never_as_a_page(
    google: RunningSandbox, ada: Browser, connection: Connection
) -> None:
    body = "<b>bold</b><script>x</script>"
    entries = MAIL | {"to": "ada@acme.example", "body": body, "body_is_html": "yes"}
    sent = run_of(press_run(ada, SEND, connection, entries))
    message = re.search(r"Message ID (\w{16})", text(run_page(ada, sent)))
    assert message is not None
    page = run_page(ada, run_of(press_run(ada, READ, connection, {"message_id": message.group(1)})))
    assert "&lt;script&gt;x&lt;/script&gt;" in page.content.decode()
    assert "<script>x" not in page.content.decode()


# ------------------------------------------------------------------ following


def test_a_run_that_ended_is_not_followed(ada: Browser, connection: Connection) -> None:
    page = run_page(ada, run_of(press_run(ada, SEND, connection, MAIL)))
    assert "data-follow" not in page.content.decode()


def test_a_run_under_way_says_so_and_is_followed(ada: Browser, connection: Connection) -> None:
    run = run_of(press_run(ada, SEND, connection, MAIL))
    under_way = {"state": "running", "ended_at": None}
    run.steps.update(**under_way, phase="prepared", lease_until=run.created_at + timedelta(days=1))
    Run.objects.filter(pk=run.pk).update(**under_way)
    page = run_page(ada, run)
    assert "The card is running, and this page follows." in text(page)
    assert poll(ada, page).status_code == 204


@pytest.fixture
def lost(google: RunningSandbox, ada: Browser, connection: Connection) -> Run:
    """Google failed before it accepted, so the draft is still there and may yet be sent."""
    stage(google, "503_before", path="*/drafts/send", count=1)
    return run_of(press_run(ada, SEND, connection, MAIL))


def test_a_lost_answer_is_said_and_followed(lost: Run, ada: Browser) -> None:
    page = run_page(ada, lost)
    assert "Google’s answer was lost and is being checked" in text(page)
    assert "See how it stands" in text(page)
    assert "Edit and run again" not in text(page)
    assert poll(ada, page).status_code == 204


def test_the_page_shows_what_the_check_found(lost: Run, google: RunningSandbox, ada: Browser) -> None:
    page = run_page(ada, lost)
    lost.steps.update(settles_at=lost.created_at)
    answer = poll(ada, page)
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert 'id="run-status" hx-swap-oob="innerHTML">Completed' in answer.content.decode()
    assert "data-follow" not in answer.content.decode()
    assert sent_with(google, SEND_DRAFT) == 2


def test_a_poll_of_somebody_signed_out_reloads_the_page(lost: Run, ada: Browser) -> None:
    page = run_page(ada, lost)
    ada.client.logout()
    answer = poll(ada, page)
    assert answer.headers["HX-Refresh"] == "true"
    assert answer.content == b""
    assert run_page(ada, lost).headers["Location"].startswith("/accounts/login/")


# ------------------------------------------------------------------ outcome unknown


@pytest.fixture
def unknown(google: RunningSandbox, ada: Browser) -> Run:
    """Sent with gmail.send alone, and the answer lost: nobody can look."""
    connection = ada.connect("Sends only", scopes=("gmail.send",))
    stage(google, "reset_after", path="*/messages/send", count=1)
    return run_of(press_run(ada, SEND, connection, MAIL))


def decide(browser: Browser, run: Run, decision: str) -> Any:
    return browser.client.post(reverse("resume_run", args=[run.pk]), {"decision": decision})


def test_an_unknown_outcome_explains_both_decisions(unknown: Run, ada: Browser) -> None:
    page = text(run_page(ada, unknown))
    assert "It is not known whether the message was sent" in page
    assert "It was sent Ends the run as completed." in page
    assert "If the first one did leave, people get it twice." in page


def test_it_was_sent_ends_the_run_and_sends_nothing(unknown: Run, google: RunningSandbox, ada: Browser) -> None:
    assert decide(ada, unknown, "sent").headers["Location"] == reverse("run", args=[unknown.pk])
    assert "chose “It was sent”" in text(run_page(ada, unknown))
    unknown.refresh_from_db()
    assert unknown.state == "completed"
    assert sent_with(google, SEND_DIRECTLY) == 1


def test_send_again_sends_again_and_who_comes_late_sees_it(unknown: Run, google: RunningSandbox, ada: Browser) -> None:
    decide(ada, unknown, "send_again")
    late = decide(ada, unknown, "send_again")
    assert late.headers["Location"] == reverse("run", args=[unknown.pk])
    assert sent_with(google, SEND_DIRECTLY) == 2


def test_a_decision_that_does_not_exist_is_refused(unknown: Run, ada: Browser) -> None:
    assert decide(ada, unknown, "perhaps").status_code == 422
    assert ada.client.get(reverse("resume_run", args=[unknown.pk])).status_code == 405


def test_an_operator_may_decide_and_still_sees_no_inputs(unknown: Run) -> None:
    operator = Browser(UserFactory(operator=True))
    page = run_page(operator, unknown)
    assert "Send again" in text(page)
    assert reverse("connection", args=[unknown.steps.get().connection_id]) not in page.content.decode()
    assert "ben@acme.example" not in page.content.decode()
    assert decide(operator, unknown, "sent").status_code == 302
