"""What Gmail refuses about a mailbox's settings, and what is wrong with a mailbox that a service account acts on."""

from dataclasses import dataclass
from typing import ClassVar

from connections.errors import GmailNotEnabled
from kernel.errors import CardFailed, Fixer, NotReady, Retry

# ------------------------------------------------------------------ the mailbox that is acted on


class _GmailNotEnabledWords:
    """Code and words of :class:`GmailNotEnabled`. A base of its own, since only a class with a code has a row."""

    code = GmailNotEnabled.code
    title = GmailNotEnabled.title
    cause_template = GmailNotEnabled.cause_template
    remedy_template = GmailNotEnabled.remedy_template
    fixer = GmailNotEnabled.fixer


@dataclass(kw_only=True, eq=False)
class NoGmailThere(_GmailNotEnabledWords, NotReady):
    """As GmailNotEnabled, of another mailbox than the connection's own: the connection isn't blocked by it.

    Read back from where it was stored it is a GmailNotEnabled, with the same words.
    """

    reason: str
    advice: str


@dataclass(kw_only=True, eq=False)
class GmailAppsOff(CardFailed):
    """The domain policy, met in another mailbox than the connection's own."""

    code: ClassVar[str] = "mailbox.gmail_apps_off"
    title: ClassVar[str] = "Gmail apps are turned off for the mailbox"
    cause_template: ClassVar[str] = "{what}: the administrators of the domain of {email} have turned Gmail apps off."
    remedy_template: ClassVar[str] = (
        "Ask a Workspace administrator to allow Gmail apps for this account, then run the card again."
    )
    fixer: ClassVar[Fixer] = Fixer.WORKSPACE_ADMINISTRATOR
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    what: str
    email: str


@dataclass(kw_only=True, eq=False)
class ApiNotEnabledThere(CardFailed):
    """A service account's calls count for its own project, not for this console's."""

    code: ClassVar[str] = "role.gmail_api_not_enabled"
    title: ClassVar[str] = "The Gmail API is off in the service account's project"
    cause_template: ClassVar[str] = (
        "{what}: the Gmail API has not been used in the Google Cloud project of {service_account}, or it is turned "
        "off there."
    )
    remedy_template: ClassVar[str] = (
        "Ask an administrator of that project to enable the Gmail API, wait a few minutes, then run the card again."
    )
    fixer: ClassVar[Fixer] = Fixer.CLOUD_PROJECT_ADMINISTRATOR
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    what: str
    service_account: str


@dataclass(kw_only=True, eq=False)
class OnlyForServiceAccounts(CardFailed):
    """“Access restricted to service accounts that have been delegated domain-wide authority”."""

    code: ClassVar[str] = "gmail.only_for_service_accounts"
    title: ClassVar[str] = "Google opens this to service accounts only"
    cause_template: ClassVar[str] = (
        "{what}: Google lets nobody but a service account with domain-wide delegation do this, not even {email} in "
        "its own mailbox."
    )
    remedy_template: ClassVar[str] = "Use the card that does this through a service account."
    what: str
    email: str


# ------------------------------------------------------------------ any setting


@dataclass(kw_only=True, eq=False)
class SettingRefused(CardFailed):
    code: ClassVar[str] = "gmail.setting_refused"
    title: ClassVar[str] = "Google doesn't accept this setting"
    cause_template: ClassVar[str] = (
        "{what}: Google says that a value is not valid for {email}. Nothing was changed by this."
    )
    remedy_template: ClassVar[str] = "Check what the card was given, then run it again."
    what: str
    email: str


@dataclass(kw_only=True, eq=False)
class AlreadyThere(CardFailed):
    """409. Cards that add something look first, and take this for done."""

    code: ClassVar[str] = "gmail.already_there"
    title: ClassVar[str] = "The mailbox has this already"
    cause_template: ClassVar[str] = "{what}: Google says that {email} has it already. Nothing was changed."
    remedy_template: ClassVar[str] = "Leave it as it is, or change what is there."
    what: str
    email: str


# ------------------------------------------------------------------ delegates


@dataclass(kw_only=True, eq=False)
class DelegateNotPrimary(CardFailed):
    """“Bad Request” with failedPrecondition: all that Google says of an alias, or of half an address."""

    code: ClassVar[str] = "delegate.not_primary_address"
    title: ClassVar[str] = "The delegate must be given by the primary address"
    cause_template: ClassVar[str] = (
        "Delegate: Google doesn't take {delegate}. It is an alias of somebody, or not the whole of an address. "
        "Nothing was changed."
    )
    remedy_template: ClassVar[str] = "Enter the primary address with which the delegate signs in to Google."
    delegate: str


@dataclass(kw_only=True, eq=False)
class DelegateNotPossible(CardFailed):
    """“Invalid delegate”."""

    code: ClassVar[str] = "delegate.not_possible"
    title: ClassVar[str] = "Google doesn't take this delegate"
    cause_template: ClassVar[str] = (
        "Delegate: {delegate} can't be a delegate of {email}. Google doesn't say why: there is no such account, it is "
        "a group, it belongs to another organization, or it has no Gmail. Nothing was changed."
    )
    remedy_template: ClassVar[str] = "Enter the primary address of a person in the mailbox's own organization."
    delegate: str
    email: str


# ------------------------------------------------------------------ forwarding


@dataclass(kw_only=True, eq=False)
class ForwardingPending(CardFailed):
    code: ClassVar[str] = "forwarding.pending"
    title: ClassVar[str] = "The forwarding address has not been confirmed"
    cause_template: ClassVar[str] = (
        "Google has sent a confirmation to {address}. Until it is accepted there, {email} can't forward to it. "
        "Forwarding is as it was."
    )
    remedy_template: ClassVar[str] = "Accept Google's confirmation at {address}, then run the card again."
    fixer: ClassVar[Fixer] = Fixer.MAILBOX_OWNER
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    address: str
    email: str


@dataclass(kw_only=True, eq=False)
class ForwardingNotAccepted(CardFailed):
    """“Invalid forwarding address”, “Unrecognized forwarding address”."""

    code: ClassVar[str] = "forwarding.not_accepted"
    title: ClassVar[str] = "This is no accepted forwarding address of the mailbox"
    cause_template: ClassVar[str] = (
        "{what}: the address is not among the forwarding addresses of {email}, or nobody confirmed it there. "
        "Forwarding is as it was."
    )
    remedy_template: ClassVar[str] = "Run Forward Emails, which adds the address first, or accept its confirmation."
    what: str
    email: str


@dataclass(kw_only=True, eq=False)
class ForwardingNotAllowed(CardFailed):
    """“The requested forwarding address is not allowed.”: met for the mailbox's own addresses."""

    code: ClassVar[str] = "forwarding.not_allowed"
    title: ClassVar[str] = "Google doesn't allow this forwarding address"
    cause_template: ClassVar[str] = (
        "Google doesn't let {email} forward to {address}. It may be one of the mailbox's own addresses. Nothing was "
        "changed."
    )
    remedy_template: ClassVar[str] = "Enter the address of another mailbox."
    address: str
    email: str


# ------------------------------------------------------------------ send-as aliases


@dataclass(kw_only=True, eq=False)
class PrimaryAddress(CardFailed):
    code: ClassVar[str] = "alias.primary_address"
    title: ClassVar[str] = "The primary address is no alias"
    cause_template: ClassVar[str] = (
        "Send As: {alias} is the mailbox's own primary address, which these cards leave alone. Nothing was changed."
    )
    remedy_template: ClassVar[str] = "Enter another address."
    alias: str
