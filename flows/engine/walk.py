"""Where a flow's run stands, read from its definition and what its steps recorded: what is to be done next.

Nothing is kept between two cards but the rows, so that whoever takes a run up finds the same place.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flows.definition import TRIGGER, Definition, PlacedCard
from flows.engine.sealed_values import INPUTS, OUTPUTS, open_values
from flows.functions import continue_if, for_each, if_else, if_error
from flows.models import RunState, StepRun

Steps = Mapping[str, StepRun]


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


def where(definition: Definition, steps: Steps) -> Where:
    """What comes next in the run."""
    trigger = steps[TRIGGER]
    if trigger.state != RunState.COMPLETED:
        return _unfinished(TRIGGER, None, trigger)
    return _along(definition.cards, "", steps)


def _along(cards: tuple[PlacedCard, ...], before: str, steps: Steps) -> Where:
    for card in cards:
        path = f"{before}{card.id}"
        step = steps.get(path)
        found = _inside(card, path, step, steps) if _is_done(step) and step else _unfinished(path, card, step)
        if found != Over():
            return found
    return Over()


def _is_done(step: StepRun | None) -> bool:
    return step is not None and step.state == RunState.COMPLETED


def _unfinished(path: str, card: PlacedCard | None, step: StepRun | None) -> Where:
    if step is None or step.state in {RunState.QUEUED, RunState.RUNNING}:
        return Do(path=path, card=card)
    return Held(step=step) if step.state == RunState.WAITING else Broken(step=step)


def _inside(card: PlacedCard, path: str, step: StepRun, steps: Steps) -> Where:
    """What is still to be done within a card that has run itself."""
    match card.card:
        case continue_if.card.key:
            return Over(is_stopped=not open_values(step, OUTPUTS)["result"])
        case if_else.card.key:
            name = "then" if open_values(step, OUTPUTS)["result"] else "else"
            return _along(card.blocks.get(name, ()), f"{path}.{name}/", steps)
        case if_error.card.key:
            found = _along(card.blocks.get("try", ()), f"{path}.try/", steps)
            return _along(card.blocks.get("error", ()), f"{path}.error/", steps) if isinstance(found, Broken) else found
        case for_each.card.key:
            return _turns(card, path, step, steps)
        case _:
            return Over()


def _turns(card: PlacedCard, path: str, step: StepRun, steps: Steps) -> Where:
    """A Continue If ends the turn for one item only."""
    for index in range(turns_of(step)):
        found = _along(card.blocks.get("each", ()), f"{path}.each[{index}]/", steps)
        if not isinstance(found, Over):
            return found
    return Over()


def turns_of(step: StepRun) -> int:
    """How many items a For Each goes through."""
    return len(open_values(step, INPUTS)["list"])


def failed_within(card: PlacedCard, path: str, steps: Steps) -> StepRun | None:
    """The card that failed in the block Try of the If Error at that path, unless another If Error caught it there."""
    found = _along(card.blocks.get("try", ()), f"{path}.try/", steps)
    return found.step if isinstance(found, Broken) else None
