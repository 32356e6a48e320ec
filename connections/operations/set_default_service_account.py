"""Choose the service account that a connection's cards act through where a flow names none."""

import re
from uuid import UUID

from django.db import transaction

from access import audit
from access.actor import Actor
from connections.models import Connection
from connections.operations.managed import managed_connection
from connections.operations.settle_status import settle_status
from kernel.errors import InputRejected

ADDRESS = re.compile(r"[a-z0-9][a-z0-9._-]*@[a-z0-9][a-z0-9.-]*\.gserviceaccount\.com")
PROJECT = re.compile(r"[a-z0-9.:-]+")
LONGEST_ADDRESS, LONGEST_PROJECT = 200, 100


def set_default_service_account(
    actor: Actor, connection_id: UUID, *, project: str, service_account: str, version: int
) -> Connection:
    """The connection with that default, or with none where both are empty. Nothing is asked of Google.

    :raises NotFound: no such connection. :raises NotPermitted: the actor may not edit it.
    :raises EditStale: it isn't at that version any more. :raises InputRejected: no such thing can exist.
    """
    project, service_account = project.strip(), service_account.strip().lower()
    _check(project, service_account)
    with transaction.atomic():
        connection = managed_connection(actor, connection_id, "connection.edit", version=version)
        before = (connection.default_project, connection.default_service_account)
        if before == (project, service_account):
            return connection
        connection.default_project, connection.default_service_account = project, service_account
        connection.version += 1
        connection.save(update_fields=["default_project", "default_service_account", "version"])
        settle_status(actor, connection)
        audit.record(
            actor,
            "connection.service_account_changed",
            kind="connection",
            object_id=str(connection.pk),
            name=connection.nickname,
            difference={"project": [before[0], project], "service account": [before[1], service_account]},
        )
        return connection


def _check(project: str, service_account: str) -> None:
    errors: dict[str, list[str]] = {}
    if project and (len(project) > LONGEST_PROJECT or not PROJECT.fullmatch(project)):
        errors["project"] = ["Enter the project's id, such as acme-automation, not its name."]
    if service_account and (len(service_account) > LONGEST_ADDRESS or not ADDRESS.fullmatch(service_account)):
        text = "Enter the address of a service account, such as mailer@acme-automation.iam.gserviceaccount.com."
        errors["service_account"] = [text]
    if project and not service_account and not errors:
        errors["service_account"] = ["Choose a service account of the project, or leave both empty."]
    if errors:
        raise InputRejected(fields=errors)
