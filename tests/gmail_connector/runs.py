"""Running Gmail's cards as people run them, and what came out."""

import base64
from typing import Any

from connections.models import Connection
from flows.engine.sealed_values import OUTPUTS, open_values
from flows.models import Run, RunState
from flows.operations.run_card import run_card
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from kernel.errors import ConsoleError, from_stored
from tests.consents import Browser
from tests.staged_google import gmail_calls

READ, SEARCH = "gmail.read_email", "gmail.search_emails"
SEND, SEND_WITH_FILE = "gmail.send_email", "gmail.send_email_with_attachment"
CUSTOM, AUTO_REPLY = "gmail.custom_api_action", "gmail.set_auto_reply"
SETTINGS = "gmail.update_user_gmail_settings"
MAIL = {"to": ["ben@acme.example"], "subject": "Lunch on Friday", "body": "Paella?"}
FILE = {"file_name": "menu.csv", "file_content": base64.b64encode(b"dish,price\npaella,14\n").decode()}
BEN, CLEO = "ben@acme.example", "cleo@acme.example"
ACTING = {"project": "acme-automation", "service_account": SERVICE_ACCOUNT}

GIVEN: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    READ: ({}, {"message_id": "19e1acd465710c93"}),
    SEARCH: ({"result_set": "all_matching_emails"}, {"query": "invoice", "with_labels": ["Invoices"]}),
    SEND: ({"body_is_html": False}, MAIL),
    SEND_WITH_FILE: ({"body_is_html": False}, {**MAIL, "file": FILE}),
    "gmail.add_delegate": (ACTING, {"delegator_email": BEN, "delegate_email": CLEO}),
    "gmail.delete_delegate": (ACTING, {"delegator_email": BEN, "delegate_email": CLEO}),
    "gmail.list_delegates": (ACTING, {"delegator_email": BEN}),
    "gmail.add_send_as_alias": (
        {**ACTING, "alias_type": "domain"},
        {"user_email": BEN, "send_as_email": "sales@acme.example"},
    ),
    "gmail.delete_send_as_alias": (ACTING, {"user_email": BEN, "send_as_email": "sales@acme.example"}),
    AUTO_REPLY: (ACTING, {"auto_reply_email": BEN, "response_subject": "Away"}),
    SETTINGS: (ACTING, {"user_email": BEN, "imap": {"enabled": False}}),
    CUSTOM: ({"request_type": "GET"}, {"relative_url": "/v1/users/me/messages"}),
    "gmail.forward_emails": (ACTING, {"forward_from_email": BEN, "forward_to_email": CLEO}),
}
"""What each card is given where it doesn't matter. A card without a line here fails the tests of all cards."""


def run(person: Browser, connection: Connection, card: str, **inputs: Any) -> Run:
    """The card with what it is given, ``inputs`` in place of some of it; options go by their names too."""
    options, given = GIVEN[card]
    chosen = {name: inputs.pop(name, value) for name, value in options.items()}
    return run_card(
        person.actor, card_key=card, connection_id=connection.pk, options=chosen, inputs={**given, **inputs}
    )


def outputs(run: Run) -> dict[str, Any]:
    assert run.state == RunState.COMPLETED, run.cause
    return open_values(run.steps.get(), OUTPUTS)


def failure(run: Run) -> ConsoleError:
    assert run.state == RunState.FAILED
    assert run.cause is not None
    return from_stored(run.cause)


def paths(google: RunningSandbox) -> list[str]:
    return [f"{entry['method']} {entry['path'].rpartition('/me/')[2]}" for entry in gmail_calls(google)]
