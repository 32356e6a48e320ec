from collections.abc import Iterator

import pytest

from tests.flow_runs import Queue, queued_runs


@pytest.fixture
def queue() -> Iterator[Queue]:
    with queued_runs() as made:
        yield made
