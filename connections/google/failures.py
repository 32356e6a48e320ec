"""What the OAuth endpoints' errors mean. With gmail_connector/failures.py the only reader of Google's error bodies."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import requests
from django.conf import settings

from connections.errors import (
    ClientRejected,
    ConsentDenied,
    ConsentRefused,
    ExchangeRefused,
    GoogleUnavailable,
    GrantEnded,
    UnrecognizedAnswer,
)
from connections.google.errors import (
    AccountGone,
    AccountNotAllowed,
    AppNotTrusted,
    BrowserRefused,
    ClientReplaced,
    GrantRanOut,
    ScopeRefused,
    SessionEnded,
)
from kernel.clock import now
from kernel.errors import ConsoleError
from kernel.http import BodyTooLarge, ForbiddenAddress

PASSING = frozenset({"internal_failure", "server_error", "temporarily_unavailable", "rate_limit_exceeded"})
OUR_CLIENT = frozenset({"invalid_client", "unauthorized_client", "deleted_client"})
SESSION_CONTROL = frozenset({"invalid_rapt", "rapt_required"})
# Google's clock and ours, and the time between its answer and our noting of it
SKEW = timedelta(minutes=5)

# Google's page codes that some clients have met at the callback and the token endpoint too (google-facts.md 1b, 2b).
_REFUSALS: dict[str, tuple[type[ConsentRefused], str, str]] = {
    "admin_policy_enforced": (
        ConsentRefused,
        "A Workspace administrator doesn't let this app, or one of its scopes, be used.",
        "Ask a Workspace administrator to trust the app under Security, API controls, then start again.",
    ),
    "org_internal": (
        AccountNotAllowed,
        "The app is for people of one organization, and the account belongs to another.",
        "Start again and sign in with an account of the app's own organization.",
    ),
    "disallowed_useragent": (
        BrowserRefused,
        "Google doesn't allow signing in from a browser that is embedded in another app.",
        "Open this console in an ordinary browser and start again.",
    ),
    "access_not_configured": (
        ConsentRefused,
        "An administrator of the school's Google Workspace has not configured this app.",
        "Ask that administrator to configure the app, then start again.",
    ),
    "invalid_scope": (
        ScopeRefused,
        "Google doesn't have one of the scopes that were asked for, or doesn't give it to this account.",
        "Check the scopes under Permissions, then start again.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class TokenError:
    """An error of the token endpoint as it was read: nothing of it is shown as it is."""

    http_status: int
    error: str
    subtype: str = ""
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Refreshing:
    """Whose refresh failed. ``client_id`` made the grant; ``ends_at`` is its end, where Google had said one."""

    nickname: str
    email: str
    client_id: str
    ends_at: datetime | None = None


def callback_error(error: str) -> ConsoleError:
    """What an ``error`` in Google's redirect means (RFC 6749 4.1.2.1). Its text is mapped, never shown."""
    if error == "access_denied":
        return ConsentDenied()
    return _refusal(error) or ConsentRefused(
        reason="Google ended the authorization for a reason this console doesn't know.", advice="Start again."
    )


def _refusal(error: str) -> ConsoleError | None:
    found = _REFUSALS.get(error)
    return found[0](reason=found[1], advice=found[2]) if found else None


def is_passing(failure: TokenError) -> bool:
    return failure.http_status >= 500 or failure.http_status == 429 or failure.error in PASSING  # noqa: PLR2004


def exchange_error(failure: TokenError) -> ConsoleError:
    """What a refused code exchange means."""
    if failure.error in OUR_CLIENT:
        return ClientRejected()
    if is_passing(failure) or not failure.error:
        return GoogleUnavailable(what="Exchanging the authorization code", reason=describe(failure))
    return _refusal(failure.error) or ExchangeRefused(reason=failure.error[:80])


def refresh_error(failure: TokenError, of: Refreshing) -> ConsoleError:
    """What a refused refresh means: a grant that ended, one held back, our own client, or something that passes."""
    if failure.error == "invalid_grant":
        return _end_of_grant(failure, of)
    if failure.error in OUR_CLIENT:
        is_ours = of.client_id == settings.GOOGLE_CLIENT_ID
        return ClientRejected() if is_ours else ClientReplaced(nickname=of.nickname, client_id=of.client_id)
    if failure.error == "admin_policy_enforced":
        return AppNotTrusted(
            reason=f"An administrator of the organization of {of.email} doesn't let this app, or a Google service that "
            "it uses, be used any more.",
            advice="Ask a Workspace administrator to trust the app under Security, API controls, then test the "
            "connection.",
        )
    if failure.error == "access_denied" and "restricted" in failure.description.lower():
        return _account_gone(of)
    if is_passing(failure) or not failure.error:
        return GoogleUnavailable(what="Refreshing the access token", reason=describe(failure))
    return UnrecognizedAnswer(
        what="Refreshing the access token", http_status=failure.http_status, reason=failure.error[:80]
    )


def _end_of_grant(failure: TokenError, of: Refreshing) -> ConsoleError:
    """Google's text can't tell most causes apart, and after half a day it is another (google-facts.md 2b)."""
    if failure.subtype in SESSION_CONTROL or any(word in failure.description for word in SESSION_CONTROL):
        return SessionEnded(nickname=of.nickname, email=of.email)
    if "account has been deleted" in failure.description.lower():
        return _account_gone(of)
    if of.ends_at and of.ends_at <= now() + SKEW:
        ended = of.ends_at.astimezone(UTC)
        until = f"{ended:%B} {ended.day}, {ended:%Y, %H:%M} UTC"
        return GrantRanOut(nickname=of.nickname, email=of.email, until=until)
    return GrantEnded(
        nickname=of.nickname,
        email=of.email,
        reason="Google says the grant was revoked or has expired: somebody removed the access, the password changed, "
        "it was unused for six months, or a newer authorization of the same account replaced it. Google doesn't say "
        "which.",
    )


def _account_gone(of: Refreshing) -> ConsoleError:
    return AccountGone(
        reason=f"Google says that {of.email} was deleted or may not be used. The grant itself was not removed.",
        advice="Ask a Workspace administrator to restore the account, then test the connection.",
    )


def no_answer(what: str, error: Exception) -> GoogleUnavailable:
    """No usable answer came; the words say how, without those of a library."""
    return GoogleUnavailable(what=what, reason=next(text for kind, text in _BROKEN if isinstance(error, kind)))


_BROKEN: tuple[tuple[type[Exception], str], ...] = (
    (BodyTooLarge, "the answer was longer than this console reads"),
    (ForbiddenAddress, "the address isn't one that this console may call"),
    # Before the connection errors, since a time-out of connecting is one too
    (requests.Timeout, "no answer came in time"),
    (requests.exceptions.ChunkedEncodingError, "the answer broke off"),
    (requests.ConnectionError, "Google couldn't be reached, or the connection ended before an answer came"),
    (Exception, "the answer wasn't one that can be read"),
)


def describe(failure: TokenError) -> str:
    """The failure in words that hold nothing of the answer but its code."""
    return f"Google answered {failure.http_status}" + (f" {failure.error[:80]}" if failure.error else "")
