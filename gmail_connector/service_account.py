"""What every card asks that works through a service account: which project's, and which service account."""

from collections.abc import Mapping
from typing import Any

from connections.models import Connection
from connections.operations.list_cloud import Listed, list_projects, list_service_accounts
from flows.cards import Fields, field
from flows.choices import Choice, Choices, ChoiceSource

PROJECTS, SERVICE_ACCOUNTS = "projects", "service_accounts"
ENTER = "enter_service_account_email"
"""The choice beside the projects: the address is typed instead."""


class ServiceAccountOptions(Fields):
    """Left empty, they are the connection's own default project and service account."""

    project: str | None = field(
        "Google Cloud Platform Project",
        help="A project that the connection's account sees. Empty means the connection's default.",
        choices_from=PROJECTS,
        default=None,
    )
    service_account: str | None = field(
        "Service Account",
        help="The service account that acts on the mailbox. Empty means the connection's default.",
        choices_from=SERVICE_ACCOUNTS,
        default=None,
    )


class ServiceAccountInputs(Fields):
    """The address of a service account that isn't listed."""

    service_account_email: str | None = field(
        "Service Account: Email",
        help="The address of a service account that the lists don't show.",
        when={"project": ENTER},
        default=None,
    )


def projects(connection: Connection, _chosen: Mapping[str, Any]) -> Choices:
    """Those that the connected person sees, and at the end the way round them, which is always there."""
    listed = list_projects(connection)
    return _choices(listed, Choice(label="Enter Service Account Email", value=ENTER))


def service_accounts(connection: Connection, chosen: Mapping[str, Any]) -> Choices:
    """Those of the project chosen, else of the connection's default one. Without either Google isn't asked."""
    project = chosen.get("project") or connection.default_project
    if not project or project == ENTER:
        return Choices(items=())
    return _choices(list_service_accounts(connection, str(project)))


def _choices(listed: Listed, *others: Choice) -> Choices:
    found = (Choice(label=each.label, value=each.value) for each in listed.items)
    return Choices(items=(*found, *others), is_cut=listed.is_cut, finding=listed.finding)


CHOICES: Mapping[str, ChoiceSource] = {PROJECTS: projects, SERVICE_ACCOUNTS: service_accounts}
