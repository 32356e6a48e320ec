"""What becomes of several settings of a mailbox where one of them can't be set."""

from dataclasses import dataclass
from typing import ClassVar

from kernel.errors import CardFailed, Retry, TryLater

SAFE = "What is set already stays as it is, and isn't set a second time."


@dataclass(kw_only=True, eq=False)
class SettingsPartlySet(CardFailed):
    """``applied`` are the groups that were set before ``group`` failed, with its own cause and remedy."""

    code: ClassVar[str] = "gmail.settings_partly_set"
    title: ClassVar[str] = "Only some of the settings were changed"
    cause_template: ClassVar[str] = "{applied} set before {group} failed: {reason}"
    remedy_template: ClassVar[str] = "{advice} Then run the card again. " + SAFE
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    applied: list[str]
    group: str
    reason: str
    advice: str

    @property
    def cause(self) -> str:
        return self.cause_template.format(applied=_listed(self.applied), group=self.group, reason=self.reason)


@dataclass(kw_only=True, eq=False)
class SettingsInterrupted(TryLater):
    """As :class:`SettingsPartlySet`, where the failure of ``group`` passes by itself."""

    code: ClassVar[str] = "gmail.settings_interrupted"
    title: ClassVar[str] = "Only some of the settings were changed so far"
    cause_template: ClassVar[str] = "{applied} set before {group} failed: {reason}"
    remedy_template: ClassVar[str] = "Wait a few minutes, then run the card again. " + SAFE
    applied: list[str]
    group: str
    reason: str

    @property
    def cause(self) -> str:
        return self.cause_template.format(applied=_listed(self.applied), group=self.group, reason=self.reason)


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]} were" if len(names) > 1 else f"{names[0]} was"
