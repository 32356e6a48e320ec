"""What stands above every tab of a connection's page."""

from dataclasses import dataclass

from django.urls import reverse

from access import policy
from access.actor import Actor
from connections.details import Finding, another_connection_helps, findings_of
from connections.extensions import Connector, get_connector
from connections.models import Connection
from connections.queries import coverage_of
from connections.readiness import Coverage
from connections.rights import Rights, rights_of
from kernel.errors import ConsoleError, from_stored

TABS = (
    ("connection", "Overview"),
    ("connection_permissions", "Permissions"),
    ("connection_cards", "Cards"),
    ("connection_service_account", "Service account"),
    ("connection_usage", "Usage"),
    ("connection_activity", "Activity"),
    ("connection_settings", "Settings"),
)


@dataclass(frozen=True, kw_only=True)
class Tab:
    """As ``components/tabs.html`` shows it."""

    label: str
    url: str
    is_current: bool
    count: int | None = None
    tone: str = ""
    count_text: str = ""


@dataclass(frozen=True, kw_only=True)
class PageHead:
    """``cause`` is why the status is what it is; ``may_create`` whether the actor may make another connection.

    ``rights`` say what they may do with this one; without any there is no Settings tab.
    """

    connection: Connection
    connector: Connector
    cause: ConsoleError | None
    coverage: Coverage
    findings: tuple[Finding, ...]
    tabs: tuple[Tab, ...]
    may_create: bool
    rights: Rights

    @property
    def another_helps(self) -> bool:
        return self.cause is not None and another_connection_helps(self.cause)


def page_head(actor: Actor, connection: Connection, *, current: str) -> PageHead:
    """The head of one connection's page, with the tab of that route as the current one."""
    covered = coverage_of(connection)
    findings = findings_of(covered)
    rights = rights_of(actor, connection)
    shown = [(route, label) for route, label in TABS if rights or route != "connection_settings"]
    return PageHead(
        connection=connection,
        connector=get_connector(connection.connector),
        cause=from_stored(connection.status_cause) if connection.status_cause else None,
        coverage=covered,
        findings=findings,
        tabs=tuple(_tab(connection, route, label, route == current, len(findings)) for route, label in shown),
        may_create=policy.may(actor, "connection.create"),
        rights=rights,
    )


def _tab(connection: Connection, route: str, label: str, is_current: bool, findings: int) -> Tab:
    tab = Tab(label=label, url=reverse(route, args=[connection.pk]), is_current=is_current)
    if route != "connection_cards" or not findings:
        return tab
    return Tab(label=label, url=tab.url, is_current=is_current, count=findings, tone="warn", count_text="findings")
