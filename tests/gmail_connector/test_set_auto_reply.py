"""Set Auto Reply, run as people run it, against the sandbox."""

from typing import Any

import pytest

from google_sandbox.server import RunningSandbox
from kernel.errors import InputRejected
from tests.consents import Browser
from tests.gmail_connector.conftest import Connect
from tests.gmail_connector.runs import AUTO_REPLY, failure, outputs, paths, run
from tests.staged_google import gmail_calls, stage

pytestmark = pytest.mark.django_db

WHOLE = {
    "restrict_to_domain": True,
    "restrict_to_contacts": True,
    "start_time": "2026-12-01T08:00:00.250Z",
    "end_time": "2026-12-24T18:00:00+01:00",
    "response_subject": "Away: ",
    "response_body_plain_text": "Back on Monday.",
}


@pytest.fixture
def act(person: Browser, connect: Connect) -> Any:
    connection = connect()
    return lambda **inputs: run(person, connection, AUTO_REPLY, **inputs)


def test_an_auto_reply_is_set_whole_and_echoed(google: RunningSandbox, act: Any) -> None:
    found = outputs(act(**WHOLE))
    changed = {each["setting"]: (each["before"], each["after"]) for each in found.pop("changes")}
    assert found == {
        "enable_auto_reply": True,
        "restrict_to_domain": True,
        "restrict_to_contacts": True,
        "start_time": "2026-12-01T08:00:00.250000Z",
        "end_time": "2026-12-24T17:00:00Z",
        "response_subject": "Away: ",
        "response_body_plain_text": "Back on Monday.",
        "response_body_html": "",
    }
    assert changed["Enable Auto Reply"] == ("no", "yes")
    assert changed["Start Time"] == ("", "2026-12-01T08:00:00.250000Z")
    assert changed["Response Subject"] == ("", "Away: ")
    assert paths(google) == ["GET settings/vacation", "PUT settings/vacation"]


def test_already_as_wanted_nothing_is_written_and_that_is_said(google: RunningSandbox, act: Any) -> None:
    outputs(act(**WHOLE))
    google.sandbox.journal.clear()
    again = act(**WHOLE)
    assert outputs(again)["changes"] == []
    assert "already" in again.steps.get().note
    assert paths(google) == ["GET settings/vacation"]


def test_it_replaces_the_whole_auto_reply(google: RunningSandbox, act: Any) -> None:
    outputs(act(**WHOLE))
    found = outputs(act(response_subject="Ill"))
    assert (found["start_time"], found["end_time"], found["restrict_to_domain"]) == (None, None, False)
    changed = {each["setting"]: (each["before"], each["after"]) for each in found["changes"]}
    assert changed["End Time"] == ("2026-12-24T17:00:00Z", "")
    assert changed["Restrict to Domain"] == ("yes", "no")


def test_of_two_bodies_html_wins(google: RunningSandbox, act: Any) -> None:
    found = outputs(act(response_body_plain_text="Plain", response_body_html="<p>Rich</p>"))
    assert (found["response_body_html"], found["response_body_plain_text"]) == ("<p>Rich</p>", "")
    assert outputs(act(response_body_plain_text="Plain"))["response_body_plain_text"] == "Plain"


@pytest.mark.parametrize("end", ["2026-12-01T08:00:00Z", "2026-11-30T08:00:00Z", "2026-12-01T09:00:00+01:00"])
def test_an_end_that_does_not_come_after_the_start_is_refused(google: RunningSandbox, act: Any, end: str) -> None:
    error = failure(act(start_time="2026-12-01T08:00:00Z", end_time=end))
    assert isinstance(error, InputRejected)
    assert set(error.fields) == {"start_time", "end_time"}
    assert gmail_calls(google) == []


def test_a_lost_answer_is_safe_to_repeat(google: RunningSandbox, act: Any) -> None:
    stage(google, "reset_after", path="/gmail/*", method="PUT", count=1)
    assert failure(act(**WHOLE)).code == "google.unavailable"
    assert "already" in act(**WHOLE).steps.get().note
