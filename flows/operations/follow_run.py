"""Look after a run: move on what waits for nothing but its time, or was left by a process that died."""

from uuid import UUID

from access.actor import Actor
from flows.engine.run_step import run_due_steps
from flows.models import Run
from flows.queries import visible_run


def follow_run(actor: Actor, run_id: UUID) -> Run:
    """The run as it stands after that. Of several who follow at once, one acts, with the rights of its owner.

    :raises NotFound: the actor may not know of it.
    """
    run_due_steps(visible_run(actor, run_id))
    return visible_run(actor, run_id)
