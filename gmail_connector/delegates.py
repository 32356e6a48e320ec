"""The delegates of a mailbox: people of the same organization who may open it."""

from flows.cards import Fields, field
from gmail_connector.addresses import is_same
from gmail_connector.client import GmailClient
from gmail_connector.scopes import SETTINGS_BASIC

LISTING = "Listing the delegates"


class Delegate(Fields):
    delegate_email: str = field("Delegate Email", heading=True)
    verification_status: str = field("Verification Status", help="accepted, pending, rejected or expired.")


def delegate_of(resource: dict[str, str]) -> Delegate:
    return Delegate(
        delegate_email=resource.get("delegateEmail") or "",
        verification_status=resource.get("verificationStatus") or "",
    )


def delegates_of(client: GmailClient) -> tuple[Delegate, ...]:
    """All of them: Google gives them on one page, and none as an answer without content or without the list."""
    answer = client.call(LISTING, client.users("settings", "delegates").list(userId="me"), needs=(SETTINGS_BASIC,))
    return tuple(delegate_of(each) for each in answer.get("delegates") or [])


def find_delegate(client: GmailClient, address: str) -> Delegate | None:
    return next((each for each in delegates_of(client) if is_same(each.delegate_email, address)), None)
