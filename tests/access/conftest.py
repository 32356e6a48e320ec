"""People whom several tests of access need."""

import pytest
from django.test import Client

from tests.access.phones import Phone
from tests.factories import UserFactory


@pytest.fixture
def phone(client: Client) -> Phone:
    made = Phone(UserFactory(operator=True, email="oona@console.example"))
    client.force_login(made.user)
    made.set_up(client)
    return made
