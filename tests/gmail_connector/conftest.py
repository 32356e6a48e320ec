"""A mailbox to work with: a connection made by consent at the sandbox, and its client."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from connections.models import Connection
from connections.operations.get_access_token import AccessToken
from connections.requirements import Impersonation
from gmail_connector.client import GmailClient, open_client
from gmail_connector.scopes import SETTINGS_BASIC, SETTINGS_SHARING
from google_sandbox.server import RunningSandbox
from google_sandbox.world import SERVICE_ACCOUNT
from tests.consents import Browser
from tests.factories import UserFactory
from tests.google_sandbox.calling import delegated_caller

Connect = Callable[..., Connection]
ActOn = Callable[..., GmailClient]


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


@pytest.fixture
def act_on(google: RunningSandbox) -> ActOn:
    """The service account's client on somebody's mailbox, as the cards that need a role get it."""

    def make(mailbox: str = "ben@acme.example", *scopes: str) -> GmailClient:
        acting = Impersonation(
            service_account=SERVICE_ACCOUNT, mailbox=mailbox, scopes=scopes or (SETTINGS_BASIC, SETTINGS_SHARING)
        )
        token = AccessToken(
            delegated_caller(google, mailbox, *acting.scopes).token, datetime.max.replace(tzinfo=UTC), 1
        )
        google.sandbox.journal.clear()
        return GmailClient(Connection(), lambda *, stale=None: token, acting)  # noqa: ARG005

    return make
