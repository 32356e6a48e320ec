"""What can be wrong with a request to the API before anything reads it."""

from dataclasses import dataclass
from typing import ClassVar

from kernel.errors import AccessDenied, ConsoleError


@dataclass(kw_only=True, eq=False)
class SignInNeeded(AccessDenied):
    code: ClassVar[str] = "access.sign_in_needed"
    title: ClassVar[str] = "Sign in first"
    cause_template: ClassVar[str] = "The request carries no session and no API key that is valid."
    remedy_template: ClassVar[str] = "Sign in, or send an API key in the header “Authorization: Bearer wfc_…”."
    status: ClassVar[int] = 401


@dataclass(kw_only=True, eq=False)
class RequestRejected(ConsoleError):
    code: ClassVar[str] = "request.rejected"
    title: ClassVar[str] = "The request can't be read"
    cause_template: ClassVar[str] = "{reason}."
    remedy_template: ClassVar[str] = "Compare the request with the description under /api/v1/docs."
    reason: str
