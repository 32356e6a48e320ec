"""What the tests of roles share: a card that acts through the service account, and one that only signs the person's."""

from connections.models import Connection
from connections.operations.require_role import require_role
from connections.requirements import Impersonation
from flows.catalog import get_card
from google_sandbox.world import SERVICE_ACCOUNT

ADA, BEN, CLEO, DORA = (f"{name}@acme.example" for name in ("ada", "ben", "cleo", "dora"))
BASIC, SHARING = (f"https://www.googleapis.com/auth/gmail.settings.{name}" for name in ("basic", "sharing"))
PROJECT = "acme-automation"
FORWARD = "gmail.forward_emails"
ON_BEN = Impersonation(service_account=SERVICE_ACCOUNT, mailbox=BEN, scopes=(BASIC, SHARING))


def preflight(connection: Connection, of: Impersonation = ON_BEN) -> None:
    """What a run of a service-account card asks before its call to Gmail."""
    require_role(connection, of, card=get_card(FORWARD))


def facts(connection: Connection) -> dict[str, str]:
    """What is kept about the service account: permission or short scope, and the answer."""
    return {
        fact.name.partition(" ")[2].rpartition("/")[2]: fact.value["answer"]
        for fact in connection.facts.filter(name__startswith=f"{SERVICE_ACCOUNT} ")
    }
