"""Look for what events wait for, and start a run for each thing that happened."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, transaction

from access.actor import Actor, Via
from connections.errors import ConnectionBlocked, ConnectionDeleted, GoogleUnavailable
from connections.models import Connection
from connections.operations.record_use import record_use
from connections.operations.report_failure import report_failure
from connections.operations.swap_credential import live_credential_id
from connections.operations.use_connection import use_connection
from connections.readiness import require_ready, state_of
from flows.cards import AnswerLost, AnyEvent, Event, News
from flows.catalog import declared_of, open_client
from flows.definition import PlacedTrigger, TriggerKind, read_definition
from flows.derive.parse_fields import parse_options
from flows.engine.begin_run import begin_run
from flows.errors import CardUnknown, ConnectionNotChosen, ConnectionNotUsable, EventBroke
from flows.models import Flow, Trigger, TriggerState
from kernel.clock import now
from kernel.errors import ConsoleError, NotFound, ReauthorizationNeeded, TryLater, to_stored

log = structlog.get_logger(__name__)

EVERY = "schedule"
"""The option of an event that says every how many minutes it is looked for."""
DEFAULT_EVERY = timedelta(minutes=5)
LONGEST_LOOK = timedelta(minutes=2)
"""Another worker leaves the flow alone for so long; then it counts as left."""


def poll_due_events() -> int:
    """Returns how many runs were started.

    A look that fails keeps its cursor, says why with the trigger, and is made again when it is due next. Each thing
    starts one run, by its key, though a worker ended between the runs and the cursor.
    """
    due = TriggerState.objects.filter(due_at__lte=now(), flow__is_on=True).order_by("due_at")
    started = 0
    for flow_id in list(due.values_list("pk", flat=True)):
        try:
            started += _look(flow_id)
        except Exception:
            log.exception("event.not_polled", flow=str(flow_id))
    return started


def _look(flow_id: UUID) -> int:
    states = TriggerState.objects.select_related("flow__published", "flow__owner")
    state = states.filter(pk=flow_id, due_at__lte=now(), flow__is_on=True).first()
    if state is None or state.flow.published is None:
        return 0
    trigger = read_definition(state.flow.published.definition).trigger
    if trigger.kind is not TriggerKind.EVENT or not _claim(state):
        return 0
    moment, every = now(), DEFAULT_EVERY
    cursor = state.cursor or {}
    try:
        event = declared_of(trigger.card)
        if not isinstance(event, Event):
            raise CardUnknown(card=trigger.card)
        options = parse_options(event, trigger.options)
        every = timedelta(minutes=getattr(options, EVERY))
        news = _news(state.flow, trigger, event, options, cursor["at"])
    except ConsoleError as error:
        not_before = (error.retry_at if isinstance(error, TryLater) else None) or moment
        _note(state, max(moment + every, not_before), cause=to_stored(error))
        return 0
    # The runs first: what is seen twice starts one, what is never seen again would start none.
    started = sum(_start(state.flow, item.key, item.data) for item in news.items)
    _note(state, moment + every, cause=None, cursor={**cursor, "at": dict(news.cursor)})
    return started


def _claim(state: TriggerState) -> bool:
    """Whether it is still due, and nobody else was quicker."""
    due = TriggerState.objects.filter(pk=state.pk, due_at=state.due_at)
    return bool(due.update(due_at=now() + LONGEST_LOOK))


def _news(flow: Flow, trigger: PlacedTrigger, event: AnyEvent, options: Any, cursor: dict[str, Any]) -> News:
    """Ask with the rights of the flow's owner. :raises ConsoleError: the connection isn't ready, or Google refused."""
    connection = _connection(flow, trigger, event)
    require_ready(state_of(connection), event)
    used = live_credential_id(connection)
    try:
        return event.poll(open_client(connection), options, cursor)
    except AnswerLost as lost:
        raise GoogleUnavailable(what=event.title, reason=lost.reason) from None
    except (ReauthorizationNeeded, ConnectionBlocked) as error:
        report_failure(connection.pk, error, credential_id=used)
        raise
    except (ConsoleError, DatabaseError):
        raise
    except Exception as error:
        log.exception("event.broke", flow=str(flow.pk), card=event.key)
        raise EventBroke(card=event.title, kind=type(error).__name__) from error
    finally:
        record_use(connection.pk)


def _connection(flow: Flow, trigger: PlacedTrigger, event: AnyEvent) -> Connection:
    """:raises FlowInvalid: none was chosen, or the owner may not use it. :raises ConnectionDeleted:"""
    owner = Actor(user=flow.owner, via=Via.CONSOLE)
    named = Connection.objects.filter(pk=trigger.connection).first() if trigger.connection else None
    if named is None:
        raise ConnectionNotChosen(card=event.title)
    if named.deleted_at:
        raise ConnectionDeleted(nickname=named.nickname)
    try:
        return use_connection(owner, named.pk)
    except NotFound:
        raise ConnectionNotUsable(nickname=named.nickname, owner=flow.owner.email, keeper=named.owner.email) from None


def _start(flow: Flow, key: str, data: Any) -> bool:
    if flow.published is None:
        return False
    run = begin_run(flow, flow.published, trigger=Trigger.EVENT, via=Via.CONSOLE, item=data, firing_key=f"event {key}")
    return run is not None


def _note(state: TriggerState, due_at: Any, *, cause: Any, **values: Any) -> None:
    """How the look went; unless the flow was turned off or on, or looked after by somebody else, meanwhile."""
    with transaction.atomic():
        current = TriggerState.objects.select_for_update().filter(pk=state.pk, due_at__isnull=False).first()
        if current and current.cursor == state.cursor:
            TriggerState.objects.filter(pk=state.pk).update(due_at=due_at, looked_at=now(), cause=cause, **values)
