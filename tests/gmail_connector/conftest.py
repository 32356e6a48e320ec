"""A mailbox to work with: a connection made by consent at the sandbox, and its client."""

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from connections.models import Connection
from gmail_connector.client import GmailClient, open_client
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.factories import UserFactory

Connect = Callable[..., Connection]


@pytest.fixture(autouse=True)
def _patience(settings: Settings) -> None:
    """No answer is given up on because this machine is busy. Tests of what hangs shorten this."""
    settings.GMAIL_READ_SECONDS = 10


@pytest.fixture
def person(db: None) -> Browser:
    return Browser(UserFactory(administrator=True))


@pytest.fixture
def connect(google: RunningSandbox, person: Browser) -> Connect:
    """Make a connection; the journal begins after it."""

    def make(account: str = "ada@acme.example", *scopes: str, withhold: tuple[str, ...] = ()) -> Connection:
        nickname = f"{account} {' '.join(scopes)}"[:80]
        made = person.connect(nickname, account, scopes, withhold)
        google.sandbox.journal.clear()
        return made

    return make


@pytest.fixture
def client(connect: Connect) -> GmailClient:
    return open_client(connect())
