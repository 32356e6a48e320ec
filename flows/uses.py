"""What of this package uses a connection: flows, and card runs that haven't ended."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, QuerySet
from django.urls import reverse

from access.actor import Actor
from connections.extensions import Use
from connections.models import Connection
from flows.catalog import get_card, title_of
from flows.models import ENDED, Flow, PlacedConnection, Run, StepRun, Trigger
from flows.operations.replace_connection import replace_connection
from kernel.clock import now

RECENT = timedelta(days=30)


class FlowsAndCardRuns:
    """The port's implementation."""

    def uses_of(self, connection_id: UUID) -> Iterator[Use]:
        yield from _flows(connection_id)
        yield from _card_runs(connection_id)

    def flow_counts(self, connection_ids: Collection[UUID]) -> Mapping[UUID, int]:
        placed = PlacedConnection.objects.filter(connection_id__in=connection_ids).order_by()
        counted = placed.values("connection_id").annotate(flows=Count("flow_id", distinct=True))
        return {row["connection_id"]: row["flows"] for row in counted}

    def replace(self, actor: Actor, old: Connection, new: Connection) -> int:
        return replace_connection(actor, old=old, new=new)


def _flows(connection_id: UUID) -> Iterator[Use]:
    """Flows whose draft or saved version uses it, by name."""
    cards: dict[Flow, dict[str, str]] = defaultdict(dict)
    rows = PlacedConnection.objects.filter(connection_id=connection_id)
    for placed in rows.select_related("flow__trigger_state").order_by("flow__name", "flow_id", "pk"):
        cards[placed.flow].setdefault(placed.card_id, title_of(placed.card_key))
    under_way = _runs_by_flow(Run.objects.exclude(state__in=ENDED), cards)
    recent = Run.objects.filter(created_at__gt=now() - RECENT, steps__connection_id=connection_id)
    recent_by_flow = _runs_by_flow(recent, cards)
    for flow, titles in cards.items():
        state = getattr(flow, "trigger_state", None)
        yield Use(
            kind="flow",
            title=flow.name,
            url=reverse("flow", args=[flow.pk]),
            waiting_runs=under_way.get(flow.pk, 0),
            steps=tuple(titles.values()),
            state="On" if flow.is_on else "Off",
            recent_runs=recent_by_flow.get(flow.pk, 0),
            next_at=state.due_at if state and flow.is_on else None,
        )


def _runs_by_flow(runs: QuerySet[Run], flows: Collection[Flow]) -> dict[UUID, int]:
    counted = runs.filter(flow__in=flows).order_by().values("flow_id").annotate(runs=Count("pk", distinct=True))
    return {row["flow_id"]: row["runs"] for row in counted}


def _card_runs(connection_id: UUID) -> Iterator[Use]:
    """The way on is the connection's Activity, which shows each person theirs."""
    under_way = StepRun.objects.filter(connection_id=connection_id, run__trigger=Trigger.CARD).exclude(state__in=ENDED)
    for card_key in under_way.order_by("run__created_at").values_list("card_key", flat=True):
        url = reverse("connection_activity", args=[connection_id])
        yield Use(kind="card run", title=get_card(card_key).title, url=url, waiting_runs=1)
