"""What Gmail refuses, and why: cause, remedy, and who can apply it."""

from dataclasses import dataclass
from typing import ClassVar

from connections.errors import ConnectionBlocked
from kernel.errors import CardFailed, Fixer, Retry


@dataclass(kw_only=True, eq=False)
class MessageNotFound(CardFailed):
    """``field`` is the input that named it."""

    code: ClassVar[str] = "gmail.not_found"
    title: ClassVar[str] = "The mailbox holds nothing with this id"
    cause_template: ClassVar[str] = "{field}: {email} has no such message. It may have been deleted for good."
    remedy_template: ClassVar[str] = (
        "Check the {field}. The same message has another id in each mailbox, so take the one that this mailbox gave."
    )
    field: str
    email: str


@dataclass(kw_only=True, eq=False)
class IdRefused(CardFailed):
    code: ClassVar[str] = "gmail.invalid_id"
    title: ClassVar[str] = "That is not an id of Gmail's"
    cause_template: ClassVar[str] = "{field}: Google says that it doesn't have the form of an id."
    remedy_template: ClassVar[str] = "Enter the {field} as Gmail gives it, such as 19e1acd465710c93."
    field: str


@dataclass(kw_only=True, eq=False)
class HeaderRefused(CardFailed):
    code: ClassVar[str] = "gmail.header_refused"
    title: ClassVar[str] = "Google doesn't accept an address"
    cause_template: ClassVar[str] = "{field}: Google says that an address in it is not valid. Nothing was sent."
    remedy_template: ClassVar[str] = "Correct the addresses in {field}, then run the card again."
    field: str


@dataclass(kw_only=True, eq=False)
class RecipientRequired(CardFailed):
    code: ClassVar[str] = "gmail.recipient_required"
    title: ClassVar[str] = "The message has no recipient"
    cause_template: ClassVar[str] = "To: Google found no address to send to. Nothing was sent."
    remedy_template: ClassVar[str] = "Enter at least one address in To, then run the card again."


@dataclass(kw_only=True, eq=False)
class MessageTooLarge(CardFailed):
    code: ClassVar[str] = "gmail.message_too_large"
    title: ClassVar[str] = "The message is too large"
    cause_template: ClassVar[str] = "Google takes no message of this size. Nothing was sent."
    remedy_template: ClassVar[str] = "Shorten the message, then run the card again."


@dataclass(kw_only=True, eq=False)
class DraftGone(CardFailed):
    code: ClassVar[str] = "gmail.draft_gone"
    title: ClassVar[str] = "The draft was gone before it was sent"
    cause_template: ClassVar[str] = (
        "The message was saved as a draft of {email}, and Google had it no more when it was to be sent. Somebody may "
        "have deleted it, or sent it by hand."
    )
    remedy_template: ClassVar[str] = "Look into the mailbox's Sent folder, then run the card again if it isn't there."
    fixer: ClassVar[Fixer] = Fixer.MAILBOX_OWNER
    email: str


@dataclass(kw_only=True, eq=False)
class SenderNotVerified(CardFailed):
    """Google would send it all the same, from the mailbox's own address and without a word."""

    code: ClassVar[str] = "gmail.sender_not_verified"
    title: ClassVar[str] = "The mailbox may not send as this address"
    cause_template: ClassVar[str] = (
        "From: {sender} is not a verified send-as address of {email}. It may send as {verified}. Nothing was sent."
    )
    remedy_template: ClassVar[str] = (
        "Use one of those addresses, leave From empty, or add {sender} in Gmail's settings, under Send mail as."
    )
    fixer: ClassVar[Fixer] = Fixer.MAILBOX_OWNER
    sender: str
    email: str
    verified: str


@dataclass(kw_only=True, eq=False)
class MailboxRefused(CardFailed):
    """“Delegation denied”: the token's account is not the mailbox's own."""

    code: ClassVar[str] = "gmail.mailbox_refused"
    title: ClassVar[str] = "Google refuses access to this mailbox"
    cause_template: ClassVar[str] = "{what}: {email} may not act on another person's mailbox."
    remedy_template: ClassVar[str] = "Use a connection with the mailbox's own account."
    fixer: ClassVar[Fixer] = Fixer.CONNECTION_MANAGER
    what: str
    email: str


@dataclass(kw_only=True, eq=False)
class MailboxUnavailable(CardFailed):
    """“Precondition check failed.”: met for new, suspended and unlicensed accounts; the text can't tell which."""

    code: ClassVar[str] = "mailbox.unavailable"
    title: ClassVar[str] = "The mailbox can't be used now"
    cause_template: ClassVar[str] = (
        "{what}: Google says that {email} isn't in a state for it. It may be new, suspended or without Gmail."
    )
    remedy_template: ClassVar[str] = "Ask a Workspace administrator to look at the account, then run the card again."
    fixer: ClassVar[Fixer] = Fixer.WORKSPACE_ADMINISTRATOR
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    what: str
    email: str


@dataclass(kw_only=True, eq=False)
class MetadataScopeInTheWay(CardFailed):
    """A token that holds gmail.metadata may neither search nor read bodies, whatever else it holds."""

    code: ClassVar[str] = "scope.metadata_in_the_way"
    title: ClassVar[str] = "The scope gmail.metadata forbids this"
    cause_template: ClassVar[str] = (
        "{what}: Google refuses search and content to a grant that holds gmail.metadata, also beside gmail.readonly."
    )
    remedy_template: ClassVar[str] = "Authorize the connection without gmail.metadata."
    fixer: ClassVar[Fixer] = Fixer.CONNECTION_MANAGER
    retry: ClassVar[Retry] = Retry.AFTER_FIX
    reauthorizing_helps: ClassVar[bool] = True
    what: str


@dataclass(kw_only=True, eq=False)
class ApiNotEnabled(ConnectionBlocked):
    code: ClassVar[str] = "gmail.api_not_enabled"
    title: ClassVar[str] = "The Gmail API is off in the Google Cloud project"
    fixer: ClassVar[Fixer] = Fixer.CLOUD_PROJECT_ADMINISTRATOR
