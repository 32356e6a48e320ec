"""Staging failures at the sandbox, and its journal: the proof of “no call was made” and “sent once”."""

from typing import Any

from google_sandbox.control import state
from google_sandbox.scenarios import Scenario
from google_sandbox.server import RunningSandbox


def stage(google: RunningSandbox, name: str, **fields: Any) -> None:
    """Switch a scenario on; ``count`` limits it to so many answers."""
    google.sandbox.scenarios.add(Scenario(name=name, **fields))


def requests_to(google: RunningSandbox, path: str, method: str = "POST") -> list[dict[str, Any]]:
    """Journal entries whose path begins so."""
    return [
        entry
        for entry in google.sandbox.journal.entries()
        if entry["path"].startswith(path) and entry["method"] == method
    ]


def gmail_calls(google: RunningSandbox) -> list[dict[str, Any]]:
    """Every call to Gmail's API, uploads included."""
    return [
        entry
        for entry in google.sandbox.journal.entries()
        if entry["path"].startswith(("/gmail/", "/upload/gmail/", "/resumable/upload/gmail/"))
    ]


def change_account(google: RunningSandbox, email: str, **changes: Any) -> None:
    """Suspend, delete, take the mailbox away, set another password: what somebody does to the account at Google."""
    state.change_account(google.sandbox, email, changes)


def remove_access(google: RunningSandbox, email: str) -> None:
    """The person removes every app's access on Google's pages."""
    state.remove_access(google.sandbox, email)


def crowd_out(google: RunningSandbox, email: str) -> None:
    """The account authorizes each of its apps a hundred times more."""
    state.crowd_out_tokens(google.sandbox, email)
