"""Check now: ask Google about the default service account's roles and delegation."""

from uuid import UUID

from django.db import transaction

from access import audit, policy
from access.actor import Actor, Via
from connections.models import Connection
from connections.operations.learn_role import learn_roles
from connections.operations.limit_rate import limit_rate
from connections.readiness import RoleFacts, require_cloud, role_facts, state_of
from kernel.errors import InputRejected, NotFound


def check_service_account(actor: Actor, connection_id: UUID) -> RoleFacts:
    """Both roles, then each scope that the connector's cards delegate, tried on the connection's own mailbox.

    Without Token Creator nothing can be signed, so delegation stays as it was known.

    :raises NotFound: no such connection. :raises NotPermitted: the actor may not test it. :raises TooManyStarts:
    :raises InputRejected: there is no default service account.
    :raises ConsoleError: the connection isn't usable, isn't a Workspace account's, or lacks ``cloud-platform``.
    """
    connection = Connection.objects.filter(pk=connection_id, deleted_at=None).first()
    if connection is None:
        raise NotFound(kind="connection")
    if actor.via is not Via.CONSOLE:
        policy.require(actor, "connection.check", connection)
    account = connection.default_service_account
    if not account:
        raise InputRejected(fields={"service_account": ["Choose a default service account first."]})
    if actor.user:
        limit_rate("probe", str(actor.user.pk))
    require_cloud(state_of(connection))
    learn_roles(connection)
    learned = role_facts(account, connection.facts.all())
    with transaction.atomic():
        audit.record(
            actor,
            "connection.service_account_checked",
            kind="connection",
            object_id=str(connection.pk),
            name=connection.nickname,
            difference={"service account": account, "refused": [each.code for each in learned.refusals]},
        )
    return learned
