"""See whether Google accepts this console's OAuth client."""

from access import policy
from access.actor import Actor
from connections.google.client_check import ClientVerdict, ask_for_verdict
from connections.operations.limit_rate import limit_rate


def check_google_client(actor: Actor) -> ClientVerdict:
    """What Google says of the client's id, secret and redirect URI. Nothing is authorized, and nothing is changed.

    :raises NotPermitted: the actor may not manage the policy. :raises TooManyStarts: asked too often within a minute.
    :raises GoogleUnavailable: no answer came, or none that tells.
    """
    policy.require(actor, "policy.manage")
    limit_rate("probe", f"google_client:{actor.user_id}")
    return ask_for_verdict()
