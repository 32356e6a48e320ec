"""The cards of a flow's run as its page draws them: one below the other, blocks and turns of For Each folded."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from access.actor import Actor
from connections.details import Finding
from connections.models import Connection
from connections.rights import Rights, rights_by_id
from flows.cards import Card
from flows.catalog import declared_of
from flows.flow_run_details import CardLine, FlowRunDetails
from flows.models import RunState, StepRun
from flows.pages.run_words import lasted_words
from flows.pages.shown_values import Shown, shown_any, shown_inputs, shown_outputs
from flows.run_status import OUTCOME_UNKNOWN, step_status

FEW_TURNS = 3
"""So many turns lie open; of more, each is folded unless something is to be seen in it."""
MOST_TURNS = 50
"""So many turns are on the page, and with them all in which something is to be seen."""
_TO_SEE = (RunState.FAILED, OUTCOME_UNKNOWN, RunState.WAITING, RunState.RUNNING, RunState.QUEUED)


@dataclass(frozen=True, kw_only=True)
class ShownBlock:
    """A block of a card, or one turn of it. ``state`` is the first thing to be seen in it, else how it stands."""

    path: str
    title: str
    state: str
    is_open: bool
    cards: tuple["ShownCard", ...]


@dataclass(frozen=True, kw_only=True)
class ShownCard:
    """``inputs`` and ``outputs`` are what its owner may see. ``rights`` are those on its connection, None where the
    actor doesn't see it. ``left_out`` counts turns that are too many for a page.
    """

    line: CardLine
    words: str
    lasted: str
    inputs: tuple[Shown, ...] | None
    outputs: tuple[Shown, ...] | None
    rights: Rights | None
    blocks: tuple[ShownBlock, ...]
    left_out: int

    @property
    def finding(self) -> Finding | None:
        error = self.line.error
        return Finding(number=1, error=error, cards=(self.line.title,), is_known=True) if error else None


def shown_cards(actor: Actor, details: FlowRunDetails) -> tuple[ShownCard, ...]:
    return tuple(_Board(actor, details).cards(""))


class _Board:
    def __init__(self, actor: Actor, details: FlowRunDetails) -> None:
        self._lines: dict[str, list[CardLine]] = defaultdict(list)
        self._blocks: dict[str, list[str]] = defaultdict(list)
        self._states: dict[str, set[str]] = defaultdict(set)
        for line in details.lines:
            self._add(line)
        used = {each.step.connection_id for each in details.lines if each.step and each.step.connection_id}
        self._rights = rights_by_id(actor, list(Connection.objects.visible_to(actor).filter(pk__in=used)))

    def _add(self, line: CardLine) -> None:
        block = line.block_path
        if block not in self._lines:
            self._blocks[block.rpartition(".")[0]].append(block)
        self._lines[block].append(line)
        while block:
            self._states[block].add(line.state)
            block = block.rpartition("/")[0]

    def cards(self, block: str) -> Iterator[ShownCard]:
        for line in self._lines[block]:
            blocks = self._blocks.get(line.path, []) if line.path else []
            chosen = [each for index, each in enumerate(blocks) if index < MOST_TURNS or self._is_to_see(each)]
            few = len(blocks) <= FEW_TURNS
            step, (inputs, outputs) = line.step, _passed(line)
            yield ShownCard(
                line=line,
                words=step_status(step).words if step else "",
                lasted=_lasted(step),
                inputs=inputs,
                outputs=outputs,
                rights=self._rights.get(step.connection_id) if step and step.connection_id else None,
                blocks=tuple(self._block(each, few=few) for each in chosen),
                left_out=len(blocks) - len(chosen),
            )

    def _is_to_see(self, block: str) -> bool:
        return not self._states[block].isdisjoint(_TO_SEE)

    def _block(self, path: str, *, few: bool) -> ShownBlock:
        states = self._states[path]
        ran = states != {"not_run"}
        rest = RunState.CANCELED if RunState.CANCELED in states else RunState.COMPLETED if ran else "not_run"
        return ShownBlock(
            path=path,
            title=self._lines[path][0].block,
            state=next((each for each in _TO_SEE if each in states), rest),
            is_open=self._is_to_see(path) or (few and ran),
            cards=tuple(self.cards(path)),
        )


def _lasted(step: StepRun | None) -> str:
    if step is None or step.started_at is None or step.ended_at is None:
        return ""
    return lasted_words(step.ended_at - step.started_at)


def _passed(line: CardLine) -> tuple[tuple[Shown, ...] | None, tuple[Shown, ...] | None]:
    passed, declared = line.passed, declared_of(line.card_key)
    if passed is None:
        return None, None
    if isinstance(declared, Card):
        inputs = shown_inputs(declared, passed.options, passed.inputs)
        return inputs, shown_outputs(declared, passed.options, passed.outputs) if passed.outputs else None
    inputs = shown_any({**passed.options, **passed.inputs}, getattr(declared, "inputs", None))
    return inputs, shown_any(passed.outputs, declared.outputs if declared else None)
