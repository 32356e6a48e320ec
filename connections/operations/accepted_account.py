"""Which Google accounts may stand behind a connection."""

from connections.errors import ConsumerAccountRefused, DomainRefused, ServiceAccountRefused
from connections.google.identity import Identity
from connections.models import AccountType, Policy


def accepted_account(identity: Identity) -> AccountType:
    """The account's type. :raises ConsentFailed: it is a service account, or the policy refuses it."""
    if identity.account_type is None:
        raise ServiceAccountRefused(email=identity.email)
    rules = Policy.current()
    if identity.account_type is not AccountType.WORKSPACE:
        if rules.refuse_consumer_accounts:
            raise ConsumerAccountRefused(email=identity.email)
    elif rules.allowed_domains and identity.hosted_domain.lower() not in map(str.lower, rules.allowed_domains):
        raise DomainRefused(email=identity.email, domain=identity.hosted_domain)
    return identity.account_type
