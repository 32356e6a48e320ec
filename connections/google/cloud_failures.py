"""What refusals of Google Cloud's APIs and of the JWT grant mean. See failures.py for the OAuth endpoints."""

import json
from dataclasses import dataclass

from connections.errors import GoogleUnavailable, UnrecognizedAnswer
from connections.google.failures import TokenError, describe, is_passing
from connections.requirements import Impersonation
from connections.role_errors import ClockWrong, CloudApiOff, DelegationMissing, MailboxUnknown, ServiceAccountUnknown
from connections.scope_errors import ScopeMissing
from kernel.errors import ConsoleError

EXCHANGE = "Getting a token for the service account"
NO_SUCH_MAILBOX = ("invalid email or user id", "not a valid email", "account has been deleted")
PERSONAL = ("@gmail.com", "@googlemail.com")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked: ``what`` begins a sentence, ``api`` is its title, ``denied`` what a 403 or 404 means."""

    what: str
    api: str
    denied: ConsoleError


def cloud_error(status: int, content: bytes, asked: Asked) -> ConsoleError:
    """What an answer other than 200 means. One Platform's envelope has no ``errors`` list (google-facts.md 4, 5)."""
    if status >= 500 or status in {408, 429}:  # noqa: PLR2004
        return GoogleUnavailable(what=asked.what, reason=f"Google answered {status}")
    reason, rpc_status = _parse(content)
    if reason == "SERVICE_DISABLED":
        return CloudApiOff(what=asked.what, api=asked.api)
    if reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
        # Nothing is asked of Google Cloud without the scope (readiness.require_cloud).
        return ScopeMissing(card=asked.what, scopes=["cloud-platform"], withheld=False, taken_back=True)
    if rpc_status in {"PERMISSION_DENIED", "NOT_FOUND"} and reason in {"", "IAM_PERMISSION_DENIED"}:
        return asked.denied
    if rpc_status == "UNAUTHENTICATED":
        return GoogleUnavailable(what=asked.what, reason="Google refused an access token that it had just given")
    return UnrecognizedAnswer(what=asked.what, http_status=status, reason=(reason or rpc_status or "none given")[:80])


def _parse(content: bytes) -> tuple[str, str]:
    """The reason of the first detail that has one, and the status; empty where the answer has no such envelope."""
    try:
        error = json.loads(content)["error"]
        reasons = [str(each["reason"]) for each in error.get("details") or [] if each.get("reason")]
        return (reasons or [""])[0], str(error.get("status") or "")
    except (ValueError, TypeError, KeyError, AttributeError):
        return "", ""


def jwt_error(failure: TokenError, email: str, of: Impersonation) -> ConsoleError:
    """What a refused JWT grant means. A missing delegation names all scopes: Google doesn't say which it lacks."""
    if failure.error == "unauthorized_client":
        return _not_delegated(of)
    meaning = _bad_grant(failure.description.lower(), email, of) if failure.error == "invalid_grant" else None
    if meaning:
        return meaning
    if is_passing(failure) or not failure.error:
        return GoogleUnavailable(what=EXCHANGE, reason=describe(failure))
    return UnrecognizedAnswer(what=EXCHANGE, http_status=failure.http_status, reason=failure.error[:80])


def _not_delegated(of: Impersonation) -> ConsoleError:
    """No organization delegates a personal mailbox, though Google words that as a missing delegation."""
    if of.mailbox.lower().endswith(PERSONAL):
        return MailboxUnknown(mailbox=of.mailbox, service_account=of.service_account)
    return DelegationMissing(
        service_account=of.service_account,
        mailbox=of.mailbox,
        client_id="",
        missing=list(of.scopes),
        scopes=list(of.scopes),
    )


def _bad_grant(description: str, email: str, of: Impersonation) -> ConsoleError | None:
    """Google tells these apart by their text alone (google-facts.md 2a, 2c)."""
    if any(text in description for text in NO_SUCH_MAILBOX):
        return MailboxUnknown(mailbox=of.mailbox, service_account=of.service_account)
    if "account not found" in description:
        return ServiceAccountUnknown(email=email, service_account=of.service_account)
    return ClockWrong(service_account=of.service_account) if "short-lived token" in description else None
