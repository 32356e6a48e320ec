"""A flow's run card by card, as its page and the API show it: what ran, what waits, and what didn't come to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from access import policy
from access.actor import Actor
from flows.cards import Function
from flows.catalog import declared_of, title_of
from flows.definition import TRIGGER, Definition, PlacedCard, TriggerKind, read_definition
from flows.engine.run_steps import RunSteps
from flows.engine.sealed_values import INPUTS, OPTIONS, OUTPUTS, open_values
from flows.engine.walk import Broken, turns_of, where
from flows.functions import for_each
from flows.models import ENDED, Phase, Run, RunState, StepRun
from kernel.errors import ConsoleError, from_stored

Steps = Mapping[str, StepRun]


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What passed through a card, for the eyes of the run's owner."""

    options: Mapping[str, Any]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class CardLine:
    """One card of the run. ``step`` is None where it didn't run. ``block`` names the block that it is in, in words.

    ``shows``: what passed through it is for the actor's eyes.
    """

    path: str
    number: int
    title: str
    card_key: str
    block: str
    step: StepRun | None
    error: ConsoleError | None
    note: str
    shows: bool

    @property
    def card_id(self) -> str:
        """The card's in the flow's definition."""
        return self.path.rpartition("/")[2]

    @property
    def block_path(self) -> str:
        """The block around it: the path of a card, a dot, the block's name there. Empty outside of all blocks."""
        return self.path.rpartition("/")[0]

    @cached_property
    def passed(self) -> Passed | None:
        """Opened when it is asked for. :raises VaultFailure: what is kept can't be opened."""
        return _passed(self.step) if self.step and self.shows else None

    @property
    def state(self) -> str:
        if self.step is None:
            return "not_run"
        is_unknown = self.step.state == RunState.WAITING and self.step.phase == Phase.UNKNOWN
        return "outcome_unknown" if is_unknown else str(self.step.state)


@dataclass(frozen=True, kw_only=True)
class FlowRunDetails:
    """``failed_at`` is the path of the card at which it can be resumed; empty where it can't.

    ``may_…`` say what the actor may do with the run as it stands.
    """

    run: Run
    lines: tuple[CardLine, ...]
    error: ConsoleError | None
    failed_at: str
    may_decide: bool
    may_resume: bool
    may_release: bool
    may_cancel: bool

    def count(self, state: str) -> int:
        return sum(line.state == state for line in self.lines)


def flow_run_details(actor: Actor, run: Run) -> FlowRunDetails:
    """:raises VaultFailure: the list of a For Each is kept and can't be opened."""
    steps: Steps = {step.path: step for step in run.steps.select_related("connection")}
    shows = run.saves_data and run.data_removed_at is None and actor.user_id == run.owner_id
    definition = read_definition(run.version.definition) if run.version else None
    lines = tuple(_Lines(definition, steps, shows=shows)) if definition else tuple(_bare(steps))
    may = policy.may(actor, "run.resolve", run)
    failed_at = _failed_at(run, definition) if definition else ""
    is_undecided = any(line.state == "outcome_unknown" for line in lines)
    return FlowRunDetails(
        run=run,
        lines=lines,
        error=from_stored(run.cause) if run.cause else None,
        failed_at=failed_at,
        may_decide=may and is_undecided,
        may_resume=may and bool(failed_at),
        may_release=may and run.state == RunState.WAITING and not is_undecided,
        may_cancel=may and run.state not in ENDED,
    )


def _failed_at(run: Run, definition: Definition) -> str:
    if run.state != RunState.FAILED or run.data_removed_at:
        return ""
    found = where(definition, RunSteps(run.pk))
    return found.step.path if isinstance(found, Broken) else ""


def _bare(steps: Steps) -> Iterator[CardLine]:
    """Of a flow that was deleted only what ran is known."""
    for number, (path, step) in enumerate(sorted(steps.items(), key=lambda each: each[1].position), 1):
        yield _line(path, number, step.card_key, step, shows=False)


@dataclass(frozen=True)
class _Lines:
    definition: Definition
    steps: Steps
    shows: bool

    def __iter__(self) -> Iterator[CardLine]:
        trigger = self.definition.trigger
        key = trigger.card if trigger.kind is TriggerKind.EVENT else f"trigger.{trigger.kind}"
        yield _line(TRIGGER, 1, key, self.steps.get(TRIGGER), shows=self.shows, note=trigger.note)
        numbers = {card_id: number for number, card_id in enumerate(_ids(self.definition.cards), 2)}
        yield from self._along(self.definition.cards, "", numbers, "")

    def _along(
        self, cards: tuple[PlacedCard, ...], before: str, numbers: Mapping[str, int], block: str
    ) -> Iterator[CardLine]:
        for card in cards:
            path = f"{before}{card.id}"
            yield _line(
                path,
                numbers[card.id],
                card.card,
                self.steps.get(path),
                block=block,
                shows=self.shows,
                note=card.note,
            )
            yield from self._inside(card, path, numbers)

    def _inside(self, card: PlacedCard, path: str, numbers: Mapping[str, int]) -> Iterator[CardLine]:
        step = self.steps.get(path)
        if card.card == for_each.card.key:
            is_kept = step is not None and step.state == RunState.COMPLETED and bytes(step.sealed_inputs)
            turns = turns_of(step) if step and is_kept else self._turns_seen(path)
            for index in range(turns) if turns else (0,):
                title = f"Item {index + 1} of {turns}" if turns else "For each item"
                yield from self._along(card.blocks.get("each", ()), f"{path}.each[{index}]/", numbers, title)
            return
        declared = declared_of(card.card)
        titles = {each.name: each.title for each in declared.blocks} if isinstance(declared, Function) else {}
        for name, cards in card.blocks.items():
            yield from self._along(cards, f"{path}.{name}/", numbers, titles.get(name, name))

    def _turns_seen(self, path: str) -> int:
        """Once the list is gone: as many as left a row."""
        begun = [each for each in self.steps if each.startswith(f"{path}.each[")]
        return max((int(each[len(path) + 6 :].partition("]")[0]) + 1 for each in begun), default=0)


def _ids(cards: tuple[PlacedCard, ...]) -> Iterator[str]:
    for card in cards:
        yield card.id
        for inner in card.blocks.values():
            yield from _ids(inner)


def _line(
    path: str,
    number: int,
    key: str,
    step: StepRun | None,
    *,
    shows: bool,
    block: str = "",
    note: str = "",
) -> CardLine:
    return CardLine(
        path=path,
        number=number,
        title=title_of(key),
        card_key=key,
        block=block,
        step=step,
        error=from_stored(step.cause) if step and step.cause else None,
        note=note,
        shows=shows,
    )


def _passed(step: StepRun) -> Passed | None:
    if not bytes(step.sealed_inputs):
        return None
    return Passed(
        options=open_values(step, OPTIONS), inputs=open_values(step, INPUTS), outputs=open_values(step, OUTPUTS)
    )
