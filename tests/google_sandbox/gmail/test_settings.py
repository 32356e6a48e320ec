"""Settings a mailbox has one of: what they are at first, what a change replaces, what is no value."""

from typing import Any

import pytest

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import ADA, BASIC, FULL, Caller, caller, refusal
from tests.staged_google import stage

FIRST = {
    "vacation": {
        "enableAutoReply": False,
        "responseSubject": "",
        "responseBodyHtml": "",
        "restrictToContacts": False,
        "restrictToDomain": False,
    },
    "imap": {"enabled": True, "autoExpunge": True, "expungeBehavior": "archive", "maxFolderSize": 0},
    "pop": {"accessWindow": "disabled", "disposition": "leaveInInbox"},
    "language": {"displayLanguage": "en"},
    "autoForwarding": {"enabled": False},
}


@pytest.fixture
def person(sandbox: RunningSandbox) -> Caller:
    return caller(sandbox, ADA, BASIC)


@pytest.mark.parametrize("name", FIRST)
def test_settings_of_a_new_mailbox(person: Caller, name: str) -> None:
    assert person.get(f"settings/{name}") == FIRST[name]


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        (
            "imap",
            {"enabled": True, "expungeBehavior": "deleteForever", "maxFolderSize": 5000},
            {"enabled": True, "autoExpunge": False, "expungeBehavior": "deleteForever", "maxFolderSize": 5000},
        ),
        ("imap", {}, {"enabled": False, "autoExpunge": False, "expungeBehavior": "archive", "maxFolderSize": 0}),
        ("pop", {"accessWindow": "fromNowOn"}, {"accessWindow": "fromNowOn", "disposition": "leaveInInbox"}),
        ("pop", {"disposition": "markRead"}, {"accessWindow": "disabled", "disposition": "markRead"}),
        ("pop", {"accessWindow": "accessWindowUnspecified"}, FIRST["pop"]),
        ("vacation", {"responseSubject": "Away"}, {"responseSubject": "Away"}),
        ("vacation", {"enableAutoReply": None}, {}),
    ],
)
def test_change_replaces_the_whole_setting(person: Caller, name: str, given: Any, kept: dict[str, Any]) -> None:
    answer = person.send("PUT", f"settings/{name}", json=given)
    assert (answer.status_code, answer.json()) == (200, kept)
    assert person.get(f"settings/{name}") == kept


@pytest.mark.parametrize(
    ("name", "given", "wrong"),
    [
        ("imap", {"enabled": "yes"}, "Invalid value at 'imap_settings.enabled' (TYPE_BOOL), \"yes\""),
        ("imap", {"maxFolderSize": 999}, None),
        ("imap", {"maxFolderSize": 2**31}, "Invalid value at 'imap_settings.max_folder_size' (TYPE_INT32), 2147483648"),
        ("imap", {"maxFolderSize": True}, "Invalid value at 'imap_settings.max_folder_size' (TYPE_INT32), true"),
        (
            "imap",
            {"expungeBehavior": "burn"},
            "Invalid value at 'imap_settings.expunge_behavior' (TYPE_ENUM), \"burn\"",
        ),
        ("pop", {"accessWindow": "allmail"}, "Invalid value at 'pop_settings.access_window' (TYPE_ENUM), \"allmail\""),
        ("pop", {"enabled": True}, 'Invalid JSON payload received. Unknown name "enabled": Cannot find field.'),
        ("vacation", {"startTime": "noon"}, "Invalid value at 'vacation_settings.start_time' (TYPE_INT64), \"noon\""),
        ("vacation", {"startTime": 1.5}, "Invalid value at 'vacation_settings.start_time' (TYPE_INT64), 1.5"),
        ("vacation", {"startTime": "-1"}, None),
        ("language", {}, None),
        ("language", {"displayLanguage": "no such tag"}, None),
        ("language", {"displayLanguage": 7}, "Invalid value at 'language_settings.display_language' (TYPE_STRING), 7"),
    ],
)
def test_value_that_is_none(person: Caller, name: str, given: dict[str, Any], wrong: str | None) -> None:
    answer = person.send("PUT", f"settings/{name}", json=given)
    if wrong is not None:
        assert answer.json() == refusal(400, wrong, "invalidArgument", "INVALID_ARGUMENT")
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalidArgument")
    assert person.get(f"settings/{name}") == FIRST[name]


@pytest.mark.parametrize("name", ["vacation", "imap", "pop", "language"])
def test_the_whole_of_gmail_reads_settings_but_changes_none(sandbox: RunningSandbox, name: str) -> None:
    person = caller(sandbox, ADA, FULL)
    assert person.get(f"settings/{name}") == FIRST[name]
    answer = person.send("PUT", f"settings/{name}", json=FIRST[name])
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (403, "insufficientPermissions")


def test_restriction_to_the_domain_needs_a_domain(sandbox: RunningSandbox) -> None:
    hanna = caller(sandbox, "hanna@gmail.com", BASIC)
    vacation = {"enableAutoReply": True, "responseSubject": "Away", "restrictToDomain": True}
    answer = hanna.send("PUT", "settings/vacation", json=vacation)
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalidArgument")


def test_page_of_an_answer_is_kept_without_what_runs(person: Caller) -> None:
    page = (
        '<p onclick="x()" style="color:red">Away &amp; <a href="javascript:x()">gone</a><br/></p>'
        '<script>x()</script><style>p {}</style><a href="https://acme.example/?a=1&amp;b=2">Site</a>'
    )
    answer = person.send("PUT", "settings/vacation", json={"enableAutoReply": True, "responseBodyHtml": page})
    kept = '<p style="color:red">Away &amp; <a>gone</a><br></p><a href="https://acme.example/?a=1&amp;b=2">Site</a>'
    assert answer.json()["responseBodyHtml"] == kept


def test_settings_fail_where_that_was_staged_and_nothing_else_does(sandbox: RunningSandbox, person: Caller) -> None:
    stage(sandbox, "gmail:settings_500", count=1)
    assert caller(sandbox, ADA).send("GET", "profile").status_code == 200
    answer = person.send("GET", "settings/imap")
    assert (answer.status_code, answer.json()) == (500, refusal(500, "Backend Error", "backendError", "INTERNAL"))
    assert person.get("settings/imap") == FIRST["imap"]
