"""Runs as lists show them: the newest, those that wait for somebody's decision, and what a search finds."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from access.actor import Actor
from connections.models import nickname_key
from flows.cards import AnyCard
from flows.catalog import all_cards, get_card
from flows.history import starter
from flows.models import Phase, Run, RunState, StepRun, Trigger
from flows.run_status import step_status

_SEALED = ("sealed_options", "sealed_inputs", "sealed_outputs")


@dataclass(frozen=True, kw_only=True)
class RunLine:
    """A card run in one line. ``status`` is the key of its look, ``words`` say it."""

    step: StepRun
    card: AnyCard
    status: str
    words: str
    starter: str

    @property
    def nickname(self) -> str:
        return self.step.connection.nickname if self.step.connection else ""


@dataclass(frozen=True, kw_only=True)
class RunLines:
    """The first lines, and how many there are of all."""

    lines: tuple[RunLine, ...]
    total: int

    @property
    def more(self) -> int:
        return self.total - len(self.lines)


def newest_runs(actor: Actor, *, most: int) -> tuple[RunLine, ...]:
    """The newest card runs that the actor may know of."""
    return _lines(_steps(Run.objects.visible_to(actor))[:most])


def undecided_runs(actor: Actor, *, most: int) -> RunLines:
    """Sends whose outcome is unknown and that the actor may decide on, those that wait the longest first."""
    waiting = _steps(Run.objects.reachable(actor, "run.resolve")).filter(state=RunState.WAITING, phase=Phase.UNKNOWN)
    return RunLines(lines=_lines(waiting.order_by("run__created_at", "run_id")[:most]), total=waiting.count())


def find_runs(actor: Actor, text: str, *, most: int) -> RunLines:
    """The newest runs whose card, connection, account, starter or id the text names, of those the actor may know of."""
    titles = [card.key for card in all_cards() if text.casefold() in card.title.casefold()]
    named = Q(card_key__in=titles) | Q(connection__nickname_key__contains=nickname_key(text))
    named |= Q(connection__account_email__icontains=text)
    named |= Q(run__owner__name__icontains=text) | Q(run__owner__email__icontains=text)
    run_id = _run_id(text)
    found = _steps(Run.objects.visible_to(actor)).filter(named | Q(run_id=run_id) if run_id else named)
    return RunLines(lines=_lines(found[:most]), total=found.count())


def _steps(runs: QuerySet[Run]) -> QuerySet[StepRun]:
    rows = StepRun.objects.filter(run__in=runs, run__trigger=Trigger.CARD).select_related(
        "connection", "run__owner", "run__key"
    )
    return rows.defer(*_SEALED).order_by("-run__created_at", "-run_id")


def _run_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _lines(steps: Iterable[StepRun]) -> tuple[RunLine, ...]:
    return tuple(
        RunLine(
            step=step,
            card=get_card(step.card_key),
            status="outcome_unknown" if _is_undecided(step) else step.state,
            words=step_status(step).words,
            starter=starter(step.run),
        )
        for step in steps
    )


def _is_undecided(step: StepRun) -> bool:
    return step.state == RunState.WAITING and step.phase == Phase.UNKNOWN
