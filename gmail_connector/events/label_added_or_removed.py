"""Label Added or Removed: a message gets a label, or loses one."""

from connections.requirements import Requirements
from flows.cards import Event, Fields, field
from gmail_connector.events.event_fields import NOTES, EventOptions, EventOutputs
from gmail_connector.scopes import READ_MAIL


class Options(EventOptions):
    labels: tuple[str, ...] = field("Labels", help="By name or id. Empty means every label.", default=())


class LabelChange(Fields):
    label_added: tuple[str, ...] = field("Label Added")
    label_removed: tuple[str, ...] = field("Label Removed")


class Outputs(EventOutputs, LabelChange):  # fields of the last base come first
    pass


event = Event(
    key="gmail.label_added_or_removed",
    title="Label Added or Removed",
    summary="A message of the mailbox gets a label, or loses one.",
    quota_units=2,
    needs=Requirements(scopes=(READ_MAIL,)),
    options=Options,
    outputs=Outputs,
    notes=NOTES,
)
