"""One sandbox for the session, put back to its seeded world before each test."""

from collections.abc import Iterator

import pytest

from google_sandbox.oauth.clients import Client
from google_sandbox.server import RunningSandbox, start
from tests.google_sandbox.calling import ADA, BEN, CLEO, Caller, caller
from tests.google_sandbox.consenting import REDIRECT_URI

OTHER_CLIENT = Client(
    client_id="other-client", client_secret="GOCSPX-other", name="Another app", redirect_uris=(REDIRECT_URI,)
)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[RunningSandbox]:
    with start(redirect_uris=[REDIRECT_URI], other_clients=[OTHER_CLIENT]) as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: RunningSandbox) -> RunningSandbox:
    """A running sandbox in its first state."""
    running_sandbox.sandbox.reset()
    return running_sandbox


@pytest.fixture
def origin(sandbox: RunningSandbox) -> str:
    return sandbox.origin


@pytest.fixture
def ada(sandbox: RunningSandbox) -> Caller:
    return caller(sandbox, ADA)


@pytest.fixture
def ben(sandbox: RunningSandbox) -> Caller:
    return caller(sandbox, BEN)


@pytest.fixture
def cleo(sandbox: RunningSandbox) -> Caller:
    return caller(sandbox, CLEO)
