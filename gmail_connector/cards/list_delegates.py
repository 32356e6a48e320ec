"""List Delegates: who else may open a mailbox."""

from connections.requirements import Requirements, ServiceAccountUser
from flows.cards import Card, Effect, Fields, Noted, field
from gmail_connector.client import GmailClient
from gmail_connector.delegates import Delegate, delegates_of
from gmail_connector.scopes import CLOUD_PLATFORM, SETTINGS_BASIC
from gmail_connector.service_account import ServiceAccountInputs, ServiceAccountOptions


class Options(ServiceAccountOptions):
    pass


class Inputs(ServiceAccountInputs):
    delegator_email: str = field("Delegator: Email", help="The mailbox whose delegates are listed.")


class Outputs(Fields):
    delegates: tuple[Delegate, ...] = field("Delegates")


def run(client: GmailClient, _options: Options, _inputs: Inputs) -> Outputs | Noted[Outputs]:
    """:raises ConsoleError: Gmail refused."""
    found = Outputs(delegates=delegates_of(client))
    return found if found.delegates else Noted(outputs=found, note=f"{client.email} has no delegates.")


card = Card(
    key="gmail.list_delegates",
    title="List Delegates",
    summary="List the people who may open a mailbox of the organization as its delegates.",
    effect=Effect.READ,
    quota_units=1,
    needs=Requirements(
        scopes=((CLOUD_PLATFORM,),),
        role=ServiceAccountUser(
            service_account="service_account", mailbox="delegator_email", delegated_scopes=(SETTINGS_BASIC,)
        ),
    ),
    options=Options,
    inputs=Inputs,
    outputs=Outputs,
    run=run,
)
