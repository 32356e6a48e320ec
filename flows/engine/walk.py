"""Where a flow's run stands, read from its definition and what its steps recorded: what is to be done next.

Nothing is kept between two cards but the rows, so that whoever takes a run up finds the same place. Cards run one
after the other, so whatever lies before the card that began last is over, and isn't looked at again.
"""

import re
from dataclasses import dataclass

from flows.definition import TRIGGER, Definition, PlacedCard
from flows.engine.run_steps import RunSteps
from flows.engine.sealed_values import INPUTS, OUTPUTS, open_values
from flows.functions import continue_if, for_each, if_else, if_error
from flows.models import RunState, StepRun

_TURN = re.compile(r"each\[([0-9]+)\]")


@dataclass(frozen=True, kw_only=True)
class Do:
    """``card`` is next, None for the trigger. ``path`` is its place."""

    path: str
    card: PlacedCard | None


@dataclass(frozen=True, kw_only=True)
class Held:
    """A card waits, and with it the run."""

    step: StepRun


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A card failed, and no If Error is around it."""

    step: StepRun


@dataclass(frozen=True, kw_only=True)
class Over:
    """Every card has run. ``is_stopped``: a Continue If let no further one run."""

    is_stopped: bool = False


Where = Do | Held | Broken | Over


def where(definition: Definition, steps: RunSteps) -> Where:
    """What comes next in the run."""
    last = steps.last()
    trigger = steps.get(TRIGGER) if last == TRIGGER else None
    if trigger and trigger.state != RunState.COMPLETED:
        return _unfinished(TRIGGER, None, trigger)
    return _Walk(steps=steps, last=last).along(definition.cards, "")


def turns_of(step: StepRun) -> int:
    """How many items a For Each goes through."""
    return len(open_values(step, INPUTS)["list"])


def failed_within(card: PlacedCard, path: str, steps: RunSteps) -> StepRun | None:
    """The card that failed in the block Try of the If Error at that path, unless another If Error caught it there."""
    inside = f"{path}.try/"
    found = _Walk(steps=steps, last=steps.last(inside)).along(card.blocks.get("try", ()), inside)
    return found.step if isinstance(found, Broken) else None


def _unfinished(path: str, card: PlacedCard | None, step: StepRun | None) -> Where:
    if step is None or step.state in {RunState.QUEUED, RunState.RUNNING}:
        return Do(path=path, card=card)
    return Held(step=step) if step.state == RunState.WAITING else Broken(step=step)


@dataclass(frozen=True, kw_only=True)
class _Walk:
    """``last`` is the path of the card that began last."""

    steps: RunSteps
    last: str

    def along(self, cards: tuple[PlacedCard, ...], before: str) -> Where:
        begun = (index for index, card in enumerate(cards) if self._is_at(f"{before}{card.id}"))
        for card in cards[next(begun, 0) :]:
            path = f"{before}{card.id}"
            step = self.steps.get(path) if self._is_at(path) else None
            is_done = step is not None and step.state == RunState.COMPLETED
            found = self._inside(card, path, step) if is_done and step else _unfinished(path, card, step)
            if found != Over():
                return found
        return Over()

    def _is_at(self, path: str) -> bool:
        return self.last == path or self.last.startswith(f"{path}.")

    def _block(self, path: str) -> str:
        """The block of the card at that path in which the last one began; empty where none did."""
        return self.last.removeprefix(f"{path}.").partition("/")[0] if self.last != path else ""

    def _inside(self, card: PlacedCard, path: str, step: StepRun) -> Where:
        """What is still to be done within a card that has run itself."""
        match card.card:
            case continue_if.card.key:
                return Over(is_stopped=not self.steps.opened(step, OUTPUTS)["result"])
            case if_else.card.key:
                name = self._block(path) or ("then" if self.steps.opened(step, OUTPUTS)["result"] else "else")
                return self._along_block(card, path, name)
            case if_error.card.key:
                found = self._along_block(card, path, self._block(path) or "try")
                is_broken = isinstance(found, Broken) and self._block(path) != "error"
                return self._along_block(card, path, "error") if is_broken else found
            case for_each.card.key:
                return self._turns(card, path, step)
            case _:
                return Over()

    def _along_block(self, card: PlacedCard, path: str, name: str) -> Where:
        return self.along(card.blocks.get(name, ()), f"{path}.{name}/")

    def _turns(self, card: PlacedCard, path: str, step: StepRun) -> Where:
        """A Continue If ends the turn for one item only."""
        cards = card.blocks.get("each", ())
        turn = _TURN.fullmatch(self._block(path))
        index = int(turn[1]) if turn else -1
        found = self.along(cards, f"{path}.each[{index}]/") if turn else Over()
        if not isinstance(found, Over):
            return found
        is_more = cards and index + 1 < len(self.steps.opened(step, INPUTS)["list"])
        return self.along(cards, f"{path}.each[{index + 1}]/") if is_more else Over()
