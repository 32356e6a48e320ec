"""What Gmail's refusals mean about settings, in every form of Google's envelope, and on whose mailbox."""

from dataclasses import replace

import pytest

from connections.errors import ConnectionBlocked, GmailNotEnabled
from connections.errors import UnrecognizedAnswer as Unrecognized
from connections.scope_errors import ScopeMissing
from flows.cards import AnswerLost
from gmail_connector.asking import Asked
from gmail_connector.errors import ApiNotEnabled, MailboxUnavailable
from gmail_connector.failures import read
from gmail_connector.pace import units_of
from gmail_connector.scopes import SETTINGS_SHARING
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
from gmail_connector.settings_failures import ADDING_DELEGATE
from kernel.errors import ConsoleError, as_problem, from_stored, to_stored
from tests.gmail_connector.test_failures import API_OFF, SCOPE, body

ACTING = Asked(
    what="Adding the delegate",
    email="ben@acme.example",
    needs=(SETTINGS_SHARING,),
    requested=frozenset(),
    granted=frozenset(),
    is_write=True,
    method=ADDING_DELEGATE,
    about="cleo@acme.example",
    service_account="mailer@acme-automation.iam.gserviceaccount.com",
)
FORWARDING = replace(ACTING, method="gmail.users.settings.updateAutoForwarding")
OWN = replace(FORWARDING, service_account="")
RESTRICTED = "Access restricted to service accounts that have been delegated domain-wide authority"
NO_MAIL, POLICY = "Mail service not enabled", "The domain administrators have disabled Gmail apps."
CHECK_FAILED, NOT_ALLOWED = "Precondition check failed.", "The requested forwarding address is not allowed."
FAILED, INVALID = "failedPrecondition", "invalidArgument"
CASES: list[tuple[int, bytes, Asked, type[ConsoleError]]] = [
    (400, body(400, "Invalid delegate", INVALID), ACTING, DelegateNotPossible),
    (400, body(400, "Invalid delegate", FAILED, status="FAILED_PRECONDITION"), ACTING, DelegateNotPossible),
    (400, body(400, "Bad Request", FAILED), ACTING, DelegateNotPrimary),
    (400, body(400, "Bad Request", status="FAILED_PRECONDITION"), ACTING, DelegateNotPrimary),
    (400, body(400, "Bad Request", FAILED), FORWARDING, Unrecognized),
    (400, body(400, "Invalid delegate", INVALID), replace(ACTING, about=""), SettingRefused),
    (400, body(400, "Mystery", FAILED), ACTING, Unrecognized),
    (400, body(400, "Invalid forwarding address", FAILED), FORWARDING, ForwardingNotAccepted),
    (400, body(400, "Unrecognized forwarding address", FAILED), OWN, ForwardingNotAccepted),
    (400, body(400, NOT_ALLOWED, INVALID), FORWARDING, ForwardingNotAllowed),
    (400, body(400, NOT_ALLOWED, FAILED), FORWARDING, ForwardingNotAllowed),
    (400, body(400, "Invalid smtpMsa", INVALID, status="INVALID_ARGUMENT"), FORWARDING, SettingRefused),
    (400, body(400, "Invalid value", "badRequest"), FORWARDING, SettingRefused),
    (400, body(400, "Invalid smtpMsa", INVALID), OWN, Unrecognized),
    (400, body(400, NO_MAIL, FAILED), ACTING, NoGmailThere),
    (400, body(400, NO_MAIL, FAILED), FORWARDING, NoGmailThere),
    (400, body(400, NO_MAIL, FAILED), OWN, GmailNotEnabled),
    (400, body(400, CHECK_FAILED, FAILED), ACTING, MailboxUnavailable),
    (400, body(400, CHECK_FAILED, FAILED), OWN, MailboxUnavailable),
    (403, body(403, RESTRICTED, "forbidden"), OWN, OnlyForServiceAccounts),
    (403, body(403, RESTRICTED, "forbidden", status="PERMISSION_DENIED"), ACTING, OnlyForServiceAccounts),
    (403, body(403, POLICY, "domainPolicy"), FORWARDING, GmailAppsOff),
    (403, body(403, POLICY, "domainPolicy"), OWN, ConnectionBlocked),
    (403, body(403, API_OFF, "accessNotConfigured", "usageLimits"), FORWARDING, ApiNotEnabledThere),
    (403, body(403, API_OFF, status="PERMISSION_DENIED", detail="SERVICE_DISABLED"), FORWARDING, ApiNotEnabledThere),
    (403, body(403, API_OFF, "accessNotConfigured", "usageLimits"), OWN, ApiNotEnabled),
    (403, body(403, SCOPE, "insufficientPermissions"), OWN, ScopeMissing),
    (403, body(403, SCOPE, "insufficientPermissions"), FORWARDING, Unrecognized),
    (409, body(409, "Delegate already exists", "duplicate"), ACTING, AlreadyThere),
    (409, body(409, "Requested entity already exists", "alreadyExists"), OWN, AlreadyThere),
    (409, body(409, "Requested entity already exists", status="ALREADY_EXISTS"), OWN, AlreadyThere),
    (409, body(409, "Concurrent change", "conflict"), ACTING, Unrecognized),
    (409, b"<html>Conflict", ACTING, Unrecognized),
]


@pytest.mark.parametrize(("status", "content", "asked", "meaning"), CASES)
def test_a_refusal_means_what_google_means(
    status: int, content: bytes, asked: Asked, meaning: type[ConsoleError]
) -> None:
    error = read(status, content, asked)
    assert type(error) is meaning
    assert as_problem(from_stored(to_stored(error))) == as_problem(error)
    assert "{" not in error.cause + error.remedy


def test_nothing_of_another_mailbox_blocks_the_connection() -> None:
    met = {meaning for _status, _content, asked, meaning in CASES if asked.service_account}
    assert not {meaning for meaning in met if issubclass(meaning, ConnectionBlocked)}


def test_a_suspended_delegates_500_may_have_been_carried_out() -> None:
    assert isinstance(read(500, body(500, "Backend Error", "backendError"), ACTING), AnswerLost)


@pytest.mark.parametrize(
    ("method", "units"),
    [
        ("delegates.create", 100),
        ("delegates.delete", 5),
        ("delegates.list", 1),
        ("delegates.get", 1),
        ("forwardingAddresses.create", 100),
        ("forwardingAddresses.list", 1),
        ("getAutoForwarding", 1),
        ("updateAutoForwarding", 5),
        ("sendAs.create", 100),
        ("sendAs.patch", 100),
        ("sendAs.delete", 5),
        ("sendAs.list", 1),
        ("getVacation", 1),
        ("updateVacation", 5),
    ],
)
def test_settings_cost_what_google_charges(method: str, units: int) -> None:
    assert units_of(f"gmail.users.settings.{method}") == units
