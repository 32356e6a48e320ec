"""One data key for each owner and purpose, sealed by the root ring."""

from django.db import models

from kernel.clock import now
from kernel.ids import new_id


class DataKey(models.Model):
    """Destroying this one row makes everything sealed under it unreadable (crypto-shredding)."""

    uuid = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purpose = models.CharField(max_length=40)
    owner_uuid = models.UUIDField()
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "owner_uuid"], name="data_key_unique")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.owner_uuid}"
