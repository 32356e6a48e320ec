"""What becomes of requests that people write themselves, with Custom API Action."""

from dataclasses import dataclass
from typing import ClassVar

from connections.errors import UnrecognizedAnswer
from kernel.errors import Fixer, OutcomeUnknown


@dataclass(kw_only=True, eq=False)
class RequestRefused(UnrecognizedAnswer):
    """Google refused it for a reason that only whoever wrote the request can judge."""

    code: ClassVar[str] = "gmail.request_refused"
    title: ClassVar[str] = "Google refused the request"
    remedy_template: ClassVar[str] = (
        "Compare the Relative URL, the Query and the Body with Google's reference of the Gmail API, correct them, then "
        "run the card again."
    )
    status: ClassVar[int] = 422
    fixer: ClassVar[Fixer] = Fixer.YOU


@dataclass(kw_only=True, eq=False)
class RequestOutcomeUnknown(OutcomeUnknown):
    """``what`` is the request, as the beginning of a sentence."""

    code: ClassVar[str] = "gmail.request_outcome_unknown"
    title: ClassVar[str] = "It is not known whether Google carried the request out"
    cause_template: ClassVar[str] = "{what}: {reason}. It was not sent a second time."
    remedy_template: ClassVar[str] = "Look into the mailbox whether it took effect, before you run the card again."
    what: str
    reason: str
