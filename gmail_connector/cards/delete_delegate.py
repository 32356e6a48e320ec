"""Delete Delegate: somebody may no longer open a mailbox."""

from connections.requirements import Requirements, ServiceAccountUser
from flows.cards import Card, Effect, Noted, field
from gmail_connector.addresses import bare_address
from gmail_connector.client import GmailClient
from gmail_connector.delegates import find_delegate
from gmail_connector.errors import MessageNotFound
from gmail_connector.scopes import CLOUD_PLATFORM, SETTINGS_BASIC, SETTINGS_SHARING
from gmail_connector.service_account import ServiceAccountInputs, ServiceAccountOptions
from gmail_connector.settings_changes import DONE, Deleted


class Options(ServiceAccountOptions):
    pass


class Inputs(ServiceAccountInputs):
    delegator_email: str = field("Delegator: Email", help="The mailbox that the delegate may open now.")
    delegate_email: str = field("Delegate: Email", help="The delegate as List Delegates gives it.")


def run(client: GmailClient, _options: Options, inputs: Inputs) -> Deleted | Noted[Deleted]:
    """:raises InputRejected: the delegate is no address. :raises ConsoleError: Gmail refused."""
    wanted = bare_address("delegate_email", inputs.delegate_email)
    known = find_delegate(client, wanted)
    if known is None:
        return Noted(outputs=DONE, note=f"{wanted} was no delegate of {client.email}. Nothing was changed.")
    delegates = client.users("settings", "delegates")
    request = delegates.delete(userId="me", delegateEmail=known.delegate_email)
    try:
        client.call("Deleting the delegate", request, needs=(SETTINGS_SHARING,), field="Delegate: Email")
    except MessageNotFound:
        return Noted(outputs=DONE, note=f"Somebody else deleted {wanted} from the delegates just now.")
    return DONE


card = Card(
    key="gmail.delete_delegate",
    title="Delete Delegate",
    summary="End a delegate's access to somebody's mailbox.",
    effect=Effect.SET_STATE,
    quota_units=6,
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
    outputs=Deleted,
    run=run,
    notes="A delegate who isn't there counts as deleted.",
)
