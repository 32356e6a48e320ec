"""Note that a card has run with a connection."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from connections.models import Connection
from kernel.clock import now

MINUTE = timedelta(minutes=1)


def record_use(connection_id: UUID) -> None:
    """Move ``last_used_at`` on, at most once a minute: a list says minutes, and each write is a lock."""
    moment = now()
    Connection.objects.filter(pk=connection_id).filter(
        Q(last_used_at=None) | Q(last_used_at__lt=moment - MINUTE)
    ).update(last_used_at=moment)
