"""Forward Emails: all mail that comes in goes on to another address."""

from typing import Any

from connections.requirements import Requirements, ServiceAccountUser
from flows.cards import Card, Effect, Fields, Noted, field
from gmail_connector.addresses import bare_address, is_same
from gmail_connector.client import GmailClient
from gmail_connector.scopes import CLOUD_PLATFORM, SETTINGS_BASIC, SETTINGS_SHARING
from gmail_connector.service_account import ServiceAccountInputs, ServiceAccountOptions
from gmail_connector.settings_changes import Change, Disposition, changes, choice_word, gmail_word
from gmail_connector.settings_errors import AlreadyThere, ForwardingPending
from kernel.errors import InputRejected

LABELS = {"enabled": "Enabled", "emailAddress": "Forwarding Email", "disposition": "Disposition"}


class Options(ServiceAccountOptions):
    pass


class Inputs(ServiceAccountInputs):
    forward_from_email: str = field("Forward From: Email", help="The mailbox whose mail is forwarded.")
    forward_to_email: str = field("Forward To: Email", help="Where it goes.")
    disposition: Disposition = field(
        "Disposition",
        help="What becomes of the mail in the mailbox it came to. It stays in the inbox unless chosen otherwise.",
        default=Disposition.LEAVE_IN_INBOX,
    )


class Outputs(Fields):
    forwarding_email: str = field("Forwarding Email")
    enabled: bool = field("Enabled")
    disposition: str = field("Disposition")
    changes: tuple[Change, ...] = field("Changes", help="What was changed, and how it was before.")


def run(client: GmailClient, _options: Options, inputs: Inputs) -> Outputs | Noted[Outputs]:
    """:raises InputRejected: the target is no address, or the mailbox itself.

    :raises ForwardingPending: it hasn't been confirmed. :raises ConsoleError: Gmail refused.
    """
    target = bare_address("forward_to_email", inputs.forward_to_email)
    if is_same(target, client.email):
        raise InputRejected(fields={"forward_to_email": ["A mailbox can't forward to itself."]})
    before = client.call(
        "Reading the forwarding", client.users("settings").getAutoForwarding(userId="me"), needs=(SETTINGS_BASIC,)
    )
    disposition = gmail_word(inputs.disposition)
    if before.get("enabled") and is_same(before.get("emailAddress") or "", target):
        if before.get("disposition") == disposition:
            return Noted(outputs=_outputs(before, before), note=f"{client.email} was forwarding like this already.")
    else:
        _require_accepted(client, target)
    wanted = {"enabled": True, "emailAddress": target, "disposition": disposition}
    request = client.users("settings").updateAutoForwarding(userId="me", body=wanted)
    after = client.call("Turning forwarding on", request, needs=(SETTINGS_SHARING,), about=target)
    return _outputs(before, after)


def _require_accepted(client: GmailClient, target: str) -> None:
    """See to it that the address is one that the mailbox may forward to. :raises ForwardingPending: it isn't yet."""
    status = _status(client, target) or _add(client, target)
    if status != "accepted":
        raise ForwardingPending(address=target, email=client.email)


def _status(client: GmailClient, target: str) -> str:
    """Empty where the mailbox doesn't know the address."""
    request = client.users("settings", "forwardingAddresses").list(userId="me")
    answer = client.call("Listing the forwarding addresses", request, needs=(SETTINGS_BASIC,))
    listed = answer.get("forwardingAddresses") or []
    return next((_status_of(each) for each in listed if is_same(each.get("forwardingEmail") or "", target)), "")


def _add(client: GmailClient, target: str) -> str:
    addresses = client.users("settings", "forwardingAddresses")
    request = addresses.create(userId="me", body={"forwardingEmail": target})
    try:
        answer = client.call("Adding the forwarding address", request, needs=(SETTINGS_SHARING,), about=target)
        return _status_of(answer)
    except AlreadyThere:
        return _status(client, target)


def _status_of(address: dict[str, Any]) -> str:
    return str(address.get("verificationStatus") or "pending")


def _outputs(before: dict[str, Any], after: dict[str, Any]) -> Outputs:
    return Outputs(
        forwarding_email=after.get("emailAddress") or "",
        enabled=bool(after.get("enabled")),
        disposition=choice_word(after.get("disposition") or ""),
        changes=changes(LABELS, _in_words(before), _in_words(after)),
    )


def _in_words(forwarding: dict[str, Any]) -> dict[str, Any]:
    return {**forwarding, "disposition": choice_word(forwarding.get("disposition") or "")}


card = Card(
    key="gmail.forward_emails",
    title="Forward Emails",
    summary="Forward all mail that comes into a mailbox, and keep, archive, mark or trash it there.",
    effect=Effect.SET_STATE,
    quota_units=107,
    needs=Requirements(
        scopes=((CLOUD_PLATFORM,), (SETTINGS_SHARING,)),
        role=ServiceAccountUser(
            service_account="service_account",
            mailbox="forward_from_email",
            delegated_scopes=(SETTINGS_BASIC, SETTINGS_SHARING),
        ),
    ),
    options=Options,
    inputs=Inputs,
    outputs=Outputs,
    run=run,
    notes=(
        "Google asks the owner of an address outside the organization first: the card then says so and changes "
        "nothing; run it again after the confirmation was accepted. Where an administrator has turned automatic "
        "forwarding off, Google has been seen to fail without a reason. Update User Gmail Settings ends forwarding."
    ),
)
