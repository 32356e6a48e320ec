"""What can be wrong with a flow or a run itself, beside what its cards meet."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.errors import AccessDenied, CardFailed, Conflict, ConsoleError, Fixer, FlowInvalid, InputRejected, Retry


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


@dataclass(kw_only=True, eq=False)
class EventBroke(CardFailed):
    """A mistake in the event's code, or in what this console remembers of the mailbox."""

    code: ClassVar[str] = "event.broke"
    title: ClassVar[str] = "The event can't be looked for"
    cause_template: ClassVar[str] = "{card} ran into an error of its own ({kind}) while it looked for news."
    remedy_template: ClassVar[str] = "Tell whoever operates this console; the log has the details."
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


@dataclass(kw_only=True, eq=False)
class NothingToUndo(Conflict):
    code: ClassVar[str] = "flow.nothing_to_undo"
    title: ClassVar[str] = "There is nothing to undo"
    cause_template: ClassVar[str] = "Every change that is kept was undone already. The last 50 are kept."
    remedy_template: ClassVar[str] = "Change the flow by hand."


@dataclass(kw_only=True, eq=False)
class NotSaved(FlowInvalid):
    """Only what was saved runs."""

    code: ClassVar[str] = "flow.not_saved"
    title: ClassVar[str] = "The flow was never saved"
    cause_template: ClassVar[str] = "{flow} has a draft, and no saved version that could run."
    remedy_template: ClassVar[str] = "Open the flow and choose Save."
    flow: str


@dataclass(kw_only=True, eq=False)
class FlowHasFindings(FlowInvalid):
    """``findings`` are in words, each with its card."""

    code: ClassVar[str] = "flow.has_findings"
    title: ClassVar[str] = "The flow can't run as it is saved"
    cause_template: ClassVar[str] = "{findings}"
    remedy_template: ClassVar[str] = "Open the flow, mend what it names, and save it."
    flow: str
    findings: list[str]

    @property
    def cause(self) -> str:
        more = len(self.findings) - 1
        return f"{self.findings[0]}{f' And {more} more.' if more else ''}"


@dataclass(kw_only=True, eq=False)
class CardUnknown(FlowInvalid):
    code: ClassVar[str] = "flow.card_unknown"
    title: ClassVar[str] = "There is no such card"
    cause_template: ClassVar[str] = "This console has no card {card}."
    remedy_template: ClassVar[str] = "Remove the card, or put another one in its place."
    card: str


@dataclass(kw_only=True, eq=False)
class ConnectionNotChosen(FlowInvalid):
    code: ClassVar[str] = "flow.connection_not_chosen"
    title: ClassVar[str] = "The card has no connection"
    cause_template: ClassVar[str] = "{card} runs with a connection, and none was chosen."
    remedy_template: ClassVar[str] = "Choose a connection for the card, or make a new one."
    card: str


@dataclass(kw_only=True, eq=False)
class ConnectionNotUsable(FlowInvalid):
    """The flow's owner may not use it, whoever looks at the flow. ``keeper`` owns the connection."""

    code: ClassVar[str] = "flow.connection_not_shared"
    title: ClassVar[str] = "The flow's owner can't use the connection"
    cause_template: ClassVar[str] = "{nickname} isn't shared with {owner}, who owns this flow, or it was deleted."
    remedy_template: ClassVar[str] = (
        "Ask {keeper} or a Connection Manager to share {nickname} with {owner}, or choose another connection for the "
        "card."
    )
    status: ClassVar[int] = 409
    fixer: ClassVar[Fixer] = Fixer.CONNECTION_MANAGER
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    nickname: str
    owner: str
    keeper: str = "its owner"


@dataclass(kw_only=True, eq=False)
class FieldInvalid(FlowInvalid):
    """``label`` is the field's, with the ones around it; ``text`` says what is wrong and the way out."""

    code: ClassVar[str] = "flow.field_invalid"
    title: ClassVar[str] = "A field can't be used as it is"
    cause_template: ClassVar[str] = "{card}, {label}: {text}"
    remedy_template: ClassVar[str] = "Open the card and correct {label}."
    card: str
    label: str
    text: str


@dataclass(kw_only=True, eq=False)
class TooManyItems(CardFailed):
    code: ClassVar[str] = "flow.too_many_items"
    title: ClassVar[str] = "The list is too long"
    cause_template: ClassVar[str] = "For Each goes through at most {most} items; these are {items}."
    remedy_template: ClassVar[str] = "Give it a shorter list, such as a search with a smaller limit."
    items: int
    most: int


@dataclass(kw_only=True, eq=False)
class FlowGone(FlowInvalid):
    """A flow is deleted with its versions; its runs under way are canceled with it."""

    code: ClassVar[str] = "run.flow_deleted"
    title: ClassVar[str] = "The flow was deleted"
    cause_template: ClassVar[str] = "{flow} was deleted while this run was under way."
    remedy_template: ClassVar[str] = "Make the flow again, or import it, and run it."
    flow: str


@dataclass(kw_only=True, eq=False)
class WorkersKilled(CardFailed):
    """A worker that ends at a card is replaced; one that ends there again and again is ended by it."""

    code: ClassVar[str] = "run.killed_workers"
    title: ClassVar[str] = "Workers ended while the card ran"
    cause_template: ClassVar[str] = "{times} workers ended while they ran this card, so it isn't tried again."
    remedy_template: ClassVar[str] = "Look into the worker's log and the machine's memory, then resume from this card."
    status: ClassVar[int] = 500
    fixer: ClassVar[Fixer] = Fixer.OPERATOR
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    times: int


@dataclass(kw_only=True, eq=False)
class NothingToResume(Conflict):
    code: ClassVar[str] = "run.nothing_to_resume"
    title: ClassVar[str] = "The run can't be resumed"
    cause_template: ClassVar[str] = (
        "Only a flow's run that failed can go on from its failed card, as long as what passed through it is kept."
    )
    remedy_template: ClassVar[str] = "Reload the run and look at where it stands, or run the flow again."


@dataclass(kw_only=True, eq=False)
class NothingToRelease(Conflict):
    code: ClassVar[str] = "run.nothing_to_release"
    title: ClassVar[str] = "The run doesn't wait for anything that can be tried"
    cause_template: ClassVar[str] = "It goes on already, has ended, or waits for a decision."
    remedy_template: ClassVar[str] = "Reload the run and look at where it stands."


@dataclass(kw_only=True, eq=False)
class NothingToCancel(Conflict):
    code: ClassVar[str] = "run.nothing_to_cancel"
    title: ClassVar[str] = "The run can't be canceled"
    cause_template: ClassVar[str] = "It has ended, or is a card run, which ends by itself."
    remedy_template: ClassVar[str] = "Reload the run and look at where it stands."


@dataclass(kw_only=True, eq=False)
class FlowIsOff(Conflict):
    code: ClassVar[str] = "flow.is_off"
    title: ClassVar[str] = "The flow is off"
    cause_template: ClassVar[str] = "{flow} takes deliveries only while it is on and starts with its API endpoint."
    remedy_template: ClassVar[str] = "Turn the flow on, then deliver again."
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    flow: str


@dataclass(kw_only=True, eq=False)
class SignatureRefused(AccessDenied):
    code: ClassVar[str] = "hook.signature_refused"
    title: ClassVar[str] = "The delivery isn't signed as it has to be"
    cause_template: ClassVar[str] = "{reason}."
    remedy_template: ClassVar[str] = "Sign it as Standard Webhooks has it, with the signing secret of the flow."
    status: ClassVar[int] = 401
    reason: str


@dataclass(kw_only=True, eq=False)
class DeliveryTooLarge(CardFailed):
    code: ClassVar[str] = "hook.too_large"
    title: ClassVar[str] = "The delivery is too large"
    cause_template: ClassVar[str] = "An API endpoint takes at most {most} bytes."
    remedy_template: ClassVar[str] = "Send less, such as an address from which the flow can read the rest."
    status: ClassVar[int] = 413
    most: int
