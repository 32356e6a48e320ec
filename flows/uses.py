"""What of this package uses a connection: card runs that haven't ended."""

from collections.abc import Iterator
from uuid import UUID

from django.urls import reverse

from connections.extensions import Use
from flows.catalog import get_card
from flows.models import ENDED, StepRun


class CardRuns:
    """The port's implementation. The way on is the connection's Activity, which shows each person theirs."""

    def uses_of(self, connection_id: UUID) -> Iterator[Use]:
        under_way = StepRun.objects.filter(connection_id=connection_id).exclude(state__in=ENDED)
        for card_key in under_way.order_by("run__created_at").values_list("card_key", flat=True):
            url = reverse("connection_activity", args=[connection_id])
            yield Use(kind="card run", title=get_card(card_key).title, url=url, waiting_runs=1)
