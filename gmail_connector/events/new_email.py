"""New Email: a message arrives."""

from connections.requirements import Requirements
from flows.cards import Event, field
from gmail_connector.events.event_fields import NOTES, EventOptions, EventOutputs
from gmail_connector.scopes import READ_MAIL


class Options(EventOptions):
    query: str = field(
        "Query", help="As in Gmail's search box: from:ben@acme.example. Empty means every message.", default=""
    )
    labels: tuple[str, ...] = field("Labels", help="By name or id. A message must have all of them.", default=())


event = Event(
    key="gmail.new_email",
    title="New Email",
    summary="A message arrives in the mailbox.",
    quota_units=2,
    needs=Requirements(scopes=(READ_MAIL,)),
    options=Options,
    outputs=EventOutputs,
    notes=NOTES,
)
