"""Keep the rows that say where a flow uses which connection."""

from django.db.models import Q

from connections.models import Connection
from flows.definition import TRIGGER, Definition, walk
from flows.models import Flow, FlowVersion, PlacedConnection


def place_connections(flow: Flow, definition: Definition, version: FlowVersion | None = None) -> None:
    """Make the rows anew: of the draft, or of the version that is published now, instead of the earlier one's.

    A connection that isn't there any more is left out: a finding says so.
    """
    places = [(TRIGGER, definition.trigger.card, definition.trigger.connection)]
    places += [(each.card.id, each.card.card, each.card.connection) for each in walk(definition)]
    wanted = {connection for _card_id, _key, connection in places if connection}
    there = set(Connection.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    stale = Q(version=None) if version is None else Q(version__isnull=False)
    PlacedConnection.objects.filter(stale, flow=flow).delete()
    PlacedConnection.objects.bulk_create(
        PlacedConnection(flow=flow, version=version, card_id=card_id, card_key=key, connection_id=connection)
        for card_id, key, connection in places
        if connection in there
    )
