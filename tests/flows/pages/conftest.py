"""A flow builder, a connection of theirs, and what they do on the builder's pages."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from access.actor import Actor, Via
from access.models import User
from connections.models import Connection
from flows.definition import Definition, PlacedCard, read_definition
from flows.models import Flow
from flows.operations.create_flow import create_flow
from tests.factories import ConnectionFactory, UserFactory
from tests.read_pages import signed_in, words_of


@dataclass
class Builder:
    """One person at the pages of one flow. Each press sends the number of the draft as it is now."""

    person: User
    flow: Flow

    @cached_property
    def client(self) -> Client:
        return signed_in(self.person)

    @property
    def draft(self) -> Definition:
        self.flow.refresh_from_db()
        return read_definition(self.flow.draft)

    def card(self, card_id: str = "c1") -> PlacedCard:
        found = self.draft.find(card_id)
        assert found is not None, self.draft
        return found

    def open(self, **query: str) -> Any:
        response = self.client.get(reverse("flow", args=[self.flow.pk], query=query))
        assert response.status_code == 200, response.status_code
        return response

    def words(self, **query: str) -> str:
        return words_of(self.open(**query))

    def press(self, route: str, *ids: str, edit: int | None = None, **given: Any) -> Any:
        self.flow.refresh_from_db()
        values = {"edit": self.flow.edit if edit is None else edit, **given}
        return self.client.post(reverse(route, args=[self.flow.pk, *ids]), values)

    def add(self, key: str, place: str = "trigger") -> str:
        """Add a card; its id."""
        response = self.press("add_to_flow", key=key, place=place)
        assert response.status_code == 302, words_of(response)
        found = re.search(r"card=(\w+)", response.headers["Location"])
        assert found, response.headers["Location"]
        return found[1]

    def keep(self, card_id: str, **values: Any) -> Any:
        """The open card's form, sent as a page without scripts does."""
        response = self.press("flow_card", card_id, **values)
        assert response.status_code == 302, words_of(response)
        return response


@pytest.fixture
def person(db: None) -> User:
    made: User = UserFactory(name="Ben Okafor", flow_builder=True)
    return made


@pytest.fixture
def actor(person: User) -> Actor:
    return Actor(user=person, via=Via.PAGE)


@pytest.fixture
def connection(person: User) -> Connection:
    made: Connection = ConnectionFactory(owner=person, nickname="IT service desk")
    return made


@pytest.fixture
def builder(person: User, actor: Actor) -> Builder:
    return Builder(person, create_flow(actor, name="Leaver handover"))
