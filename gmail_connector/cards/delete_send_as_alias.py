"""Delete Send-As Alias: a mailbox may no longer send from an address."""

from connections.requirements import Requirements, ServiceAccountUser
from flows.cards import Card, Effect, Noted, field
from gmail_connector.addresses import bare_address
from gmail_connector.client import GmailClient
from gmail_connector.errors import MessageNotFound
from gmail_connector.scopes import CLOUD_PLATFORM, SETTINGS_BASIC, SETTINGS_SHARING
from gmail_connector.send_as import find_send_as
from gmail_connector.service_account import ServiceAccountInputs, ServiceAccountOptions
from gmail_connector.settings_changes import DONE, Deleted
from gmail_connector.settings_errors import PrimaryAddress


class Options(ServiceAccountOptions):
    pass


class Inputs(ServiceAccountInputs):
    user_email: str = field("User: Email", help="The mailbox that may send from the alias now.")
    send_as_email: str = field("Send As: Email", help="The alias. The mailbox's primary address can't be deleted.")


def run(client: GmailClient, _options: Options, inputs: Inputs) -> Deleted | Noted[Deleted]:
    """:raises InputRejected: the alias is no address. :raises PrimaryAddress: it is the mailbox's own.

    :raises ConsoleError: Gmail refused.
    """
    wanted = bare_address("send_as_email", inputs.send_as_email)
    known = find_send_as(client, wanted)
    if known is None:
        return Noted(outputs=DONE, note=f"{client.email} had no send-as alias {wanted}. Nothing was changed.")
    if known.is_primary:
        raise PrimaryAddress(alias=known.address)
    request = client.users("settings", "sendAs").delete(userId="me", sendAsEmail=known.address)
    try:
        client.call("Deleting the send-as alias", request, needs=(SETTINGS_SHARING,), field="Send As: Email")
    except MessageNotFound:
        return Noted(outputs=DONE, note=f"Somebody else deleted the alias {wanted} just now.")
    return DONE


card = Card(
    key="gmail.delete_send_as_alias",
    title="Delete Send-As Alias",
    summary="Take an address away from those that a mailbox may send from.",
    effect=Effect.SET_STATE,
    quota_units=6,
    needs=Requirements(
        scopes=((CLOUD_PLATFORM,),),
        role=ServiceAccountUser(
            service_account="service_account",
            mailbox="user_email",
            delegated_scopes=(SETTINGS_BASIC, SETTINGS_SHARING),
        ),
    ),
    options=Options,
    inputs=Inputs,
    outputs=Deleted,
    run=run,
    notes="An alias that isn't there counts as deleted. If it was the default, the primary address is it again.",
)
