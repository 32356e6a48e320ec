"""A connection is being deleted: what passed through its ended runs goes with it."""

from uuid import UUID

from access.actor import Actor
from flows.models import ENDED, Run
from flows.operations.remove_data import remove_data


def forget_connection(actor: Actor, connection_id: UUID, nickname: str) -> int:
    """How many runs were emptied. Those under way keep what they need, until their outcome is settled."""
    runs = Run.objects.filter(steps__connection_id=connection_id, state__in=ENDED, data_removed_at=None)
    run_ids = list(runs.values_list("pk", flat=True).distinct())
    if run_ids:
        remove_data(actor, run_ids, why={"of connection": nickname})
    return len(run_ids)
