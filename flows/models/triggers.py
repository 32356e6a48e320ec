"""What starts a flow's runs by itself, and each time that it did."""

from django.db import models

from flows.models.flows import Flow
from flows.models.runs import Run
from kernel.clock import now


class TriggerState(models.Model):
    """How far the trigger of a flow has come; there where the flow has been on with a trigger of its own.

    ``due_at`` is when a schedule fires next, or an event is looked for next. ``cursor`` is what the event's poll
    gave last, for its next one; ``cause`` why the last look failed, as :func:`kernel.errors.to_stored` writes it.
    ``hook_digest`` is the SHA-256 of the secret in the address of an API endpoint, ``sealed_hook`` that secret and
    ``sealed_signing`` the one that signs deliveries (Standard Webhooks), sealed under the flow's key.
    """

    flow = models.OneToOneField(Flow, primary_key=True, on_delete=models.CASCADE, related_name="trigger_state")
    due_at = models.DateTimeField(null=True, blank=True)
    cursor = models.JSONField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    cause = models.JSONField(null=True, blank=True)
    hook_digest = models.CharField(max_length=64, blank=True)
    sealed_hook = models.BinaryField(null=True)
    sealed_signing = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hook_digest"], condition=~models.Q(hook_digest=""), name="hook_unique")
        ]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="trigger_due")]

    def __str__(self) -> str:
        return f"trigger of {self.flow_id}"


class Firing(models.Model):
    """One thing that started one run: a message by its id, a local time without offset, a delivery by its id.

    The constraint is what makes each start one run, whoever sees it how often.
    """

    id = models.BigAutoField(primary_key=True)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="firings")
    key = models.CharField(max_length=300)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="firings")
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["flow", "key"], name="firing_unique")]
        indexes = [models.Index(fields=["at"])]

    def __str__(self) -> str:
        return self.key
