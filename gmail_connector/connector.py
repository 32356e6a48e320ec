"""The Gmail connector's table of contents: adding a card is one file, one line here, one test."""

from connections.extensions import Connector
from flows.catalog import CardSet
from gmail_connector.cards import (
    add_delegate,
    add_send_as_alias,
    custom_api_action,
    delete_delegate,
    delete_send_as_alias,
    forward_emails,
    list_delegates,
    read_email,
    search_emails,
    send_email,
    send_email_with_attachment,
    set_auto_reply,
    update_user_gmail_settings,
)
from gmail_connector.client import open_client
from gmail_connector.events import label_added_or_removed, new_email
from gmail_connector.probe import probe_mailbox
from gmail_connector.scopes import DEFAULT_SCOPES, SCOPE_TEXTS
from gmail_connector.service_account import CHOICES

CARDS = (
    read_email.card,
    search_emails.card,
    send_email.card,
    send_email_with_attachment.card,
    add_delegate.card,
    delete_delegate.card,
    list_delegates.card,
    add_send_as_alias.card,
    delete_send_as_alias.card,
    forward_emails.card,
    set_auto_reply.card,
    update_user_gmail_settings.card,
    custom_api_action.card,
)
EVENTS = (
    new_email.event,
    label_added_or_removed.event,
)

CONNECTOR = Connector(
    key="gmail",
    title="Gmail",
    icon="envelope",
    description="Read and send the mail of Google Workspace accounts, and administer their mailboxes.",
    default_scopes=DEFAULT_SCOPES,
    scope_texts=SCOPE_TEXTS,
    cards=(*CARDS, *EVENTS),
    probe=probe_mailbox,
)

CARD_SET = CardSet(connector=CONNECTOR.key, cards=CARDS, events=EVENTS, open_client=open_client, choices=CHOICES)
