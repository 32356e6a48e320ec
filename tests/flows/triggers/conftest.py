from collections.abc import Iterator

import pytest

from tests.consents import Browser
from tests.factories import UserFactory
from tests.flow_runs import Queue, queued_runs


@pytest.fixture
def queue() -> Iterator[Queue]:
    with queued_runs() as made:
        yield made


@pytest.fixture
def ada(db: None) -> Browser:
    return Browser(UserFactory(administrator=True))
