"""Add Delegate: somebody of the same organization may open a mailbox."""

from connections.requirements import Requirements, ServiceAccountUser
from flows.cards import Card, Effect, Noted, field
from gmail_connector.addresses import bare_address, is_same
from gmail_connector.client import GmailClient
from gmail_connector.delegates import Delegate, delegate_of, find_delegate
from gmail_connector.scopes import CLOUD_PLATFORM, SETTINGS_BASIC, SETTINGS_SHARING
from gmail_connector.service_account import ServiceAccountInputs, ServiceAccountOptions
from gmail_connector.settings_errors import AlreadyThere
from kernel.errors import InputRejected

SETTLED = frozenset({"accepted", "pending"})
"""Of the others, which somebody declined or let lapse, nothing comes any more: they are added anew."""


class Options(ServiceAccountOptions):
    pass


class Inputs(ServiceAccountInputs):
    delegator_email: str = field("Delegator: Email", help="The mailbox that the delegate may open.")
    delegate_email: str = field(
        "Delegate: Email", help="The primary address of a person in the same organization, not an alias or a group."
    )


def run(client: GmailClient, _options: Options, inputs: Inputs) -> Delegate | Noted[Delegate]:
    """:raises InputRejected: the delegate is no address, or the mailbox itself. :raises ConsoleError: Gmail refused."""
    wanted = bare_address("delegate_email", inputs.delegate_email)
    if is_same(wanted, client.email):
        raise InputRejected(fields={"delegate_email": ["A mailbox can't be its own delegate."]})
    known = find_delegate(client, wanted)
    if known and known.verification_status in SETTLED:
        return _already(client, known)
    request = client.users("settings", "delegates").create(userId="me", body={"delegateEmail": wanted})
    try:
        return delegate_of(client.call("Adding the delegate", request, needs=(SETTINGS_SHARING,), about=wanted))
    except AlreadyThere:
        return _already(client, find_delegate(client, wanted) or _unlisted(wanted))


def _already(client: GmailClient, delegate: Delegate) -> Noted[Delegate]:
    note = f"{delegate.delegate_email} was a delegate of {client.email} already. Nothing was changed."
    if delegate.verification_status == "pending":
        note = f"{delegate.delegate_email} was invited already and has not accepted yet. Nothing was changed."
    return Noted(outputs=delegate, note=note)


def _unlisted(wanted: str) -> Delegate:
    """Google says that it is there, and doesn't list it yet: that takes up to a minute."""
    return Delegate(delegate_email=wanted, verification_status="")


card = Card(
    key="gmail.add_delegate",
    title="Add Delegate",
    summary="Let a person of the organization open somebody's mailbox as a delegate. No mail is sent about it.",
    effect=Effect.SET_STATE,
    quota_units=102,
    needs=Requirements(
        scopes=((CLOUD_PLATFORM,),),
        role=ServiceAccountUser(
            service_account="service_account",
            mailbox="delegator_email",
            delegated_scopes=(SETTINGS_BASIC, SETTINGS_SHARING),
        ),
    ),
    options=Options,
    inputs=Inputs,
    outputs=Delegate,
    run=run,
    notes=(
        "A delegate is accepted at once; it takes up to a minute until the mailbox shows. Google lets a mailbox have "
        "about 25 delegates."
    ),
)
