"""The addresses that a mailbox may send from: its own primary one, and aliases."""

from dataclasses import dataclass
from typing import Any

from gmail_connector.addresses import is_same
from gmail_connector.client import GmailClient
from gmail_connector.scopes import SETTINGS_BASIC

LISTING = "Listing the send-as addresses"


@dataclass(frozen=True, kw_only=True)
class SendAs:
    """One of them, with ``fields`` as Gmail gives them."""

    address: str
    is_primary: bool
    fields: dict[str, Any]


def send_as_of(resource: dict[str, Any]) -> SendAs:
    return SendAs(
        address=resource.get("sendAsEmail") or "", is_primary=bool(resource.get("isPrimary")), fields=resource
    )


def find_send_as(client: GmailClient, address: str) -> SendAs | None:
    answer = client.call(LISTING, client.users("settings", "sendAs").list(userId="me"), needs=(SETTINGS_BASIC,))
    listed = (send_as_of(each) for each in answer.get("sendAs") or [])
    return next((each for each in listed if is_same(each.address, address)), None)
