"""What the OAuth endpoints' errors mean. With gmail_connector/failures.py the only reader of Google's error bodies."""

from dataclasses import dataclass

from connections.errors import (
    ClientRejected,
    ConsentDenied,
    ConsentRefused,
    ExchangeRefused,
    GoogleUnavailable,
    GrantEnded,
    UnrecognizedAnswer,
)
from kernel.errors import ConsoleError

PASSING = frozenset({"internal_failure", "server_error", "temporarily_unavailable", "rate_limit_exceeded"})

# Google's page codes that some clients have met at the callback too (google-facts.md 1b).
_REFUSALS = {
    "admin_policy_enforced": (
        "A Workspace administrator doesn't let this app, or one of its scopes, be used.",
        "Ask a Workspace administrator to trust the app under Security, API controls.",
    ),
    "org_internal": (
        "The app is for people of one organization, and the account belongs to another.",
        "Sign in with an account of the app's own organization.",
    ),
    "disallowed_useragent": (
        "Google doesn't allow signing in from a browser that is embedded in another app.",
        "Open this console in an ordinary browser and start again.",
    ),
    "access_not_configured": (
        "An administrator of the school's Google Workspace has not configured this app.",
        "Ask that administrator to configure the app.",
    ),
    "invalid_scope": (
        "Google doesn't accept one of the scopes that were asked for.",
        "Check the scopes under Permissions, then start again.",
    ),
}


@dataclass(frozen=True, kw_only=True)
class TokenError:
    """An error of the token endpoint as it was read: nothing of it is shown as it is."""

    http_status: int
    error: str
    subtype: str = ""


def callback_error(error: str) -> ConsoleError:
    """What an ``error`` in Google's redirect means (RFC 6749 4.1.2.1). Its text is mapped, never shown."""
    if error == "access_denied":
        return ConsentDenied()
    reason, advice = _REFUSALS.get(
        error, ("Google ended the authorization for a reason this console doesn't know.", "Start again.")
    )
    return ConsentRefused(reason=reason, advice=advice)


def _is_passing(failure: TokenError) -> bool:
    return failure.http_status >= 500 or failure.http_status == 429 or failure.error in PASSING  # noqa: PLR2004


def exchange_error(failure: TokenError) -> ConsoleError:
    """What a refused code exchange means."""
    if failure.error == "invalid_client":
        return ClientRejected()
    if _is_passing(failure) or not failure.error:
        return GoogleUnavailable(what="Exchanging the authorization code", reason=describe(failure))
    return ExchangeRefused(reason=failure.error)


def refresh_error(failure: TokenError, *, nickname: str, email: str) -> ConsoleError:
    """What a refused refresh means: a grant that ended, our own client, or something that passes."""
    if failure.error == "invalid_grant":
        return GrantEnded(nickname=nickname, email=email, reason=_end_of_grant(failure.subtype))
    if failure.error in {"invalid_client", "unauthorized_client"}:
        return ClientRejected()
    if _is_passing(failure) or not failure.error:
        return GoogleUnavailable(what="Refreshing the access token", reason=describe(failure))
    return UnrecognizedAnswer(
        what="Refreshing the access token", http_status=failure.http_status, reason=failure.error[:80]
    )


def _end_of_grant(subtype: str) -> str:
    if subtype in {"invalid_rapt", "rapt_required"}:
        return (
            "Google Cloud session control ended the grant. It ends again after each session, until a Workspace "
            "administrator exempts this app."
        )
    return (
        "Google says the grant was revoked or has expired: somebody removed the access, the password changed, it was "
        "unused for six months, allowed for a limited time, or replaced by newer ones."
    )


def describe(failure: TokenError) -> str:
    """The failure in words that hold nothing of the answer but its code."""
    return f"Google answered {failure.http_status}" + (f" {failure.error[:80]}" if failure.error else "")
