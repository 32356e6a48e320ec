"""What there is to choose from at Google Cloud: the projects that the connected person sees, their service accounts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from connections.google.cloud import MOST_LISTED, Named
from connections.google.cloud import list_projects as ask_for_projects
from connections.google.cloud import list_service_accounts as ask_for_service_accounts
from connections.models import Connection
from connections.operations.get_access_token import get_access_token
from kernel.errors import ConsoleError


@dataclass(frozen=True, kw_only=True)
class CloudItem:
    """``value`` is a project's id, or a service account's address."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Listed:
    """At most a hundred; ``is_cut`` says that Google has more. ``finding`` is why nothing could be listed."""

    items: tuple[CloudItem, ...] = ()
    is_cut: bool = False
    finding: ConsoleError | None = None


def list_projects(connection: Connection) -> Listed:
    """The active projects, by name. What Google or the connection meets is the finding, never raised."""
    return _listed(partial(ask_for_projects, partial(get_access_token, connection), connection.account_email))


def list_service_accounts(connection: Connection, project: str) -> Listed:
    """A project's service accounts, by name. As :func:`list_projects`."""
    tokens = partial(get_access_token, connection)
    return _listed(partial(ask_for_service_accounts, tokens, connection.account_email, project))


def _listed(ask: Callable[[], tuple[tuple[Named, ...], bool]]) -> Listed:
    try:
        found, is_cut = ask()
    except ConsoleError as error:
        return Listed(finding=error)
    items = sorted((CloudItem(label=each.name, value=each.value) for each in found), key=lambda each: each.label)
    return Listed(items=tuple(items[:MOST_LISTED]), is_cut=is_cut or len(items) > MOST_LISTED)
