"""Whether a mailbox answers: its profile, which holds no content, where a granted scope allows to ask for it."""

from connections.extensions import Probed, TokenSource
from connections.models import Connection
from gmail_connector.client import GmailClient
from gmail_connector.scopes import READ_PROFILE
from kernel.errors import ConsoleError

ASKED = "Gmail profile"


def probe_mailbox(connection: Connection, tokens: TokenSource) -> Probed:
    """Ask for the profile once. With gmail.send alone there is nothing that may be asked."""
    client = GmailClient(connection, tokens)
    if not client.has_any(READ_PROFILE):
        return Probed()
    request = client.users().getProfile(userId="me")
    try:
        client.call("Reading the Gmail profile", request, needs=READ_PROFILE)
    except ConsoleError as error:
        return Probed(asked=ASKED, error=error)
    return Probed(asked=ASKED)
