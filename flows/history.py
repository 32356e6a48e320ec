"""Execution History: runs as its list shows them, searched, filtered and counted; nothing is sampled."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, Subquery

from access.actor import Actor
from connections.errors import SendOutcomeUnknown
from connections.models import nickname_key
from flows.catalog import all_cards, title_of
from flows.models import Run, RunState, StepRun, Trigger
from flows.querysets import RunQuerySet
from flows.run_status import RunStatus, run_status
from kernel.clock import now
from kernel.errors import InputRejected

MOST_COUNTED = 10_000
"""As many runs are counted exactly; of more it is said that there are more."""


@dataclass(frozen=True, kw_only=True)
class RunFilters:
    """``state`` is one of RunState's, ``trigger`` one of Trigger's; ``connection`` and ``card`` are of a step.

    ``days`` leaves those that were made within so many days.
    """

    search: str = ""
    state: str = ""
    flow: UUID | None = None
    trigger: str = ""
    connection: UUID | None = None
    card: str = ""
    days: int = 0


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """``title`` is the flow's name, of a card run the card's title. ``at_card`` is where it failed or waits."""

    run: Run
    title: str
    status: RunStatus
    starter: str
    at_card: str
    nickname: str

    @property
    def lasted(self) -> timedelta | None:
        run = self.run
        return (run.ended_at or now()) - run.started_at if run.started_at else None


@dataclass(frozen=True, kw_only=True)
class RunPage:
    """``total`` counts every row up to :data:`MOST_COUNTED` and one more; ``by_state`` all but for the state filter."""

    rows: tuple[RunRow, ...]
    total: int
    by_state: Counter[str]
    number: int
    limit: int

    @property
    def has_next(self) -> bool:
        return self.number * self.limit < self.total or (self.total > MOST_COUNTED and len(self.rows) == self.limit)

    @property
    def first(self) -> int:
        return (self.number - 1) * self.limit + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


def list_runs(actor: Actor, filters: RunFilters, *, page: int = 1, limit: int = 50) -> RunPage:
    """The runs that the actor may know of, the newest first. :raises InputRejected: a filter names what isn't there."""
    runs = found_runs(actor, filters)
    first = (page - 1) * limit
    but_for_state = found_runs(actor, replace(filters, state=""))
    return RunPage(
        rows=rows_of(runs[first : first + limit]),
        total=runs.order_by()[: MOST_COUNTED + 1].count(),
        by_state=Counter(dict(_counts(but_for_state))),
        number=page,
        limit=limit,
    )


def _counts(runs: RunQuerySet) -> Iterator[tuple[str, int]]:
    for state in RunState:
        yield state.value, runs.filter(state=state).order_by()[: MOST_COUNTED + 1].count()


def found_runs(actor: Actor, filters: RunFilters) -> RunQuerySet:
    """All of them. :raises InputRejected: a filter names what isn't there."""
    runs = Run.objects.visible_to(actor).select_related("owner", "started_by", "key", "version", "waits_for")
    _check("state", filters.state, RunState.values)
    _check("trigger", filters.trigger, Trigger.values)
    if filters.state:
        runs = runs.filter(state=filters.state)
    if filters.trigger:
        runs = runs.filter(trigger=filters.trigger)
    if filters.flow:
        runs = runs.filter(flow_id=filters.flow)
    if filters.days:
        runs = runs.filter(created_at__gte=now() - timedelta(days=filters.days))
    if filters.connection:
        runs = runs.filter(Exists(StepRun.objects.filter(connection_id=filters.connection, run=OuterRef("pk"))))
    if filters.card:
        runs = runs.filter(Exists(StepRun.objects.filter(card_key=filters.card, run=OuterRef("pk"))))
    if filters.search.strip():
        runs = runs.filter(_named(filters.search.strip()))
    return runs.order_by("-created_at", "-pk")


def filters_in_words(filters: RunFilters) -> dict[str, str]:
    """Those that are set, by name."""
    return {name: str(value) for name, value in asdict(filters).items() if value}


def _check(name: str, value: str, known: Iterable[str]) -> None:
    if value and value not in known:
        raise InputRejected(fields={name: [f"Give one of: {', '.join(known)}."]})


def _named(text: str) -> Q:
    """Runs whose flow, card, connection, account, owner or id the text names."""
    titles = [card.key for card in all_cards() if text.casefold() in card.title.casefold()]
    steps = Q(card_key__in=titles) | Q(connection__nickname_key__contains=nickname_key(text))
    steps |= Q(connection__account_email__icontains=text)
    named = Q(flow_name__icontains=text) | Q(owner__name__icontains=text) | Q(owner__email__icontains=text)
    named |= Q(pk__in=StepRun.objects.filter(steps).values("run_id"))
    try:
        return named | Q(pk=UUID(text))
    except ValueError:
        return named


def rows_of(runs: Iterable[Run]) -> tuple[RunRow, ...]:
    """The same runs with what a list shows of them, in one query more."""
    listed = list(runs)
    last = StepRun.objects.filter(run=OuterRef("run")).order_by("-position").values("pk")[:1]
    steps = StepRun.objects.filter(run__in=[each.pk for each in listed], pk=Subquery(last)).select_related("connection")
    by_run = {step.run_id: step for step in steps.defer("sealed_options", "sealed_inputs", "sealed_outputs")}
    return tuple(_row(run, by_run.get(run.pk)) for run in listed)


def _row(run: Run, step: StepRun | None) -> RunRow:
    is_card_run = run.trigger == Trigger.CARD
    at_card = title_of(step.card_key) if step else ""
    is_stuck = run.state in {RunState.FAILED, RunState.WAITING, RunState.RUNNING}
    return RunRow(
        run=run,
        title=at_card if is_card_run else run.flow_name,
        status=run_status(run),
        starter=starter(run),
        at_card=at_card if is_stuck and not is_card_run else "",
        nickname=step.connection.nickname if step and step.connection else "",
    )


def starter(run: Run) -> str:
    """Who or what started it, and with which key."""
    if run.trigger == Trigger.CARD:
        return f"{run.owner}, API key {run.key.name}" if run.key else str(run.owner)
    if run.trigger == Trigger.NOW and run.started_by:
        return f"{run.started_by}, API key {run.key.name}" if run.key else str(run.started_by)
    if run.trigger == Trigger.EVENT and run.version:
        return title_of(run.version.definition["trigger"]["card"])
    return str(run.get_trigger_display())


def newest_runs(actor: Actor, *, most: int) -> tuple[RunRow, ...]:
    """The newest runs that the actor may know of."""
    return rows_of(found_runs(actor, RunFilters())[:most])


def waiting_runs(actor: Actor, *, most: int) -> tuple[tuple[RunRow, ...], int]:
    """Runs that wait for a person and that the actor may move on, those that wait the longest first, and how many.

    They wait for a connection that has to be mended, or for a decision. What waits for its time alone is left out.
    """
    for_a_person = Q(waits_for__isnull=False) | Q(cause__code=SendOutcomeUnknown.code)
    waiting = Run.objects.reachable(actor, "run.resolve").filter(for_a_person, state=RunState.WAITING)
    waiting = waiting.select_related("owner", "started_by", "key", "version", "waits_for")
    return rows_of(waiting.order_by("waiting_since", "created_at", "pk")[:most]), waiting.count()
