"""What can be wrong with scopes: those asked for, and those that a card lacks."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, ClassVar

from connections.extensions import short_scope
from kernel.errors import Fixer, InputRejected, NotReady


@dataclass(kw_only=True, eq=False)
class UnknownScope(InputRejected):
    """``suggestions`` maps each unknown scope to the nearest real one, short, or to an empty text."""

    code: ClassVar[str] = "scope.unknown"
    title: ClassVar[str] = "Google has no such scope"
    remedy_template: ClassVar[str] = "Correct the scope, or take the suggestion."
    suggestions: dict[str, str] = field(default_factory=dict)

    @property
    def members(self) -> dict[str, Any]:
        return {**super().members, "suggestions": self.suggestions}


@dataclass(kw_only=True, eq=False)
class ScopeAboveCeiling(InputRejected):
    code: ClassVar[str] = "scope.above_ceiling"
    title: ClassVar[str] = "The policy doesn't allow this scope"
    remedy_template: ClassVar[str] = "Leave the scope out, or ask an administrator of this console to allow it."


@dataclass(kw_only=True, eq=False)
class ScopeMissing(NotReady):
    """``scopes`` are short names, any one of which would do.

    ``withheld`` says that just these were asked for and aren't granted, ``taken_back`` that they were granted,
    as far as this console knew. :func:`missing_scope` tells which.
    """

    code: ClassVar[str] = "scope.missing"
    title: ClassVar[str] = "A scope is missing"
    fixer: ClassVar[Fixer] = Fixer.CONNECTION_MANAGER
    reauthorizing_helps: ClassVar[bool] = True
    cause_template: ClassVar[str] = "{card} needs {needed}, which {why}."
    remedy_template: ClassVar[str] = "Reauthorize the connection with {first}, and tick it on Google's page."
    card: str
    scopes: list[str]
    withheld: bool
    taken_back: bool = False

    @property
    def cause(self) -> str:
        asked = "was asked for, but isn't granted" if self.withheld else "was not asked for"
        why = "Google doesn't grant any more" if self.taken_back else asked
        return self.cause_template.format(card=self.card, needed=" or ".join(self.scopes), why=why)

    @property
    def remedy(self) -> str:
        return self.remedy_template.format(first=self.scopes[0])


def missing_scope(
    card: str, group: Collection[str], *, requested: Collection[str], granted: Collection[str] = ()
) -> ScopeMissing:
    """What to say of a group of full scopes that lacks, by what of it was asked for.

    ``granted`` matters where Google refused a call that what it granted should have been enough for.
    """
    taken_back = [scope for scope in group if scope in granted]
    withheld = [scope for scope in group if scope in requested and not taken_back]
    return ScopeMissing(
        card=card,
        scopes=[short_scope(scope) for scope in taken_back or withheld or group],
        withheld=bool(withheld),
        taken_back=bool(taken_back),
    )


@dataclass(kw_only=True, eq=False)
class ScopesWithheld(NotReady):
    """``scopes`` are short names of what was asked for and isn't granted, whoever held it back."""

    code: ClassVar[str] = "scope.withheld"
    title: ClassVar[str] = "Not all that was asked for was granted"
    cause_template: ClassVar[str] = (
        "{asked} asked for, but not granted at Google. Cards that don't need {it} still run."
    )
    remedy_template: ClassVar[str] = "Reauthorize the connection and tick {boxes} on Google's page."
    fixer: ClassVar[Fixer] = Fixer.CONNECTION_MANAGER
    reauthorizing_helps: ClassVar[bool] = True
    scopes: list[str]

    @property
    def cause(self) -> str:
        verb, it = ("was", "it") if len(self.scopes) == 1 else ("were", "them")
        return self.cause_template.format(asked=f"{' and '.join(_listed(self.scopes))} {verb}", it=it)

    @property
    def remedy(self) -> str:
        return self.remedy_template.format(boxes="its box" if len(self.scopes) == 1 else "every box")


def _listed(names: list[str]) -> list[str]:
    """The names with all but the last in one, so that ``and`` goes between the two."""
    return [", ".join(names[:-1]), names[-1]] if len(names) > 1 else names
