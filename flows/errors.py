"""What can be wrong with a run itself, beside what its card met."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.errors import CardFailed, Conflict, ConsoleError, Fixer, InputRejected


@dataclass(kw_only=True, eq=False)
class NothingToDecide(Conflict):
    """Somebody decided meanwhile, or the run never waited for a decision."""

    code: ClassVar[str] = "run.nothing_to_decide"
    title: ClassVar[str] = "The run doesn't wait for a decision"
    cause_template: ClassVar[str] = "The run is {state}. Somebody may have decided before you."
    remedy_template: ClassVar[str] = "Reload the run and look at where it stands."
    state: str


@dataclass(kw_only=True, eq=False)
class IdempotencyKeyReused(InputRejected):
    code: ClassVar[str] = "run.idempotency_key_reused"
    title: ClassVar[str] = "This Idempotency-Key belongs to another run"
    remedy_template: ClassVar[str] = "Send a new key with a new request; repeat a key only with the same request."


@dataclass(kw_only=True, eq=False)
class CardBroke(CardFailed):
    """A mistake in the card's code, not in what was typed or at Google."""

    code: ClassVar[str] = "card.broke"
    title: ClassVar[str] = "The card stopped unexpectedly"
    cause_template: ClassVar[str] = "{card} ran into an error of its own ({kind})."
    remedy_template: ClassVar[str] = "Give whoever operates this console the id of the run; the log has the details."
    status: ClassVar[int] = 500
    fixer: ClassVar[Fixer] = Fixer.OPERATOR
    card: str
    kind: str


class RunProblem(Exception):
    """A card run that the API answers with a problem: its error, and the run it belongs to."""

    def __init__(self, error: ConsoleError, run_id: UUID) -> None:
        self.error = error
        self.run_id = run_id
        super().__init__(str(error))
