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


def find_send_as(client: GmailClient, address: str) -> SendAs | None:
    answer = client.call(LISTING, client.users("settings", "sendAs").list(userId="me"), needs=(SETTINGS_BASIC,))
    for each in answer.get("sendAs") or []:
        found = each.get("sendAsEmail") or ""
        if is_same(found, address):
            return SendAs(address=found, is_primary=bool(each.get("isPrimary")), fields=each)
    return None
