"""Staging failures at the sandbox, and its journal: the proof of “no call was made” and “sent once”."""

from collections.abc import Collection
from typing import Any

from google_sandbox.cloud.roles import SERVICE_ACCOUNT_VIEWER
from google_sandbox.cloud.seed import DELEGATED_SCOPES, DOMAIN
from google_sandbox.control import cloud, settings, state
from google_sandbox.scenarios import Scenario
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT


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


def grant_role(google: RunningSandbox, email: str, role: str, *, on: str = SERVICE_ACCOUNT) -> None:
    """Give a role on a project (its id) or on a service account (its address)."""
    cloud.grant_role(google.sandbox, email, role, on)


def withdraw_role(google: RunningSandbox, email: str, role: str, *, on: str = SERVICE_ACCOUNT) -> None:
    cloud.withdraw_role(google.sandbox, email, role, on)


def register_delegation(
    google: RunningSandbox, scopes: Collection[str] = DELEGATED_SCOPES, *, service_account: str = SERVICE_ACCOUNT,
    domain: str = DOMAIN,
) -> None:  # fmt: skip
    """The organization registers these scopes, and no others, for the service account."""
    cloud.register_delegation(google.sandbox, domain, service_account, scopes)


def remove_delegation(google: RunningSandbox, *, service_account: str = SERVICE_ACCOUNT, domain: str = DOMAIN) -> None:
    cloud.remove_delegation(google.sandbox, domain, service_account)


def add_projects(google: RunningSandbox, number: int, *, seen_by: str) -> None:
    """So many projects more, which this person may see, with their service accounts."""
    for each in range(number):
        cloud.add_project(google.sandbox, f"extra-{each:03}", f"Extra Project {each:03}")
        cloud.grant_role(google.sandbox, seen_by, SERVICE_ACCOUNT_VIEWER, f"extra-{each:03}")


def add_service_account(google: RunningSandbox, email: str, name: str) -> None:
    """One service account more, of the project that its address names."""
    cloud.add_service_account(google.sandbox, email, name)


def cloud_calls(google: RunningSandbox) -> list[dict[str, Any]]:
    """Every call to Resource Manager, IAM and IAM Credentials."""
    services = {"resource_manager", "iam", "iam_credentials"}
    return [entry for entry in google.sandbox.journal.entries() if entry["service"] in services]


def accept_forwarding(google: RunningSandbox, mailbox: str, address: str) -> None:
    """The owner of a forwarding address lets this mailbox forward to it."""
    settings.answer_forwarding(google.sandbox, mailbox, address, accepted=True)


def reject_forwarding(google: RunningSandbox, mailbox: str, address: str) -> None:
    """The owner doesn't: the address is gone from the mailbox's list."""
    settings.answer_forwarding(google.sandbox, mailbox, address, accepted=False)


def accept_send_as(google: RunningSandbox, mailbox: str, address: str) -> None:
    """The owner of an address lets this mailbox send as it."""
    settings.answer_send_as(google.sandbox, mailbox, address, accepted=True)


def settings_of(google: RunningSandbox, mailbox: str) -> dict[str, Any]:
    """All Gmail settings of a mailbox, each as Gmail answers it, by Gmail's names."""
    return settings.settings(google.sandbox, mailbox)
