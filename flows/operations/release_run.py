"""Release a run that waits: try now what it waits for."""

from uuid import UUID

from access import policy
from access.actor import Actor
from flows.engine.legs import release
from flows.errors import NothingToRelease
from flows.models import Run
from flows.queries import visible_run


def release_run(actor: Actor, run_id: UUID) -> Run:
    """The run, queued. What isn't mended lets it wait again.

    :raises NotFound: the actor may not know of the run. :raises NotPermitted: they may not release it.
    :raises NothingToRelease: it doesn't wait, or waits for a decision.
    """
    run = visible_run(actor, run_id)
    policy.require(actor, "run.resolve", run, kind="run")
    if run.flow_id is None or not release(run):
        raise NothingToRelease
    return visible_run(actor, run_id)
