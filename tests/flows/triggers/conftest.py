import pytest

from tests.consents import Browser
from tests.factories import UserFactory


@pytest.fixture
def ada(db: None) -> Browser:
    return Browser(UserFactory(administrator=True))
