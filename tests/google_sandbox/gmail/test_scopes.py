"""Every method takes the scopes that the discovery document lists for it, and no other."""

import re

import pytest

from google_sandbox.gmail.discovery import Method, methods
from google_sandbox.gmail.routes import IMPLEMENTATIONS
from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import ADA, FULL, UNKNOWN_ID, caller
from tests.google_sandbox.consenting import COMPOSE, EMAIL, GMAIL, METADATA, MODIFY, OPENID, READONLY, SEND

SCOPES = (
    SEND, COMPOSE, READONLY, MODIFY, METADATA, f"{GMAIL}labels", f"{GMAIL}settings.basic", f"{GMAIL}settings.sharing",
    f"{GMAIL}insert", FULL, OPENID, EMAIL, "https://www.googleapis.com/auth/cloud-platform",
)  # fmt: skip


def addresses(method: Method) -> list[str]:
    """The method's paths, of which uploads are others, with ids of nothing."""
    paths = (method.path, *method.upload_paths)
    return [re.sub(r"\{\w+\}", UNKNOWN_ID, path.replace("{userId}", "me")) for path in paths]


@pytest.mark.parametrize("method_id", sorted(IMPLEMENTATIONS))
def test_scopes_of_a_method(sandbox: RunningSandbox, method_id: str) -> None:
    method = methods()[method_id]
    for scope in SCOPES:
        person = caller(sandbox, ADA, scope)
        for address in addresses(method):
            answer = person.send(method.verb, address)
            reason = answer.json()["error"]["errors"][0]["reason"] if answer.status_code >= 400 else None
            assert (reason == "insufficientPermissions") is (scope not in method.scopes), (scope, address, answer.text)


def test_the_table_has_every_method_the_console_needs() -> None:
    assert {
        "gmail.users.getProfile", "gmail.users.messages.list", "gmail.users.messages.get", "gmail.users.messages.send",
        "gmail.users.messages.modify", "gmail.users.messages.trash", "gmail.users.messages.attachments.get",
        "gmail.users.threads.get", "gmail.users.threads.list", "gmail.users.labels.list", "gmail.users.labels.create",
        "gmail.users.drafts.create", "gmail.users.drafts.get", "gmail.users.drafts.list", "gmail.users.drafts.send",
        "gmail.users.drafts.delete", "gmail.users.history.list", "gmail.users.settings.sendAs.list",
    } <= set(IMPLEMENTATIONS)  # fmt: skip


def test_method_the_sandbox_lacks_is_not_found(sandbox: RunningSandbox) -> None:
    answer = caller(sandbox, ADA).send("GET", "settings/filters")
    assert answer.status_code == 404
