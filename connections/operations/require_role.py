"""Stop a card that acts through a service account before its call to Gmail, with the finding that says why."""

from datetime import timedelta

from django.conf import settings

from connections.extensions import CardDeclaration
from connections.models import Connection
from connections.operations.get_delegated_token import get_delegated_token
from connections.operations.learn_role import TOKEN_ENDPOINT, could_not_check, keep, learn_permissions
from connections.readiness import ACT_AS, SIGN_JWT, Answer, Known, RoleFacts, role_facts
from connections.requirements import Impersonation
from connections.role_errors import DelegationMissing, TokenCreatorMissing
from kernel.clock import now
from kernel.errors import ConsoleError, ReauthorizationNeeded

SIGNING = "IAM Service Account Credentials API"


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
    stale = [scope for scope in impersonation.scopes if not _is_fresh_yes(facts.delegation.get(scope))]
    try:
        get_delegated_token(connection, impersonation, renew=bool(stale))
    except ReauthorizationNeeded:
        raise
    except ConsoleError as error:
        finding = could_not_check(error, connection.account_email, impersonation.service_account)
        _keep_refusal(connection, impersonation, finding)
        raise finding from None
    if stale:
        known = {scope: Known(answer=Answer.MET, learned_at=now()) for scope in stale}
        keep(connection, impersonation.service_account, known, TOKEN_ENDPOINT)


def _keep_refusal(connection: Connection, impersonation: Impersonation, finding: ConsoleError) -> None:
    """What was refused says something of the connection, unless the mailbox is another organization's."""
    known = Known(answer=Answer.MISSING, learned_at=now(), finding=finding)
    if isinstance(finding, TokenCreatorMissing):  # withdrawn since it was asked for
        keep(connection, impersonation.service_account, {SIGN_JWT: known}, SIGNING)
    elif isinstance(finding, DelegationMissing) and _domain(impersonation.mailbox) == _domain(connection.account_email):
        keep(connection, impersonation.service_account, dict.fromkeys(finding.missing, known), TOKEN_ENDPOINT)


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _is_fresh_yes(known: Known | None) -> bool:
    oldest = now() - timedelta(minutes=settings.ROLE_FACT_MINUTES)
    return known is not None and known.answer is Answer.MET and known.learned_at > oldest
