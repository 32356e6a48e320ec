"""What can go wrong with people, keys and signing in."""

from dataclasses import dataclass
from typing import ClassVar

from kernel.errors import AccessDenied, Conflict, ConsoleError, Fixer, Retry


@dataclass(kw_only=True, eq=False)
class TooManySignIns(AccessDenied):
    code: ClassVar[str] = "access.too_many_sign_ins"
    title: ClassVar[str] = "Too many attempts to sign in"
    cause_template: ClassVar[str] = "You, or somebody on your network, tried too often within a minute."
    remedy_template: ClassVar[str] = "Wait a minute, then try again."
    status: ClassVar[int] = 429
    fixer: ClassVar[Fixer] = Fixer.NOBODY
    retry: ClassVar[Retry] = Retry.LATER


@dataclass(kw_only=True, eq=False)
class NotFresh(AccessDenied):
    code: ClassVar[str] = "access.not_fresh"
    title: ClassVar[str] = "Confirm that it is you"
    cause_template: ClassVar[str] = "This needs your password again when you last gave it more than 15 minutes ago."
    remedy_template: ClassVar[str] = "Sign in again or confirm your password on a page of Settings, then repeat this."
    retry: ClassVar[Retry] = Retry.AFTER_FIX


@dataclass(kw_only=True, eq=False)
class LinkEnded(ConsoleError):
    code: ClassVar[str] = "access.link_ended"
    title: ClassVar[str] = "This link can't be used"
    cause_template: ClassVar[str] = (
        "It was used before, has expired, or a newer one took its place. Each link works once, for seven days at most."
    )
    remedy_template: ClassVar[str] = "Ask an administrator of this console for a new link."
    status: ClassVar[int] = 410
    fixer: ClassVar[Fixer] = Fixer.OPERATOR


@dataclass(kw_only=True, eq=False)
class LastAdministrator(Conflict):
    code: ClassVar[str] = "access.last_administrator"
    title: ClassVar[str] = "Somebody must stay administrator"
    cause_template: ClassVar[str] = "{email} is the only active person with the role Administrator."
    remedy_template: ClassVar[str] = "Give the role to somebody else first."
    email: str
