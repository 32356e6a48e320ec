"""Use the connections that nobody else uses: Google ends a grant that wasn't used for six months.

A blocked connection is one of them: no card runs with it, so nobody else would notice that it was mended.
"""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Q

from access.actor import Actor
from connections.models import Connection, CredentialState, Status
from connections.operations.check_connection import check_connection
from kernel.clock import now

log = structlog.get_logger(__name__)

MOST = 50
"""So many in one turn; the rest is taken in the next."""
AGAIN = timedelta(days=1)
"""One that could not be tested is tried again after this."""


def keep_alive() -> int:
    """Test connections whose tokens weren't refreshed for ``KEEP_ALIVE_DAYS``, and once a day blocked ones. Returns how
    many.

    A grant that is known to have ended is left alone. A pause is about runs: a paused connection's grant is kept too.
    """
    moment = now()
    is_live = Q(credentials__state=CredentialState.LIVE)
    is_unused = Q(credentials__access_expires_at__lt=moment - timedelta(days=settings.KEEP_ALIVE_DAYS))
    is_blocked = Q(status=Status.BLOCKED, status_since__lt=moment - AGAIN)
    is_tried = Q(last_checked_at__gte=moment - AGAIN)
    has_ended = Q(status=Status.NEEDS_REAUTHORIZATION) | Q(status=Status.PAUSED, failure__isnull=False)
    idle = Connection.objects.filter(is_live, is_unused | is_blocked, deleted_at=None).exclude(is_tried | has_ended)
    connection_ids = list(idle.order_by("credentials__access_expires_at").values_list("pk", flat=True)[:MOST])
    for connection_id in connection_ids:
        try:
            check_connection(Actor.console(), connection_id)
        except Exception:
            log.exception("connection.cannot_be_tested", connection=str(connection_id))
    return len(connection_ids)
