"""End every grant that this console holds, at once: for when its tokens may be in other hands."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from access import audit, policy
from access.actor import Actor
from connections.errors import GrantEnded
from connections.models import Connection, CredentialState, Revocation, RevocationState
from connections.operations.credentials import shred_credentials
from connections.operations.revoke_outbox import put_in_outbox, send_revocation
from connections.operations.settle_status import settle_status
from kernel.errors import NotPermitted, to_stored

REASON = "Whoever operates this console ended every grant at once."


@dataclass(kw_only=True)
class Ended:
    """How many grants and connections, and what became of the grants at Google."""

    grants: int = 0
    connections: int = 0
    revoked: int = 0
    waiting: int = 0
    without_token: int = 0


def revoke_all(actor: Actor, progress: Callable[[int, int], None]) -> Ended:
    """Destroy every token here and revoke every grant at Google; each connection then needs reauthorization.

    ``progress`` is told how many grants are done, of how many. Cut short, the rest is done by the next call. Once
    Google doesn't answer, the remaining grants are left to the worker: no token stays readable for that.

    :raises NotPermitted: the actor may not delete every connection.
    """
    if not policy.reach(actor, "connection.delete").all:
        raise NotPermitted(permission="connection.delete")
    living = Connection.objects.filter(deleted_at=None, credentials__state=CredentialState.LIVE)
    grants = list(living.order_by("client_id", "account_sub").values_list("client_id", "account_sub").distinct())
    ended = Ended()
    for number, (client_id, account_sub) in enumerate(grants, 1):
        _end_grant(actor, client_id, account_sub, ended)
        progress(number, len(grants))
    return ended


def _end_grant(actor: Actor, client_id: str, account_sub: str, ended: Ended) -> None:
    with transaction.atomic():
        holders = Connection.objects.filter(client_id=client_id, account_sub=account_sub, deleted_at=None)
        connections = list(holders.select_for_update().order_by("pk"))
        revocation = _shred(connections)
        for connection in connections:
            _need_reauthorization(actor, connection)
    if revocation.state == RevocationState.WAITING and not ended.waiting:
        revocation = send_revocation(actor, revocation)
    ended.grants += 1
    ended.connections += len(connections)
    ended.revoked += revocation.state == RevocationState.REVOKED
    ended.waiting += revocation.state == RevocationState.WAITING
    ended.without_token += revocation.state == RevocationState.NO_TOKEN


def _shred(connections: list[Connection]) -> Revocation:
    """Destroy the tokens of all that share the grant; of the last one that had any, one goes to the outbox."""
    holding = [each for each in connections if each.credentials.filter(state=CredentialState.LIVE).exists()]
    *others, last = holding or connections
    for connection in others:
        shred_credentials(connection)
    revocation = put_in_outbox(last)
    shred_credentials(last)
    return revocation


def _need_reauthorization(actor: Actor, connection: Connection) -> None:
    error = GrantEnded(nickname=connection.nickname, email=connection.account_email, reason=REASON)
    connection.failure = to_stored(error)
    connection.save(update_fields=["failure"])
    audit.record(
        actor,
        "connection.grant_ended",
        kind="connection",
        object_id=str(connection.pk),
        name=connection.nickname,
        difference={"account": connection.account_email},
    )
    settle_status(actor, connection)
