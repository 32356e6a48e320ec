"""What a message is made of, as people give it to the cards that send: options, inputs, and the checks of both."""

from connections.scope_errors import missing_scope
from flows.cards import Fields, field
from gmail_connector.addresses import Mailbox, Reading
from gmail_connector.client import GmailClient
from gmail_connector.errors import MessageTooLarge, SenderNotVerified
from gmail_connector.mime import EnclosedFile, Letter, build, file_name
from gmail_connector.scopes import READ_SEND_AS
from kernel.errors import InputRejected

MAX_MESSAGE_BYTES = 36_700_160
"""What Gmail takes of one message, as its discovery document says."""


MAX_NAME_BYTES = 255
"""Of a file, as file systems have it. Percent-encoded in a header it still fits into one line (RFC 5322: 998)."""


class MessageOptions(Fields):
    body_is_html: bool = field("Body is HTML?", help="Yes sends the body as a web page, No as plain text.")


class MessageInputs(Fields):
    to: tuple[str, ...] = field("To", help="Each as ben@acme.example or Ben Weiss <ben@acme.example>.")
    from_: str = field(
        "From", help="The mailbox's own address, or one it is verified to send as. Empty: its own.", default=""
    )
    cc: tuple[str, ...] = field("CC", default=())
    bcc: tuple[str, ...] = field("BCC", help="The other recipients don't see these.", default=())
    subject: str = field("Subject", default="")
    body: str = field("Body", multiline=True, default="")


def compose(
    client: GmailClient,
    options: MessageOptions,
    inputs: MessageInputs,
    marker: str,
    file: EnclosedFile | None = None,
) -> bytes:
    """The message in bytes.

    :raises InputRejected: an address or the file's name isn't one, by field.
    :raises ConsoleError: From isn't this mailbox's.
    """
    reading = Reading()
    if file and not 0 < len(file_name(file.name).encode()) <= MAX_NAME_BYTES:
        reading.errors["file.file_name"] = [f"Enter a name such as invoice.pdf, of at most {MAX_NAME_BYTES} bytes."]
    letter = Letter(
        to=reading.many("to", inputs.to),
        sender=reading.one("from", inputs.from_),
        cc=reading.many("cc", inputs.cc),
        bcc=reading.many("bcc", inputs.bcc),
        subject=inputs.subject,
        body=inputs.body,
        is_html=options.body_is_html,
        file=file,
    )
    if not letter.to and not reading.errors:
        reading.errors["to"] = ["Enter at least one address."]
    reading.limit("to", letter.recipients)
    if reading.errors:
        raise InputRejected(fields=reading.errors)
    message = build(letter, marker)
    if len(message) > MAX_MESSAGE_BYTES:
        raise MessageTooLarge
    if letter.sender:
        _check_sender(client, letter.sender)
    return message


def _check_sender(client: GmailClient, sender: Mailbox) -> None:
    """Gmail replaces a From that isn't the mailbox's without a word, so it is checked before."""
    wanted = sender.address.lower()
    if wanted == client.email.lower():
        return
    if not client.has_any(READ_SEND_AS):
        raise missing_scope("Sending from another address", READ_SEND_AS, requested=client.requested)
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
