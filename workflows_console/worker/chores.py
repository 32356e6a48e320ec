"""What the console has to do though nobody asks. Each chore may be cut short, or done twice, without harm."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

import structlog

from access.actor import Actor
from access.operations.forget_sessions import forget_sessions
from access.operations.verify_audit_trail import verify_audit_trail
from connections.operations.expire_attempts import expire_attempts
from connections.operations.keep_alive import keep_alive
from connections.operations.purge_attempts import purge_attempts
from connections.operations.revoke_outbox import send_due_revocations
from flows.operations.follow_due_runs import follow_due_runs
from flows.operations.follow_flow_runs import cancel_waited_out, follow_flow_runs
from flows.operations.purge_runs import purge_runs
from flows.triggers.poll_events import poll_due_events
from flows.triggers.schedule_tick import fire_due_schedules
from workflows_console.worker.adoption import adopt_runs
from workflows_console.worker.fresh_connections import fresh_connections
from workflows_console.worker.heartbeat import forget_workers

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Chore:
    """``work`` says how much there was to do. ``settings.HOUSEKEEPING`` says under ``name`` when it is done."""

    name: str
    work: Callable[[], int]
    at_work: Lock = field(default_factory=Lock, repr=False)


def purge_history() -> int:
    actor = Actor.console()
    return purge_runs(actor) + purge_attempts(actor)


def verify_trail() -> int:
    result = verify_audit_trail()
    if result.broken_at is not None:
        log.error("audit.chain_broken", sequence=result.broken_at)
    return result.total


CHORES = (
    Chore(name="follow_runs", work=follow_due_runs),
    Chore(name="follow_flow_runs", work=follow_flow_runs),
    Chore(name="adopt_runs", work=adopt_runs),
    Chore(name="fire_schedules", work=fire_due_schedules),
    Chore(name="poll_events", work=poll_due_events),
    Chore(name="cancel_waiting", work=cancel_waited_out),
    Chore(name="send_revocations", work=send_due_revocations),
    Chore(name="expire_attempts", work=expire_attempts),
    Chore(name="keep_alive", work=keep_alive),
    Chore(name="purge_history", work=purge_history),
    Chore(name="forget_sessions", work=forget_sessions),
    Chore(name="forget_workers", work=forget_workers),
    Chore(name="verify_audit_trail", work=verify_trail),
)


def do(chore: Chore) -> str:
    """Do it once, and say in a word or two how it went: that is all that the engine's own record holds.

    A turn that comes while the one before is still at work has nothing to do. A failure is logged, and the next
    turn tries again.
    """
    if not chore.at_work.acquire(blocking=False):
        return "still at work"
    try:
        with fresh_connections():
            count = chore.work()
    except Exception as error:
        log.exception("housekeeping.failed", chore=chore.name)
        return f"failed: {type(error).__name__}"
    else:
        if count:
            log.info("housekeeping.done", chore=chore.name, count=count)
        return f"done: {count}"
    finally:
        chore.at_work.release()
