"""How a grant dies, and how Google refuses a consent: each with what mends it, who can, and whether consenting does."""

from dataclasses import dataclass
from typing import ClassVar

from connections.errors import ConnectionBlocked, ConsentRefused
from kernel.errors import ConsoleError, Fixer, ReauthorizationNeeded, Retry

# ------------------------------------------------------------------ a grant that ended


@dataclass(kw_only=True, eq=False)
class SessionEnded(ReauthorizationNeeded):
    """``invalid_rapt`` or ``rapt_required``: Google Cloud session control (google-facts.md 2a, 2d)."""

    code: ClassVar[str] = "connection.session_ended"
    title: ClassVar[str] = "Google Cloud session control ended the grant"
    cause_template: ClassVar[str] = (
        "The organization of {email} asks for a new sign-in after a set time. Reauthorizing helps until that time is "
        "over again."
    )
    remedy_template: ClassVar[str] = (
        "Reauthorize {nickname} and sign in as {email}. To end this for good, ask a Workspace administrator to exempt "
        "this app under Security, Google Cloud session control."
    )
    nickname: str
    email: str


@dataclass(kw_only=True, eq=False)
class GrantRanOut(ReauthorizationNeeded):
    """The grant was limited in time, and Google had said until when."""

    code: ClassVar[str] = "connection.grant_ran_out"
    title: ClassVar[str] = "The time that access was allowed for is over"
    cause_template: ClassVar[str] = "{email} was allowed until {until}, and Google ended the grant then."
    remedy_template: ClassVar[str] = (
        "Reauthorize {nickname}, sign in as {email}, and choose access without an end if Google offers it."
    )
    nickname: str
    email: str
    until: str


# ------------------------------------------------------------------ a grant that somebody else holds back


@dataclass(kw_only=True, eq=False)
class AccountGone(ConnectionBlocked):
    """Google names the account itself (checklist row 25); of most dead grants it doesn't say why."""

    code: ClassVar[str] = "account.gone"
    title: ClassVar[str] = "The Google account is suspended or deleted"


@dataclass(kw_only=True, eq=False)
class AppNotTrusted(ConnectionBlocked):
    """``admin_policy_enforced`` at a refresh: the app was blocked after the grant."""

    code: ClassVar[str] = "connection.app_not_trusted"
    title: ClassVar[str] = "A Workspace administrator has blocked this app"


# ------------------------------------------------------------------ a grant of another client


@dataclass(kw_only=True, eq=False)
class ClientReplaced(ConsoleError):
    """No status: setting the client back mends every such connection at once."""

    code: ClassVar[str] = "google.client_replaced"
    title: ClassVar[str] = "The connection was made with another OAuth client"
    cause_template: ClassVar[str] = (
        "{nickname} was authorized with the client {client_id}, and this console is set up with another."
    )
    remedy_template: ClassVar[str] = (
        "Set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET back to that client, or reauthorize {nickname} with the new one."
    )
    status: ClassVar[int] = 502
    fixer: ClassVar[Fixer] = Fixer.OPERATOR
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    reauthorizing_helps: ClassVar[bool] = True
    nickname: str
    client_id: str


# ------------------------------------------------------------------ a consent that Google refused


@dataclass(kw_only=True, eq=False)
class AccountNotAllowed(ConsentRefused):
    """``org_internal``: an app of one organization, an account of another."""

    code: ClassVar[str] = "consent.account_not_allowed"
    title: ClassVar[str] = "Google doesn't let this account use the app"
    fixer: ClassVar[Fixer] = Fixer.YOU


@dataclass(kw_only=True, eq=False)
class BrowserRefused(ConsentRefused):
    """``disallowed_useragent``: a browser inside another app."""

    code: ClassVar[str] = "consent.browser_refused"
    title: ClassVar[str] = "Google doesn't allow signing in from this browser"
    fixer: ClassVar[Fixer] = Fixer.YOU


@dataclass(kw_only=True, eq=False)
class ScopeRefused(ConsentRefused):
    """``invalid_scope``: Google doesn't have it, or doesn't give it to this account."""

    code: ClassVar[str] = "consent.scope_refused"
    title: ClassVar[str] = "Google refuses one of the scopes"
    fixer: ClassVar[Fixer] = Fixer.YOU
