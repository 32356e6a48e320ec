"""One root for every error a person may meet, whatever shows it.

The same object is rendered as problem+json (RFC 9457), as a page, as a row in
Execution History and as a readiness finding, so that a person reads the same words
everywhere. A class declares what never varies; an instance holds the data from which
``cause`` and ``remedy`` are made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar


class Fixer(StrEnum):
    """Who can apply a remedy."""

    YOU = "you"
    MAILBOX_OWNER = "mailbox owner"
    CONNECTION_MANAGER = "connection manager"
    WORKSPACE_ADMINISTRATOR = "Workspace administrator"
    CLOUD_PROJECT_ADMINISTRATOR = "Cloud project administrator"
    OPERATOR = "operator of this console"
    NOBODY = "nobody: wait"


class Retry(StrEnum):
    """Whether doing the same again can help."""

    NEVER = "never"
    LATER = "later"
    AFTER_FIX = "after fix"
    UNKNOWN_OUTCOME = "unknown outcome"


@dataclass(kw_only=True, eq=False)
class ConsoleError(Exception):
    """The root. Subclasses are dataclasses; their fields fill the two templates.

    ``cause_template`` says why in a sentence, ``remedy_template`` begins with a verb.
    No field ever holds a secret: all of them are shown, logged and stored.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    cause_template: ClassVar[str]
    remedy_template: ClassVar[str]
    status: ClassVar[int] = 400
    fixer: ClassVar[Fixer] = Fixer.YOU
    retry: ClassVar[Retry] = Retry.NEVER
    reauthorizing_helps: ClassVar[bool] = False

    @property
    def cause(self) -> str:
        return self.cause_template.format(**self.data)

    @property
    def remedy(self) -> str:
        return self.remedy_template.format(**self.data)

    @property
    def data(self) -> dict[str, Any]:
        """The fields by name, as they were given."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def members(self) -> dict[str, Any]:
        """What its problem+json says beside what every error's does."""
        return {}

    def __str__(self) -> str:
        return f"{self.title}: {self.cause}"


@dataclass(kw_only=True, eq=False)
class ConsentFailed(ConsoleError):
    """The browser part of an authorization ended without a connection."""


@dataclass(kw_only=True, eq=False)
class ReauthorizationNeeded(ConsoleError):
    """The grant behind a connection is gone; a person has to consent again."""

    status: ClassVar[int] = 409
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    fixer: ClassVar[Fixer] = Fixer.CONNECTION_MANAGER
    reauthorizing_helps: ClassVar[bool] = True


@dataclass(kw_only=True, eq=False)
class NotReady(ConsoleError):
    """A requirement of a card isn't met. No call was made to Gmail."""

    status: ClassVar[int] = 409
    retry: ClassVar[Retry] = Retry.AFTER_FIX


@dataclass(kw_only=True, eq=False)
class CardFailed(ConsoleError):
    """Google was asked and refused."""

    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class TryLater(ConsoleError):
    """A passing failure: nothing is wrong with the connection."""

    status: ClassVar[int] = 503
    fixer: ClassVar[Fixer] = Fixer.NOBODY
    retry: ClassVar[Retry] = Retry.LATER
    retry_at: datetime | None = None

    @property
    def members(self) -> dict[str, Any]:
        return {"retry_at": self.retry_at.isoformat()} if self.retry_at else {}


@dataclass(kw_only=True, eq=False)
class OutcomeUnknown(ConsoleError):
    """Something may or may not have happened at Google, and it can't be found out."""

    status: ClassVar[int] = 502
    retry: ClassVar[Retry] = Retry.UNKNOWN_OUTCOME


@dataclass(kw_only=True, eq=False)
class FlowInvalid(ConsoleError):
    """What was written can't run as it stands."""

    status: ClassVar[int] = 422


@dataclass(kw_only=True, eq=False)
class Conflict(ConsoleError):
    """Two things can't both be so."""

    status: ClassVar[int] = 409


@dataclass(kw_only=True, eq=False)
class AccessDenied(ConsoleError):
    """The actor may not do this."""

    status: ClassVar[int] = 403


@dataclass(kw_only=True, eq=False)
class VaultFailure(ConsoleError):
    """A sealed value didn't open. One text for every reason, so that it tells an attacker nothing."""

    code: ClassVar[str] = "vault.cannot_open"
    title: ClassVar[str] = "A sealed value can't be opened"
    cause_template: ClassVar[str] = "The vault could not open what is stored for this object."
    remedy_template: ClassVar[str] = (
        "Check that the key ring is the one this database was written with, then authorize the connection again."
    )
    status: ClassVar[int] = 500
    fixer: ClassVar[Fixer] = Fixer.OPERATOR


@dataclass(kw_only=True, eq=False)
class NotPermitted(AccessDenied):
    """The actor knows of the object, but may not do this with it."""

    code: ClassVar[str] = "access.not_permitted"
    title: ClassVar[str] = "You may not do this"
    cause_template: ClassVar[str] = "Your roles don't include the permission {permission}."
    remedy_template: ClassVar[str] = "Ask an administrator of this console for a role that includes it."
    fixer: ClassVar[Fixer] = Fixer.OPERATOR
    permission: str


@dataclass(kw_only=True, eq=False)
class NotFound(AccessDenied):
    """There is no such object, or the actor may not know of it: the answer is the same."""

    code: ClassVar[str] = "access.not_found"
    title: ClassVar[str] = "Not found"
    cause_template: ClassVar[str] = "There is no such {kind}, or it isn't shared with you."
    remedy_template: ClassVar[str] = "Check the address, or ask the owner to share it."
    status: ClassVar[int] = 404
    kind: str


@dataclass(kw_only=True, eq=False)
class InputRejected(ConsoleError):
    """What was typed can't be taken. ``fields`` maps each field's name to its messages."""

    code: ClassVar[str] = "input.rejected"
    title: ClassVar[str] = "Some of what you entered can't be used"
    cause_template: ClassVar[str] = "{summary}"
    remedy_template: ClassVar[str] = "Correct the fields named, then try again."
    status: ClassVar[int] = 422
    fields: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        return " ".join(f"{name}: {text}" for name, texts in self.fields.items() for text in texts)

    @property
    def cause(self) -> str:
        return self.summary

    @property
    def members(self) -> dict[str, Any]:
        return {"fields": {name: list(texts) for name, texts in self.fields.items()}}


@dataclass(kw_only=True, eq=False)
class EditStale(Conflict):
    """Somebody else saved in the meantime."""

    code: ClassVar[str] = "edit.stale"
    title: ClassVar[str] = "This was changed meanwhile"
    cause_template: ClassVar[str] = "Somebody saved a newer version after you opened this one."
    remedy_template: ClassVar[str] = "Reload, look at what changed, and make your change again."


def as_problem(error: ConsoleError) -> dict[str, Any]:
    """The error as the members of a problem+json body (RFC 9457), without ``type``."""
    return {
        "title": error.title,
        "status": error.status,
        "detail": error.cause,
        "code": error.code,
        "remedy": error.remedy,
        "fixer": str(error.fixer),
        "retry": str(error.retry),
        "reauthorizing_helps": error.reauthorizing_helps,
        **error.members,
    }


def error_classes(root: type[ConsoleError] = ConsoleError) -> Iterator[type[ConsoleError]]:
    """Every concrete error class that has been imported, each once, sorted by code."""

    def walk(cls: type[ConsoleError]) -> Iterator[type[ConsoleError]]:
        for sub in cls.__subclasses__():
            if "code" in sub.__dict__:
                yield sub
            yield from walk(sub)

    return iter(sorted(set(walk(root)), key=lambda cls: (cls.code, cls.__name__)))


def to_stored(error: ConsoleError) -> dict[str, Any]:
    """The error as JSON for a column: its code and its fields. :func:`from_stored` brings it back."""
    data = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in error.data.items()}
    return {"code": error.code, "data": data}


def from_stored(stored: Mapping[str, Any]) -> ConsoleError:
    """The error that :func:`to_stored` wrote. :raises KeyError: no such code is known to this version."""
    cls = next((each for each in error_classes() if each.code == stored["code"]), None)
    if cls is None:
        raise KeyError(stored["code"])
    data = dict(stored["data"])
    if data.get("retry_at"):
        data["retry_at"] = datetime.fromisoformat(data["retry_at"])
    return cls(**data)
