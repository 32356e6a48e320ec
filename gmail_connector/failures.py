"""What Gmail's refusals mean. With connections/google/failures.py the only reader of Google's error bodies."""

import json
import re
from collections.abc import Callable
from datetime import datetime

from connections.errors import ConnectionBlocked, GmailNotEnabled, GoogleUnavailable, RateLimited, UnrecognizedAnswer
from connections.scope_errors import missing_scope
from flows.cards import AnswerLost
from gmail_connector import settings_failures
from gmail_connector.asking import Asked, Refusal
from gmail_connector.errors import (
    ApiNotEnabled,
    HeaderRefused,
    IdRefused,
    MailboxRefused,
    MailboxUnavailable,
    MessageNotFound,
    MessageTooLarge,
    MetadataScopeInTheWay,
    RecipientRequired,
)
from kernel.errors import ConsoleError

RATE_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded"})
# 408 and 499 are Google's too: a deadline passed, or the call was given up, perhaps after its work was done.
UNDECIDED = frozenset({408, 499})
RETRY_AFTER = re.compile(r"Retry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)")
INVALID_HEADER = re.compile(r"Invalid (\w+) header", re.IGNORECASE)


def read(status: int, content: bytes, asked: Asked) -> ConsoleError | AnswerLost:
    """What an answer other than 2xx means.

    A write is only *refused* by a 4xx: after anything else it may have been carried out.
    """
    if status >= 500 or status < 400 or status in UNDECIDED:  # noqa: PLR2004
        return no_usable_answer(f"Google answered {status}", asked)
    refusal = _parse(content)
    meaning = _MEANINGS.get(status)
    return (meaning(refusal, asked) if meaning else None) or UnrecognizedAnswer(
        what=asked.what, http_status=status, reason=_safe(refusal.reason or refusal.rpc_status) or "none given"
    )


def no_usable_answer(reason: str, asked: Asked) -> ConsoleError | AnswerLost:
    """The request may have been carried out: harmless for a read, for a write not."""
    if asked.is_write:
        return AnswerLost(f"{asked.what}: {reason}")
    return GoogleUnavailable(what=asked.what, reason=reason)


def _parse(content: bytes) -> Refusal:
    """Google's envelope, old style or new; of a page that isn't JSON, its text as the message."""
    try:
        error = json.loads(content)["error"]
        first = (error.get("errors") or [{}])[0]
        reasons = [each.get("reason") for each in error.get("details") or [] if each.get("reason")]
        return Refusal(
            message=str(error.get("message") or ""),
            domain=str(first.get("domain") or ""),
            reason=str(first.get("reason") or (reasons or [""])[0]),
            rpc_status=str(error.get("status") or ""),
            detail=str((reasons or [""])[0]),
        )
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return Refusal(message=content[:2000].decode("utf-8", "replace"))


def _safe(reason: str) -> str:
    return "".join(each for each in reason[:80] if each.isprintable())


def _bad_request(refusal: Refusal, asked: Asked) -> ConsoleError | None:
    about_settings = settings_failures.bad_request(refusal, asked)
    if about_settings:
        return about_settings
    if refusal.is_precondition:
        return _precondition(refusal, asked)
    header = INVALID_HEADER.search(refusal.message)
    if header:
        return HeaderRefused(field=header.group(1).capitalize())
    if refusal.message == "Recipient address required":
        return RecipientRequired()
    if refusal.message == "Invalid id value" and asked.field:
        return IdRefused(field=asked.field)
    return None


def _precondition(refusal: Refusal, asked: Asked) -> ConsoleError | None:
    if refusal.message == "Mail service not enabled":
        return settings_failures.no_gmail(asked) or GmailNotEnabled(
            reason=f"{asked.email} has no Gmail: the account has no license for it, or Gmail is turned off.",
            advice="Ask a Workspace administrator to turn Gmail on for the account, then test the connection.",
        )
    if refusal.message == "Precondition check failed.":
        return MailboxUnavailable(what=asked.what, email=asked.email)
    return None


def _unauthorized(_refusal: Refusal, asked: Asked) -> ConsoleError:
    """The transport has refreshed already. Google refuses good tokens now and then, and says so for a while."""
    return GoogleUnavailable(what=asked.what, reason="Google refused an access token that it had just given")


def _forbidden(refusal: Refusal, asked: Asked) -> ConsoleError | None:
    """Split into API, rate, scope, policy and delegation."""
    return next((meaning(refusal, asked) for applies, meaning in _FORBIDDEN if applies(refusal)), None)


def _api_off(_refusal: Refusal, asked: Asked) -> ConsoleError:
    return settings_failures.api_off(asked) or ApiNotEnabled(
        reason="The Gmail API has not been used in this console's Google Cloud project, or it is turned off there.",
        advice="Ask an administrator of the project to enable the Gmail API, wait a few minutes, then test the "
        "connection.",
    )


def _scope(_refusal: Refusal, asked: Asked) -> ConsoleError | None:
    """A delegated token has the scopes that this console asked for: no consent would add one."""
    if asked.service_account:
        return None
    return missing_scope(asked.what, asked.needs, requested=asked.requested, granted=asked.granted)


def _policy(_refusal: Refusal, asked: Asked) -> ConsoleError:
    return settings_failures.policy(asked) or ConnectionBlocked(
        reason=f"The administrators of the domain of {asked.email} have turned Gmail apps off.",
        advice="Ask a Workspace administrator to allow Gmail apps for this account, then test the connection.",
    )


def _delegation(_refusal: Refusal, asked: Asked) -> ConsoleError:
    return MailboxRefused(what=asked.what, email=asked.email)


def _metadata_scope(_refusal: Refusal, asked: Asked) -> ConsoleError:
    return MetadataScopeInTheWay(what=asked.what)


def _not_found(refusal: Refusal, asked: Asked) -> ConsoleError | None:
    """A page that says 404 is not Gmail's word about a message."""
    is_gmails = refusal.reason == "notFound" or refusal.rpc_status == "NOT_FOUND"
    return MessageNotFound(field=asked.field, email=asked.email) if is_gmails and asked.field else None


def _too_large(_refusal: Refusal, _asked: Asked) -> ConsoleError:
    return MessageTooLarge()


def _rate(refusal: Refusal, asked: Asked) -> ConsoleError:
    if "(Mail sending)" in refusal.message:
        reason = f"{asked.email} has reached Google's limit for sending mail."
    elif refusal.reason == "dailyLimitExceeded":
        reason = "This console's Google Cloud project has used up its calls to Gmail for the day."
    elif "Quota exceeded for quota metric" in refusal.message:
        reason = "The calls to Gmail that Google allows within a minute are used up."
    else:
        reason = f"Google limits the calls to the mailbox of {asked.email} for now."
    return RateLimited(reason=reason, retry_at=_retry_at(refusal.message))


def _retry_at(message: str) -> datetime | None:
    """The time after “Retry after”: Google sends no header for it."""
    found = RETRY_AFTER.search(message)
    try:
        return datetime.fromisoformat(found.group(1)) if found else None
    except ValueError:
        return None


Meaning = Callable[[Refusal, Asked], ConsoleError | None]

_FORBIDDEN: tuple[tuple[Callable[[Refusal], bool], Meaning], ...] = (
    (lambda refusal: refusal.reason == "accessNotConfigured" or refusal.detail == "SERVICE_DISABLED", _api_off),
    (lambda refusal: refusal.reason in RATE_REASONS or "rate limit exceeded" in refusal.message.lower(), _rate),
    (lambda refusal: "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in {refusal.detail, refusal.reason}, _scope),
    (lambda refusal: refusal.reason == "insufficientPermissions", _scope),
    (lambda refusal: refusal.reason == "domainPolicy", _policy),
    (lambda refusal: refusal.message.startswith("Delegation denied"), _delegation),
    (
        lambda refusal: refusal.message.startswith("Access restricted to service accounts"),
        settings_failures.only_for_service_accounts,
    ),
    (lambda refusal: refusal.message.startswith("Metadata scope"), _metadata_scope),
)

_MEANINGS: dict[int, Meaning] = {
    400: _bad_request,
    401: _unauthorized,
    403: _forbidden,
    404: _not_found,
    409: settings_failures.conflict,
    413: _too_large,
    429: _rate,
}
