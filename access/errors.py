"""What can go wrong with people, keys and signing in."""

from dataclasses import dataclass
from typing import ClassVar

from kernel.errors import AccessDenied, Fixer, Retry


@dataclass(kw_only=True, eq=False)
class TooManySignIns(AccessDenied):
    code: ClassVar[str] = "access.too_many_sign_ins"
    title: ClassVar[str] = "Too many attempts to sign in"
    cause_template: ClassVar[str] = "You, or somebody on your network, tried too often within a minute."
    remedy_template: ClassVar[str] = "Wait a minute, then try again."
    status: ClassVar[int] = 429
    fixer: ClassVar[Fixer] = Fixer.NOBODY
    retry: ClassVar[Retry] = Retry.LATER
