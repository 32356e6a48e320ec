"""Update User Gmail Settings, run as people run it, against the sandbox."""

from typing import Any

import pytest

from connections.errors import RateLimited
from flows.models import Run
from gmail_connector.settings_errors import SettingRefused
from gmail_connector.user_settings import Write, set_all
from gmail_connector.user_settings_errors import SettingsInterrupted, SettingsPartlySet
from google_sandbox.server import RunningSandbox
from kernel.errors import InputRejected, as_problem
from tests.consents import Browser
from tests.gmail_connector.conftest import Connect
from tests.gmail_connector.runs import BEN, CLEO, SETTINGS, failure, outputs, paths, run
from tests.staged_google import gmail_calls, remove_delegation, stage

pytestmark = pytest.mark.django_db

POP_CHANGES = [
    {"setting": "POP: Access Window", "before": "disabled", "after": "all_mail"},
    {"setting": "POP: Disposition", "before": "leave_in_inbox", "after": "archive"},
]


@pytest.fixture
def act(person: Browser, connect: Connect) -> Any:
    """Run the card with these groups, and no other, on Ben's mailbox."""
    connection = connect()

    def call(**groups: Any) -> Run:
        return run(person, connection, SETTINGS, **{"imap": None, **groups})

    return call


def writes(google: RunningSandbox) -> list[str]:
    return [path for path in paths(google) if not path.startswith("GET")]


def test_only_the_groups_that_are_used_are_touched(google: RunningSandbox, act: Any) -> None:
    found = outputs(act(pop={"access_window": "all_mail", "disposition": "archive"}))
    assert found == {"status_code": 200, "changes": POP_CHANGES}
    assert paths(google) == ["GET settings/pop", "PUT settings/pop"]


def test_all_groups_are_read_before_the_first_is_written(google: RunningSandbox, act: Any) -> None:
    found = outputs(
        act(
            pop={"access_window": "all_mail"},
            imap={"enabled": False, "max_folder_size": 1000},
            signature={"signature": "<b>Ben</b>"},
            language={"display_language": "de"},
        )
    )
    assert [(each["setting"], each["after"]) for each in found["changes"]] == [
        ("POP: Access Window", "all_mail"),
        ("IMAP: Enabled", "no"),
        ("IMAP: Max Folder Size", "1000"),
        ("Signature", "<b>Ben</b>"),
        ("Language: Display Language", "de"),
    ]
    assert [path.startswith("GET") for path in paths(google)] == [True] * 4 + [False] * 4
    assert writes(google) == [
        "PUT settings/pop",
        "PUT settings/imap",
        f"PATCH settings/sendAs/{BEN}",
        "PUT settings/language",
    ]


def test_what_a_group_has_besides_stays(google: RunningSandbox, act: Any) -> None:
    outputs(act(imap={"max_folder_size": 2000, "expunge_behavior": "trash"}))
    (change,) = outputs(act(imap={"auto_expunge": False}))["changes"]
    assert change == {"setting": "IMAP: Auto Expunge", "before": "yes", "after": "no"}
    again = act(imap={"max_folder_size": 2000, "expunge_behavior": "trash", "enabled": True})
    assert outputs(again)["changes"] == []


def test_already_as_wanted_nothing_is_written_and_that_is_said(google: RunningSandbox, act: Any) -> None:
    asked = {
        "pop": {"access_window": "disabled"},
        "imap": {"enabled": True, "max_folder_size": 0},
        "forwarding": {"enabled": False},
        "signature": {"delete": True},
        "language": {"display_language": "EN"},
    }
    ended = act(**asked)
    assert outputs(ended)["changes"] == []
    assert "already" in ended.steps.get().note
    assert writes(google) == []


def test_a_signature_is_set_and_deleted(google: RunningSandbox, act: Any) -> None:
    outputs(act(signature={"signature": "Ben"}))
    (change,) = outputs(act(signature={"delete": True}))["changes"]
    assert change == {"setting": "Signature", "before": "Ben", "after": ""}


def test_the_nearest_language_is_told(google: RunningSandbox, act: Any) -> None:
    ended = act(language={"display_language": "de-AT"})
    (change,) = outputs(ended)["changes"]
    assert change["after"] == "de"
    assert ended.steps.get().note == "Gmail has no display language de-AT: it took de."


# ------------------------------------------------------------------ forwarding


def test_forwarding_needs_an_accepted_address(google: RunningSandbox, act: Any) -> None:
    error = failure(act(pop={"access_window": "all_mail"}, forwarding={"enabled": True, "email_address": CLEO}))
    assert error.code == "forwarding.not_accepted"
    assert writes(google) == []


def test_forwarding_to_a_pending_address_says_who_has_to_accept(
    google: RunningSandbox, person: Browser, connect: Connect
) -> None:
    connection = connect()
    outside = "x@elsewhere.invalid"
    assert (
        failure(run(person, connection, "gmail.forward_emails", forward_to_email=outside)).code == "forwarding.pending"
    )
    forwarding = {"enabled": True, "email_address": outside}
    error = failure(run(person, connection, SETTINGS, imap=None, forwarding=forwarding))
    assert error.code == "forwarding.pending"
    assert outside in error.remedy


def test_forwarding_is_turned_on_changed_and_off(google: RunningSandbox, person: Browser, connect: Connect) -> None:
    connection = connect()
    outputs(run(person, connection, "gmail.forward_emails"))

    def act(**forwarding: Any) -> list[dict[str, Any]]:
        changed: list[dict[str, Any]] = outputs(run(person, connection, SETTINGS, imap=None, forwarding=forwarding))[
            "changes"
        ]
        return changed

    assert act(enabled=True, email_address=CLEO) == []
    assert act(enabled=True, email_address=CLEO.upper(), disposition="archive") == [
        {"setting": "Forwarding: Disposition", "before": "leave_in_inbox", "after": "archive"}
    ]
    assert act(enabled=False)[0] == {"setting": "Forwarding: Enabled", "before": "yes", "after": "no"}
    assert [each["after"] for each in act(enabled=True, email_address=CLEO)] == ["yes", CLEO, "leave_in_inbox"]


@pytest.mark.parametrize(
    ("groups", "field"),
    [
        ({}, "pop"),
        ({"pop": {}, "imap": {"enabled": None}}, "pop"),
        ({"imap": {"max_folder_size": 1500}}, "imap.max_folder_size"),
        ({"signature": {"delete": True, "signature": "Ben"}}, "signature.signature"),
        ({"signature": {"delete": False}}, "signature.signature"),
        ({"forwarding": {"enabled": True}}, "forwarding.email_address"),
        ({"forwarding": {"email_address": CLEO}}, "forwarding.enabled"),
        ({"forwarding": {"enabled": False, "email_address": CLEO}}, "forwarding.email_address"),
        ({"forwarding": {"enabled": True, "email_address": "cleo"}}, "forwarding.email_address"),
        ({"forwarding": {"enabled": True, "email_address": BEN}}, "forwarding.email_address"),
    ],
)
def test_what_contradicts_itself_is_named_by_field_before_gmail_is_called(
    google: RunningSandbox, act: Any, groups: dict[str, Any], field: str
) -> None:
    error = failure(act(**groups))
    assert isinstance(error, InputRejected)
    assert list(error.fields) == [field]
    assert gmail_calls(google) == []


# ------------------------------------------------------------------ when a later group fails


def test_a_later_group_s_failure_says_which_had_been_set(google: RunningSandbox, act: Any) -> None:
    error = failure(
        act(pop={"access_window": "all_mail", "disposition": "archive"}, language={"display_language": "!"})
    )
    assert isinstance(error, SettingsPartlySet)
    assert error.code == "gmail.settings_partly_set"
    assert error.cause.startswith("POP was set before Language failed: ")
    assert "run the card again" in error.remedy
    assert as_problem(error)["retry"] == "after fix"
    again = outputs(
        act(pop={"access_window": "all_mail", "disposition": "archive"}, language={"display_language": "fr"})
    )
    assert [each["setting"] for each in again["changes"]] == ["Language: Display Language"]


@pytest.mark.parametrize("fault", ["429", "503_before", "reset_after"])
def test_a_later_group_s_passing_failure_says_so_too(google: RunningSandbox, act: Any, fault: str) -> None:
    stage(google, fault, path="/gmail/v1/users/me/settings/language", method="PUT")
    error = failure(act(pop={"access_window": "all_mail"}, language={"display_language": "fr"}))
    assert isinstance(error, SettingsInterrupted)
    assert error.code == "gmail.settings_interrupted"
    assert error.cause.startswith("POP was set before Language failed: ")


def test_several_groups_that_were_set_are_all_named() -> None:
    def refuse() -> Any:
        raise SettingRefused(what="Setting Language", email=BEN)

    def later() -> Any:
        raise RateLimited(reason="Slow down.")

    def plan(title: str, act: Any) -> Any:
        return lambda _client: Write(title=title, carry_out=act)

    done = [plan(title, lambda: None) for title in ("POP", "IMAP", "Signature")]
    with pytest.raises(SettingsPartlySet, match="POP, IMAP and Signature were set before Language"):
        set_all(None, [*done, plan("Language", refuse)])  # type: ignore[arg-type]
    with pytest.raises(SettingsInterrupted, match=r"Slow down\."):
        set_all(None, [*done, plan("Language", later)])  # type: ignore[arg-type]
    with pytest.raises(SettingRefused):
        set_all(None, [plan("Language", refuse)])  # type: ignore[arg-type]


# ------------------------------------------------------------------ what it needs


@pytest.mark.parametrize(
    ("groups", "scopes"),
    [
        ({"imap": {"enabled": True}}, {"gmail.settings.basic"}),
        ({"forwarding": {"enabled": False}}, {"gmail.settings.basic", "gmail.settings.sharing"}),
    ],
)
def test_a_missing_delegation_names_just_the_scopes_of_this_run(
    google: RunningSandbox, act: Any, groups: dict[str, Any], scopes: set[str]
) -> None:
    remove_delegation(google)
    error = failure(act(**groups))
    assert error.code == "delegation.missing"
    assert {each for each in ("gmail.settings.basic", "gmail.settings.sharing") if each in error.cause} == scopes
    assert gmail_calls(google) == []
