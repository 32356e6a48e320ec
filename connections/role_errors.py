"""What a card meets that acts through a service account: roles, delegation, and what could not be checked."""

from dataclasses import dataclass
from typing import ClassVar

from connections.extensions import short_scope
from kernel.errors import ConsoleError, Fixer, NotReady, Retry, TryLater

SERVICE_ACCOUNT_USER = "Service Account User"
TOKEN_CREATOR = "Service Account Token Creator"  # noqa: S105  (a role's name)


@dataclass(kw_only=True, eq=False)
class ServiceAccountUserMissing(NotReady):
    code: ClassVar[str] = "role.service_account_user_missing"
    title: ClassVar[str] = "The Service Account User role is missing"
    cause_template: ClassVar[str] = (
        "{email} has the role Service Account User neither on {service_account} nor on its project."
    )
    remedy_template: ClassVar[str] = (
        "Grant {email} the role Service Account User on the project of {service_account}, under IAM & Admin in the "
        "Google Cloud console."
    )
    fixer: ClassVar[Fixer] = Fixer.CLOUD_PROJECT_ADMINISTRATOR
    email: str
    service_account: str


@dataclass(kw_only=True, eq=False)
class TokenCreatorMissing(NotReady):
    """The Service Account User role doesn't include ``iam.serviceAccounts.signJwt`` (google-facts.md 4)."""

    code: ClassVar[str] = "role.token_creator_missing"
    title: ClassVar[str] = "The Service Account Token Creator role is missing"
    cause_template: ClassVar[str] = (
        "{email} may not sign for {service_account}. The role Service Account User doesn't include that."
    )
    remedy_template: ClassVar[str] = (
        "Grant {email} the role Service Account Token Creator on {service_account}, under IAM & Admin, Service "
        "Accounts, Permissions in the Google Cloud console."
    )
    fixer: ClassVar[Fixer] = Fixer.CLOUD_PROJECT_ADMINISTRATOR
    email: str
    service_account: str


@dataclass(kw_only=True, eq=False)
class DelegationMissing(NotReady):
    """``client_id`` is empty where it may not be read; ``missing`` are those of ``scopes`` that are known to lack."""

    code: ClassVar[str] = "delegation.missing"
    title: ClassVar[str] = "Domain-wide delegation is missing"
    cause_template: ClassVar[str] = (
        "Google doesn't let {service_account} act on {mailbox} with {missing}: domain-wide delegation doesn't list it, "
        "or isn't in effect yet, which takes up to 24 hours."
    )
    remedy_template: ClassVar[str] = (
        "Add client ID {client_id} under Security, API controls, Domain-wide delegation in the Google Admin console, "
        "with the scopes {scopes}."
    )
    fixer: ClassVar[Fixer] = Fixer.WORKSPACE_ADMINISTRATOR
    service_account: str
    mailbox: str
    client_id: str
    missing: list[str]
    scopes: list[str]

    @property
    def cause(self) -> str:
        return self.cause_template.format(**{**self.data, "missing": " and ".join(map(short_scope, self.missing))})

    @property
    def remedy(self) -> str:
        client_id = self.client_id or f"of {self.service_account} (its Unique ID in the Google Cloud console)"
        return self.remedy_template.format(client_id=client_id, scopes=",".join(self.scopes))


@dataclass(kw_only=True, eq=False)
class ServiceAccountUnknown(NotReady):
    """Google hides whether it exists: the same answer comes for an account that one may not see."""

    code: ClassVar[str] = "role.service_account_unknown"
    title: ClassVar[str] = "The service account isn't there, or may not be seen"
    cause_template: ClassVar[str] = "Google knows no {service_account} that {email} may see."
    remedy_template: ClassVar[str] = (
        "Check the address of the service account; then grant {email} the role Service Account User on its project."
    )
    fixer: ClassVar[Fixer] = Fixer.CLOUD_PROJECT_ADMINISTRATOR
    email: str
    service_account: str


@dataclass(kw_only=True, eq=False)
class RoleUnknown(TryLater):
    """Could not check, which is not the same as missing."""

    code: ClassVar[str] = "role.unknown"
    title: ClassVar[str] = "The roles could not be checked"
    cause_template: ClassVar[str] = (
        "Whether {email} may act through {service_account} could not be checked: {reason}. Nothing was changed."
    )
    remedy_template: ClassVar[str] = "Wait a few minutes, then try again."
    email: str
    service_account: str
    reason: str


@dataclass(kw_only=True, eq=False)
class CloudApiOff(NotReady):
    """Could not check or list, since the API is off in the project of this console's OAuth client."""

    code: ClassVar[str] = "role.unknown_api_off"
    title: ClassVar[str] = "An API is off in the Google Cloud project"
    cause_template: ClassVar[str] = (
        "{what} could not be done: the {api} has not been used in the project of this console's OAuth client, or it "
        "is turned off there."
    )
    remedy_template: ClassVar[str] = (
        "Enable the {api} under APIs & Services in the Google Cloud console, wait a few minutes, then try again."
    )
    fixer: ClassVar[Fixer] = Fixer.CLOUD_PROJECT_ADMINISTRATOR
    what: str
    api: str


@dataclass(kw_only=True, eq=False)
class ListingDenied(NotReady):
    """Lists are a convenience: a role on the service account alone doesn't include them."""

    code: ClassVar[str] = "role.listing_denied"
    title: ClassVar[str] = "The list may not be seen"
    cause_template: ClassVar[str] = "Google doesn't let {email} list {what}."
    remedy_template: ClassVar[str] = (
        "Enter the address of the service account, or grant {email} the role Service Account User on the project."
    )
    fixer: ClassVar[Fixer] = Fixer.CLOUD_PROJECT_ADMINISTRATOR
    email: str
    what: str


@dataclass(kw_only=True, eq=False)
class MailboxUnknown(ConsoleError):
    code: ClassVar[str] = "mailbox.unknown"
    title: ClassVar[str] = "Google knows no such mailbox"
    cause_template: ClassVar[str] = (
        "Google knows no account {mailbox} in the organization that delegates to {service_account}, or it was deleted "
        "or suspended."
    )
    remedy_template: ClassVar[str] = "Check the address, and enter the account's own one."
    status: ClassVar[int] = 422
    mailbox: str
    service_account: str


@dataclass(kw_only=True, eq=False)
class ClockWrong(ConsoleError):
    """Google refuses a JWT whose times don't fit its own clock."""

    code: ClassVar[str] = "role.clock_wrong"
    title: ClassVar[str] = "The clock of this console is wrong"
    cause_template: ClassVar[str] = "Google refused what was signed for {service_account}, since its times are off."
    remedy_template: ClassVar[str] = "Set the clock of the machine that runs this console, then try again."
    status: ClassVar[int] = 502
    fixer: ClassVar[Fixer] = Fixer.OPERATOR
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    service_account: str
