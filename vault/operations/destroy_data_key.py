"""Make everything unreadable that was sealed for an owner."""

from uuid import UUID

from vault.models import DataKey


def destroy_data_key(*, purpose: str, owner: UUID) -> None:
    """Delete the owner's data key; nothing happens when there is none."""
    DataKey.objects.filter(purpose=purpose, owner_uuid=owner).delete()
