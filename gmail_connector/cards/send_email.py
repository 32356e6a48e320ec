"""Send Email: a message without files, sent once."""

from connections.errors import ScopeMissing
from connections.extensions import short_scope
from connections.requirements import Requirements
from flows.cards import Card, Effect, Fields, OnceOnly, field
from gmail_connector.addresses import Mailbox, Reading
from gmail_connector.client import GmailClient
from gmail_connector.errors import SenderNotVerified
from gmail_connector.mime import Letter, build
from gmail_connector.scopes import READ_SEND_AS, SEND_MAIL
from gmail_connector.sending import SentMessage, can_stage, dispatch, find, stage
from kernel.errors import InputRejected


class Options(Fields):
    body_is_html: bool = field("Body is HTML?", help="Yes sends the body as a web page, No as plain text.")


class Inputs(Fields):
    to: tuple[str, ...] = field("To", help="Each as ben@acme.example or Ben Weiss <ben@acme.example>.")
    from_: str = field(
        "From", help="The mailbox's own address, or one it is verified to send as. Empty: its own.", default=""
    )
    cc: tuple[str, ...] = field("CC", default=())
    bcc: tuple[str, ...] = field("BCC", help="The other recipients don't see these.", default=())
    subject: str = field("Subject", default="")
    body: str = field("Body", multiline=True, default="")


def prepare(client: GmailClient, options: Options, inputs: Inputs, marker: str) -> bytes:
    """:raises InputRejected: an address isn't one, by field. :raises ConsoleError: From isn't this mailbox's."""
    reading = Reading()
    letter = Letter(
        to=reading.many("to", inputs.to),
        sender=reading.one("from", inputs.from_),
        cc=reading.many("cc", inputs.cc),
        bcc=reading.many("bcc", inputs.bcc),
        subject=inputs.subject,
        body=inputs.body,
        is_html=options.body_is_html,
    )
    if not letter.to and not reading.errors:
        reading.errors["to"] = ["Enter at least one address."]
    reading.limit("to", letter.recipients)
    if reading.errors:
        raise InputRejected(fields=reading.errors)
    if letter.sender:
        _check_sender(client, letter.sender)
    return build(letter, marker)


def _check_sender(client: GmailClient, sender: Mailbox) -> None:
    """Gmail replaces a From that isn't the mailbox's without a word, so it is checked before."""
    wanted = sender.address.lower()
    if wanted == client.email.lower():
        return
    if not client.has_any(READ_SEND_AS):
        raise ScopeMissing(
            card="Sending from another address", scopes=[short_scope(each) for each in READ_SEND_AS], withheld=False
        )
    answer = client.call(
        "Reading the send-as addresses",
        client.users("settings", "sendAs").list(userId="me"),
        needs=READ_SEND_AS,
    )
    verified = [
        str(each.get("sendAsEmail"))
        for each in answer.get("sendAs") or []
        if each.get("isPrimary") or each.get("verificationStatus") == "accepted"
    ]
    if wanted not in {each.lower() for each in verified}:
        raise SenderNotVerified(sender=sender.address, email=client.email, verified=", ".join(verified))


card = Card(
    key="gmail.send_email",
    title="Send Email",
    summary="Send a message from the mailbox. Where the grant allows drafts it is sent exactly once.",
    effect=Effect.SEND,
    quota_units=110,
    needs=Requirements(scopes=(SEND_MAIL,)),
    options=Options,
    inputs=Inputs,
    outputs=SentMessage,
    send=OnceOnly(prepare=prepare, can_stage=can_stage, stage=stage, dispatch=dispatch, find=find),
    notes=(
        "Gmail takes at most 100 recipients in one message. A message carries the header X-Workflows-Step with a "
        "random id, by which it is found again when Google's answer is lost."
    ),
)
