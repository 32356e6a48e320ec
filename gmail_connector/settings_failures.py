"""What Gmail's refusals mean where they are about settings, or about a mailbox that a service account acts on.

Each gives None where it doesn't know the case; then it means what it means of any call (failures.py).
"""

from gmail_connector.asking import Asked, Refusal
from gmail_connector.settings_errors import (
    AlreadyThere,
    ApiNotEnabledThere,
    DelegateNotPossible,
    DelegateNotPrimary,
    ForwardingNotAccepted,
    ForwardingNotAllowed,
    GmailAppsOff,
    NoGmailThere,
    OnlyForServiceAccounts,
    SettingRefused,
)
from kernel.errors import ConsoleError

ADDING_DELEGATE = "gmail.users.settings.delegates.create"
NOT_ACCEPTED = frozenset({"Invalid forwarding address", "Unrecognized forwarding address"})
NOT_ALLOWED = "The requested forwarding address is not allowed."
NOT_VALID = frozenset({"invalidArgument", "badRequest", "invalid", "INVALID_ARGUMENT"})


def bad_request(refusal: Refusal, asked: Asked) -> ConsoleError | None:
    about_delegate = _delegate(refusal, asked) if asked.method == ADDING_DELEGATE else None
    if about_delegate:
        return about_delegate
    if refusal.message in NOT_ACCEPTED:
        return ForwardingNotAccepted(what=asked.what, email=asked.email)
    if refusal.message == NOT_ALLOWED and asked.about:
        return ForwardingNotAllowed(address=asked.about, email=asked.email)
    if asked.service_account and refusal.reason in NOT_VALID:
        return SettingRefused(what=asked.what, email=asked.email)
    return None


def _delegate(refusal: Refusal, asked: Asked) -> ConsoleError | None:
    if not asked.about:
        return None
    if refusal.message == "Invalid delegate":
        return DelegateNotPossible(delegate=asked.about, email=asked.email)
    if refusal.message == "Bad Request" and refusal.is_precondition:
        return DelegateNotPrimary(delegate=asked.about)
    return None


def no_gmail(asked: Asked) -> ConsoleError | None:
    if not asked.service_account:
        return None
    return NoGmailThere(
        reason=f"{asked.email} has no Gmail: the account has no license for it, or Gmail is turned off.",
        advice="Ask a Workspace administrator to turn Gmail on for the account, then run the card again.",
    )


def policy(asked: Asked) -> ConsoleError | None:
    return GmailAppsOff(what=asked.what, email=asked.email) if asked.service_account else None


def api_off(asked: Asked) -> ConsoleError | None:
    if not asked.service_account:
        return None
    return ApiNotEnabledThere(what=asked.what, service_account=asked.service_account)


def only_for_service_accounts(_refusal: Refusal, asked: Asked) -> ConsoleError:
    return OnlyForServiceAccounts(what=asked.what, email=asked.email)


def conflict(refusal: Refusal, asked: Asked) -> ConsoleError | None:
    """Google's word for it isn't known for sure, its reason is one of two (google-facts.md 4b)."""
    known = refusal.reason in {"duplicate", "alreadyExists"} or refusal.rpc_status == "ALREADY_EXISTS"
    return AlreadyThere(what=asked.what, email=asked.email) if known else None
