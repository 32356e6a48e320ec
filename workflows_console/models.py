"""What the composition root itself keeps: which workers are at work."""

from django.db import models

from kernel.clock import now


class WorkerHeartbeat(models.Model):
    """One row for each name that a worker has had; who holds the name now is told by ``instance``.

    ``beaten_at`` is its last word. A worker that was stopped in order says so in ``stopped_at``. Until
    ``adopted_until`` another one looks after what a dead one left.
    """

    name = models.CharField(primary_key=True, max_length=253)
    instance = models.UUIDField()
    host = models.CharField(max_length=253)
    started_at = models.DateTimeField(default=now)
    beaten_at = models.DateTimeField(default=now)
    stopped_at = models.DateTimeField(null=True, blank=True)
    adopted_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
