"""Runs and their steps. What passes through a step is sealed; its way through a send is plain."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from access.models import ApiKey
from connections.models import Connection
from flows.models.flows import Flow, FlowVersion
from flows.querysets import RunQuerySet
from kernel.clock import now
from kernel.ids import new_id

if TYPE_CHECKING:
    from access.models import User


class RunState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Canceled"


ENDED = (RunState.COMPLETED, RunState.FAILED, RunState.CANCELED)


class Trigger(models.TextChoices):
    """What started a run. *Test this card* and the API's card run are the same thing, the only one
    without a flow.
    """

    CARD = "card", "Card run"
    NOW = "now", "Run now"
    SCHEDULE = "schedule", "Schedule"
    API = "api", "API endpoint"
    EVENT = "event", "Event"


class Phase(models.TextChoices):
    """How far a send came (engine.md, Sending once). Other cards have none.

    Each is recorded before the call that follows it: a row left in ``dispatching`` by a process
    that died may or may not have been sent, one left in ``staged`` certainly wasn't.
    """

    NONE = "", "none"
    PREPARED = "prepared"
    STAGED = "staged"
    DISPATCHING = "dispatching"
    DONE = "done"
    UNKNOWN = "unknown"


class Run(models.Model):
    """One execution. Its rights are those of ``owner`` at each step: the flow's, or who started it without one.

    ``started_by`` is the person who started a flow's run, None where its trigger did. ``leg`` counts its starts: a
    run that waited has several, and ``due_at`` is when one that waits for nothing but time goes on. ``waits_for`` is
    the connection that a person has to mend first. ``touched_at`` is the engine's last move. ``cause`` is why it
    failed or waits for a decision, as :func:`kernel.errors.to_stored` writes it. Its data key in the vault has the
    purpose "run" and this id: destroying it makes everything that passed through the run unreadable, which is done at
    ``data_removed_at``.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="runs")
    trigger = models.CharField(max_length=10, choices=Trigger)
    via = models.CharField(max_length=10)
    key = models.ForeignKey(ApiKey, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    flow = models.ForeignKey(Flow, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    version = models.ForeignKey(FlowVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="runs")
    flow_name = models.CharField(max_length=100, blank=True)
    saves_data = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    waits_for = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.SET_NULL, related_name="waiting_runs"
    )
    waiting_since = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    touched_at = models.DateTimeField(null=True, blank=True)
    leg = models.PositiveIntegerField(default=1)
    idempotency_key = models.CharField(max_length=255, blank=True)
    cause = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    data_removed_at = models.DateTimeField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"], condition=~Q(idempotency_key=""), name="run_idempotent"
            ),
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_known"),
            models.CheckConstraint(condition=Q(trigger__in=Trigger.values), name="run_trigger_known"),
            models.CheckConstraint(condition=Q(leg__gte=1), name="run_leg_counted"),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, ended_at__isnull=False) | (~Q(state__in=ENDED) & Q(ended_at=None)),
                name="run_ended_has_time",
            ),
            models.CheckConstraint(
                condition=Q(trigger=Trigger.CARD, flow=None) | ~Q(trigger=Trigger.CARD), name="run_of_card_has_no_flow"
            ),
            models.CheckConstraint(
                condition=Q(state=RunState.QUEUED) | Q(state=RunState.CANCELED) | Q(started_at__isnull=False),
                name="run_started_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=RunState.FAILED) | Q(cause__isnull=False), name="run_failed_has_cause"
            ),
            models.CheckConstraint(
                condition=~Q(state=RunState.COMPLETED) | Q(cause__isnull=True), name="run_completed_without_cause"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"]),
            models.Index(fields=["ended_at"], condition=Q(data_removed_at=None), name="run_data_kept"),
            models.Index(fields=["flow", "-created_at"]),
            models.Index(fields=["-created_at", "-id"], name="run_newest"),
            models.Index(fields=["state", "created_at"], condition=~Q(state__in=ENDED), name="run_under_way"),
        ]

    def __str__(self) -> str:
        return f"{self.trigger} {self.pk}"

    @property
    def short_id(self) -> str:
        """As people tell runs apart."""
        return str(self.pk)[-8:]

    def is_shared_with(self, _user: "User") -> bool:
        """Runs are never shared: what passes through them is their owner's."""
        return False


class StepRun(models.Model):
    """One card of a run, whose every move is an update ``WHERE attempt = mine AND state = …``.

    ``path`` is its place in the flow: ``trigger``, ``c2``, within blocks ``c3.then/c4``, ``c5.each[2]/c6``; empty in
    a card run. ``position`` counts them as they began. ``tries`` counts the calls of a card that is tried again after
    a passing failure; ``retry_at`` is when. ``deaths`` counts the workers that ended while they were at it.

    While it runs it holds a lease; whoever finds the lease over takes the step with the next ``attempt``,
    and the earlier holder can record nothing more. ``marker`` is the random id in the header of the message,
    ``draft_id`` the draft that holds it, ``dispatches`` how often sending was tried. Before ``settles_at`` a
    draft that is still there proves nothing: a request whose answer was lost may still be at work.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField(default=1)
    path = models.CharField(max_length=300, blank=True)
    card_key = models.CharField(max_length=80)
    connection = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.PROTECT, related_name="step_runs"
    )
    sealed_options = models.BinaryField()
    sealed_inputs = models.BinaryField()
    sealed_outputs = models.BinaryField(null=True)
    attempt = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.QUEUED)
    lease_until = models.DateTimeField(null=True, blank=True)
    phase = models.CharField(max_length=12, choices=Phase, default=Phase.NONE, blank=True)
    marker = models.CharField(max_length=40, blank=True)
    draft_id = models.CharField(max_length=255, blank=True)
    dispatches = models.PositiveSmallIntegerField(default=0)
    settles_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    deaths = models.PositiveSmallIntegerField(default=0)
    cause = models.JSONField(null=True, blank=True)
    note = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="step_position_unique"),
            models.UniqueConstraint(fields=["run", "path"], name="step_path_unique"),
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="step_state_known"),
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="step_phase_known"),
            models.CheckConstraint(
                condition=Q(state=RunState.RUNNING, lease_until__isnull=False)
                | (~Q(state=RunState.RUNNING) & Q(lease_until=None)),
                name="step_running_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, ended_at__isnull=False) | (~Q(state__in=ENDED) & Q(ended_at=None)),
                name="step_ended_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=RunState.WAITING)
                | Q(phase=Phase.DISPATCHING, settles_at__isnull=False)
                | Q(cause__isnull=False),
                name="step_waits_for_something",
            ),
            models.CheckConstraint(condition=Q(phase=Phase.NONE) | ~Q(marker=""), name="step_send_has_marker"),
            models.CheckConstraint(condition=~Q(phase=Phase.STAGED) | ~Q(draft_id=""), name="step_staged_has_draft"),
            models.CheckConstraint(
                condition=~Q(phase=Phase.DISPATCHING) | Q(dispatches__gte=1, settles_at__isnull=False),
                name="step_dispatching_is_counted",
            ),
            models.CheckConstraint(
                condition=~Q(phase=Phase.DONE) | Q(state=RunState.COMPLETED), name="step_done_is_completed"
            ),
            models.CheckConstraint(
                condition=~Q(state=RunState.FAILED) | Q(cause__isnull=False), name="step_failed_has_cause"
            ),
            models.CheckConstraint(
                condition=~Q(state=RunState.COMPLETED) | Q(cause__isnull=True), name="step_completed_without_cause"
            ),
        ]
        indexes = [
            models.Index(fields=["connection", "-started_at"]),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="step_leases"),
            models.Index(fields=["settles_at"], condition=Q(state="waiting"), name="step_waits"),
        ]

    def __str__(self) -> str:
        return f"{self.card_key} {self.pk}"
