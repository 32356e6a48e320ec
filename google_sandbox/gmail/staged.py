"""What was staged about Gmail's settings: an answer that differs, where no call is refused."""

from google_sandbox.gmail.call import Call
from google_sandbox.scenarios import Scenario


def take(call: Call, name: str) -> Scenario | None:
    """The scenario of this name that fits the call, counted down."""
    return call.request.sandbox.scenarios.take(
        {name},
        account=call.token.email,
        client=call.token.client_id,
        path=call.request.path,
        method=call.request.method,
    )
