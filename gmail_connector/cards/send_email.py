"""Send Email: a message without files, sent once."""

from connections.requirements import Requirements
from flows.cards import Card, Effect, OnceOnly
from gmail_connector.composing import MessageInputs, MessageOptions, compose
from gmail_connector.scopes import SEND_MAIL
from gmail_connector.sending import SENT_ONCE, SentMessage, can_stage, dispatch, find, stage

card = Card(
    key="gmail.send_email",
    title="Send Email",
    summary="Send a message from the mailbox. Where the grant allows drafts it is sent exactly once.",
    effect=Effect.SEND,
    quota_units=110,
    needs=Requirements(scopes=(SEND_MAIL,)),
    options=MessageOptions,
    inputs=MessageInputs,
    outputs=SentMessage,
    send=OnceOnly(prepare=compose, can_stage=can_stage, stage=stage, dispatch=dispatch, find=find),
    notes=SENT_ONCE,
)
