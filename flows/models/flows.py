"""A flow, its draft and its versions. A definition is JSON as :mod:`flows.definition` reads it."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from connections.models import Connection
from flows.querysets import FlowQuerySet
from kernel.clock import now
from kernel.ids import new_id

if TYPE_CHECKING:
    from access.models import User


class Flow(models.Model):
    """What a builder makes. Every change goes into ``draft`` at once; *Save* makes it the next version.

    ``edit`` counts the changes of the draft, so that of two who edit at once the later one is told; ``saved_edit``
    is the one that was saved last. ``is_on`` lets the trigger start runs, of the published version.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, max_length=1000)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="flows")
    draft = models.JSONField()
    edit = models.PositiveIntegerField(default=1)
    saved_edit = models.PositiveIntegerField(default=0)
    published = models.ForeignKey("FlowVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    saves_data = models.BooleanField(default=False)
    is_on = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)

    objects = FlowQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="flow_named"),
            models.CheckConstraint(condition=Q(is_on=False) | Q(published__isnull=False), name="flow_on_is_published"),
            models.CheckConstraint(condition=Q(saved_edit__lte=F("edit")), name="flow_saved_edit_was_made"),
        ]
        indexes = [models.Index(fields=["owner", "name"])]

    def __str__(self) -> str:
        return self.name

    @property
    def unsaved_changes(self) -> int:
        return self.edit - self.saved_edit

    def is_shared_with(self, _user: "User") -> bool:
        """Flows aren't shared: connections are."""
        return False


class FlowVersion(models.Model):
    """What was saved once, and never changes. Runs are of a version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["flow", "number"], name="flow_version_number_unique")]

    def __str__(self) -> str:
        return f"version {self.number}"


class DraftEdit(models.Model):
    """What the draft was before one change, so that it can be undone. ``what`` says the change in words."""

    id = models.BigAutoField(primary_key=True)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="edits")
    before = models.JSONField()
    what = models.CharField(max_length=200)
    at = models.DateTimeField(default=now)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.what


class PlacedConnection(models.Model):
    """A card or event with a connection: of the draft where ``version`` is None, of the published version else.

    Made anew with each change of either. It keeps a connection from being deleted while a flow uses it, and says
    where one is used.
    """

    id = models.BigAutoField(primary_key=True)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="placed")
    version = models.ForeignKey(FlowVersion, null=True, blank=True, on_delete=models.CASCADE, related_name="placed")
    card_id = models.CharField(max_length=40)
    card_key = models.CharField(max_length=80)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="placed")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["connection", "flow"])]

    def __str__(self) -> str:
        return f"{self.card_key} {self.card_id}"


class FlowSecret(models.Model):
    """The value of a secret field, sealed under the flow's key. A definition holds its id alone."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    flow = models.ForeignKey(Flow, on_delete=models.CASCADE, related_name="secrets")
    sealed = models.BinaryField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"secret {self.pk}"
