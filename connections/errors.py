"""What can be wrong with a connection: cause, remedy, and who can apply it."""

from dataclasses import dataclass
from typing import Any, ClassVar

from kernel.errors import (
    AccessDenied,
    Conflict,
    ConsentFailed,
    ConsoleError,
    Fixer,
    InputRejected,
    NotReady,
    OutcomeUnknown,
    ReauthorizationNeeded,
    Retry,
    TryLater,
)

# ------------------------------------------------------------------ what was typed


@dataclass(kw_only=True, eq=False)
class NicknameTaken(InputRejected):
    code: ClassVar[str] = "nickname.taken"
    title: ClassVar[str] = "This nickname is taken"
    remedy_template: ClassVar[str] = "Choose another nickname."
    status: ClassVar[int] = 409


# ------------------------------------------------------------------ consent


@dataclass(kw_only=True, eq=False)
class StateMismatch(ConsentFailed):
    """Every attack and accident at the callback looks like this from outside."""

    code: ClassVar[str] = "consent.state_mismatch"
    title: ClassVar[str] = "This answer from Google doesn't belong to an authorization you started here"
    cause_template: ClassVar[str] = (
        "It was used before, came to another browser or another person, or nobody asked for it. Nothing was changed."
    )
    remedy_template: ClassVar[str] = "Start again from Connections, in this browser."


@dataclass(kw_only=True, eq=False)
class ConsentExpired(ConsentFailed):
    code: ClassVar[str] = "consent.expired"
    title: ClassVar[str] = "The authorization took too long"
    cause_template: ClassVar[str] = (
        "No answer came from Google within 10 minutes. Google doesn't send you back here when it shows an error page "
        "of its own: invalid_scope means that it refuses a scope, admin_policy_enforced that a Workspace "
        "administrator blocks this app, org_internal and access_denied that the app isn't open to the account."
    )
    remedy_template: ClassVar[str] = "Clear what Google's page named, if it showed one, then start again."


@dataclass(kw_only=True, eq=False)
class ConsentDenied(ConsentFailed):
    code: ClassVar[str] = "consent.denied"
    title: ClassVar[str] = "Access was not allowed at Google"
    cause_template: ClassVar[str] = "Somebody chose Cancel on Google's page, or ticked none of the boxes."
    remedy_template: ClassVar[str] = "Start again and choose Allow at Google."


@dataclass(kw_only=True, eq=False)
class ConsentRefused(ConsentFailed):
    """Google came back with an error that an administrator or the operator has to clear."""

    code: ClassVar[str] = "consent.refused"
    title: ClassVar[str] = "Google refused the authorization"
    cause_template: ClassVar[str] = "{reason}"
    remedy_template: ClassVar[str] = "{advice}"
    fixer: ClassVar[Fixer] = Fixer.WORKSPACE_ADMINISTRATOR
    reason: str
    advice: str


@dataclass(kw_only=True, eq=False)
class ExchangeRefused(ConsentFailed):
    """The token endpoint refused the code: used, expired, or not made for this request."""

    code: ClassVar[str] = "consent.exchange_refused"
    title: ClassVar[str] = "Google didn't accept its own authorization code"
    cause_template: ClassVar[str] = "The code that came back was refused ({reason}). Nothing was saved."
    remedy_template: ClassVar[str] = "Start again. A code works once, and for 10 minutes."
    reason: str


@dataclass(kw_only=True, eq=False)
class IdentityRejected(ConsentFailed):
    """The id token doesn't prove what it must (OpenID Connect Core 3.1.3.7)."""

    code: ClassVar[str] = "consent.identity_rejected"
    title: ClassVar[str] = "Google's answer doesn't prove which account this is"
    cause_template: ClassVar[str] = "The id token that came with the answer was not accepted. Nothing was saved."
    remedy_template: ClassVar[str] = "Start again. If it happens again, check the console's Google settings and clock."
    fixer: ClassVar[Fixer] = Fixer.OPERATOR


@dataclass(kw_only=True, eq=False)
class NoRefreshToken(ConsentFailed):
    code: ClassVar[str] = "consent.no_refresh_token"
    title: ClassVar[str] = "Google gave no lasting access"
    cause_template: ClassVar[str] = "The answer held no refresh token, so the connection would end within the hour."
    remedy_template: ClassVar[str] = "Start again, and let Google show its consent page."


@dataclass(kw_only=True, eq=False)
class ServiceAccountRefused(ConsentFailed):
    code: ClassVar[str] = "account.service_account_refused"
    title: ClassVar[str] = "A service account can't be a connection"
    cause_template: ClassVar[str] = "{email} is a service account of a Google Cloud project, not a person's account."
    remedy_template: ClassVar[str] = "Start again and sign in with a Google Workspace account."
    email: str


@dataclass(kw_only=True, eq=False)
class ConsumerAccountRefused(ConsentFailed):
    code: ClassVar[str] = "account.consumer_refused"
    title: ClassVar[str] = "Personal Google accounts are not allowed here"
    cause_template: ClassVar[str] = "{email} is a personal account, and this console's policy refuses those."
    remedy_template: ClassVar[str] = "Start again and sign in with a Google Workspace account."
    email: str


@dataclass(kw_only=True, eq=False)
class DomainRefused(ConsentFailed):
    code: ClassVar[str] = "account.domain_refused"
    title: ClassVar[str] = "This organization is not allowed here"
    cause_template: ClassVar[str] = "{email} belongs to {domain}, which is not among this console's allowed domains."
    remedy_template: ClassVar[str] = "Use an account of an allowed domain, or ask an administrator to allow this one."
    email: str
    domain: str


@dataclass(kw_only=True, eq=False)
class WrongAccount(ConsentFailed):
    """A reauthorization came back with another ``sub``."""

    code: ClassVar[str] = "account.wrong"
    title: ClassVar[str] = "That is another Google account"
    cause_template: ClassVar[str] = "{nickname} belongs to {expected}, and at Google {given} was chosen."
    remedy_template: ClassVar[str] = "Reauthorize again and choose {expected} at Google."
    nickname: str
    expected: str
    given: str


@dataclass(kw_only=True, eq=False)
class NewGrantDeclined(ConsentFailed):
    """Somebody saw the difference and kept the authorization in use."""

    code: ClassVar[str] = "consent.declined"
    title: ClassVar[str] = "The old authorization was kept"
    cause_template: ClassVar[str] = "You kept the authorization in use. The new one was shredded here."
    remedy_template: ClassVar[str] = "Reauthorize again if you want the change after all."


@dataclass(kw_only=True, eq=False)
class NewGrantGone(ConsentFailed):
    """It waited too long, or somebody else reauthorized or deleted the connection."""

    code: ClassVar[str] = "consent.comparison_over"
    title: ClassVar[str] = "The new authorization is no longer there"
    cause_template: ClassVar[str] = "It waits 10 minutes to be compared, then it is shredded. The old one stays in use."
    remedy_template: ClassVar[str] = "Reauthorize again."


# ------------------------------------------------------------------ a connection that can't be used


@dataclass(kw_only=True, eq=False)
class ConnectionPaused(NotReady):
    """``by`` is the person's name, empty where a command on the server did it."""

    code: ClassVar[str] = "connection.paused"
    title: ClassVar[str] = "The connection is paused"
    cause_template: ClassVar[str] = "{nickname} was paused by {by}."
    remedy_template: ClassVar[str] = "Resume the connection."
    fixer: ClassVar[Fixer] = Fixer.CONNECTION_MANAGER
    nickname: str
    by: str = ""

    @property
    def cause(self) -> str:
        return super().cause if self.by else f"{self.nickname} was paused here."


@dataclass(kw_only=True, eq=False)
class ConnectionDeleted(NotReady):
    code: ClassVar[str] = "connection.deleted"
    title: ClassVar[str] = "The connection was deleted"
    cause_template: ClassVar[str] = "{nickname} no longer exists."
    remedy_template: ClassVar[str] = "Choose another connection."
    nickname: str


@dataclass(kw_only=True, eq=False)
class GrantEnded(ReauthorizationNeeded):
    """``invalid_grant``: the text alone can't tell which of the causes it was (google-facts.md 2b)."""

    code: ClassVar[str] = "connection.needs_reauthorization"
    title: ClassVar[str] = "The connection needs reauthorization"
    cause_template: ClassVar[str] = "{reason}"
    remedy_template: ClassVar[str] = "Reauthorize {nickname} and sign in as {email}."
    nickname: str
    email: str
    reason: str


@dataclass(kw_only=True, eq=False)
class ConnectionBlocked(NotReady):
    code: ClassVar[str] = "connection.blocked"
    title: ClassVar[str] = "An administrator has to change something first"
    cause_template: ClassVar[str] = "{reason}"
    remedy_template: ClassVar[str] = "{advice}"
    fixer: ClassVar[Fixer] = Fixer.WORKSPACE_ADMINISTRATOR
    reason: str
    advice: str


@dataclass(kw_only=True, eq=False)
class GmailNotEnabled(ConnectionBlocked):
    code: ClassVar[str] = "mailbox.gmail_not_enabled"
    title: ClassVar[str] = "The account has no Gmail mailbox"


@dataclass(kw_only=True, eq=False)
class WorkspaceRequired(NotReady):
    code: ClassVar[str] = "account.workspace_required"
    title: ClassVar[str] = "A Google Workspace account is required"
    cause_template: ClassVar[str] = (
        "{email} is a personal Google account. Cards run only with Google Workspace accounts."
    )
    remedy_template: ClassVar[str] = "Create a connection with a Google Workspace account and use that one."
    email: str


# ------------------------------------------------------------------ a connection that is needed


@dataclass(kw_only=True, eq=False)
class ConnectionInUse(Conflict):
    """``places`` are what uses it, by their titles; ``waiting_runs`` how many runs wait for it there."""

    code: ClassVar[str] = "connection.in_use"
    title: ClassVar[str] = "The connection is in use"
    cause_template: ClassVar[str] = "{nickname} is used in {where}."
    remedy_template: ClassVar[str] = "Replace it there first, or confirm the deletion with its nickname, {nickname}."
    nickname: str
    places: list[str]
    waiting_runs: int = 0

    @property
    def cause(self) -> str:
        where = "1 place" if len(self.places) == 1 else f"{len(self.places)} places"
        named = ", ".join(self.places[:NAMED])
        more = " and others" if len(self.places) > NAMED else ""
        return self.cause_template.format(nickname=self.nickname, where=f"{where}: {named}{more}")

    @property
    def members(self) -> dict[str, Any]:
        return {"places": self.places, "waiting_runs": self.waiting_runs}


NAMED = 3
"""So many places a sentence names."""


# ------------------------------------------------------------------ Google's answers


@dataclass(kw_only=True, eq=False)
class GoogleUnavailable(TryLater):
    code: ClassVar[str] = "google.unavailable"
    title: ClassVar[str] = "Google doesn't answer as it should"
    cause_template: ClassVar[str] = "{what} failed: {reason}. The connection itself is as it was."
    remedy_template: ClassVar[str] = "Wait a few minutes, then try again."
    what: str
    reason: str


@dataclass(kw_only=True, eq=False)
class RateLimited(TryLater):
    code: ClassVar[str] = "google.rate_limited"
    title: ClassVar[str] = "Google asks to slow down"
    cause_template: ClassVar[str] = "{reason}"
    remedy_template: ClassVar[str] = "Wait until the limit is over, then try again."
    status: ClassVar[int] = 429
    reason: str


@dataclass(kw_only=True, eq=False)
class UnrecognizedAnswer(ConsoleError):
    """Google said something we don't know. Its reason is kept, never guessed at."""

    code: ClassVar[str] = "google.unrecognized_answer"
    title: ClassVar[str] = "Google answered something this console doesn't know"
    cause_template: ClassVar[str] = "{what}: Google answered {http_status} with the reason “{reason}”."
    remedy_template: ClassVar[str] = "Try again. If it stays so, give these words to whoever operates this console."
    status: ClassVar[int] = 502
    fixer: ClassVar[Fixer] = Fixer.OPERATOR
    what: str
    http_status: int
    reason: str


@dataclass(kw_only=True, eq=False)
class ClientRejected(ConsoleError):
    """``invalid_client``: Google doesn't accept this console's own client id or secret."""

    code: ClassVar[str] = "google.client_rejected"
    title: ClassVar[str] = "Google doesn't accept this console's client"
    cause_template: ClassVar[str] = "Google refused the OAuth client id or secret that this console is set up with."
    remedy_template: ClassVar[str] = "Correct GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, then restart the console."
    status: ClassVar[int] = 502
    fixer: ClassVar[Fixer] = Fixer.OPERATOR
    retry: ClassVar[Retry] = Retry.AFTER_FIX


@dataclass(kw_only=True, eq=False)
class SendOutcomeUnknown(OutcomeUnknown):
    code: ClassVar[str] = "send.outcome_unknown"
    title: ClassVar[str] = "It is not known whether the message was sent"
    cause_template: ClassVar[str] = "{reason}"
    remedy_template: ClassVar[str] = "Look into the mailbox's Sent folder, then choose It was sent or Send again."
    fixer: ClassVar[Fixer] = Fixer.MAILBOX_OWNER
    reason: str


@dataclass(kw_only=True, eq=False)
class TooManyStarts(AccessDenied):
    code: ClassVar[str] = "access.rate_limited"
    title: ClassVar[str] = "Too many tries"
    cause_template: ClassVar[str] = "You did this {limit} times within a minute."
    remedy_template: ClassVar[str] = "Wait a minute, then try again."
    status: ClassVar[int] = 429
    fixer: ClassVar[Fixer] = Fixer.NOBODY
    retry: ClassVar[Retry] = Retry.LATER
    limit: int
