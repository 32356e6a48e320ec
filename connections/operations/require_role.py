"""Stop a card that acts through a service account before its call to Gmail, with the finding that says why."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings

from connections.extensions import CardDeclaration
from connections.models import Connection
from connections.operations.get_delegated_token import get_delegated_token
from connections.operations.learn_role import could_not_check, keep, learn_permissions
from connections.readiness import ACT_AS, SIGN_JWT, Answer, Known, RoleFacts, role_facts
from connections.requirements import Impersonation
from connections.role_errors import DelegationMissing
from kernel.clock import now
from kernel.errors import ConsoleError, ReauthorizationNeeded, Retry


def require_role(connection: Connection, impersonation: Impersonation, *, card: CardDeclaration) -> None:
    """The Service Account User role, then Token Creator, then delegation of the scopes to the service account.

    A yes of less than ``ROLE_FACT_MINUTES`` counts; everything else is asked again, a no included. What is learned
    is kept with the connection.

    :raises ConsoleError: the first that isn't met or could not be checked; no call was made to Gmail.
    """
    if card.needs.role is None:
        raise AssertionError(card.key)  # only such cards impersonate anybody
    account = impersonation.service_account
    facts = role_facts(account, connection.facts.all())
    if not all(_is_fresh_yes(facts.permissions.get(name)) for name in (ACT_AS, SIGN_JWT)):
        facts = RoleFacts(
            service_account=account,
            permissions=learn_permissions(connection, account).permissions,
            delegation=facts.delegation,
        )
        for known in facts.permissions.values():
            if known.finding:
                raise known.finding
    _require_delegation(connection, impersonation, facts)


def _require_delegation(connection: Connection, impersonation: Impersonation, facts: RoleFacts) -> None:
    try:
        get_delegated_token(connection, impersonation)
    except DelegationMissing as error:
        _keep_scopes(connection, impersonation, error.missing, error)
        raise
    except ReauthorizationNeeded:
        raise
    except ConsoleError as error:
        if error.retry is Retry.LATER:
            raise could_not_check(error, connection.account_email, impersonation.service_account) from None
        raise
    stale = [scope for scope in impersonation.scopes if not _is_fresh_yes(facts.delegation.get(scope))]
    if stale:
        _keep_scopes(connection, impersonation, stale, None)


def _keep_scopes(
    connection: Connection, impersonation: Impersonation, scopes: Iterable[str], finding: ConsoleError | None
) -> None:
    answer = Answer.MISSING if finding else Answer.MET
    known = {scope: Known(answer=answer, learned_at=now(), finding=finding) for scope in scopes}
    keep(connection, impersonation.service_account, known, "token endpoint")


def _is_fresh_yes(known: Known | None) -> bool:
    oldest = now() - timedelta(minutes=settings.ROLE_FACT_MINUTES)
    return known is not None and known.answer is Answer.MET and known.learned_at > oldest
