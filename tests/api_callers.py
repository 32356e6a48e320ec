"""Programs that call the API in a test."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from access import policy
from access.actor import Actor, Via
from access.operations.create_api_key import create_api_key
from access.permissions import PERMISSIONS


class Caller:
    """A client with an API key of that person, for everything that they may do if nothing is named."""

    def __init__(self, person: Any, *permissions: str) -> None:
        everything = [name for name in PERMISSIONS if policy.may(Actor(user=person, via=Via.API), name)]
        made = create_api_key(Actor.command(), owner=person, name="test", permissions=permissions or everything, days=1)
        self.client = Client(headers={"authorization": f"Bearer {made.secret}"})

    def get(self, path: str, **query: str) -> tuple[int, Any]:
        return _read(self.client.get(f"/api/v1/{path}", query))

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, Any]:
        response = self.client.post(f"/api/v1/{path}", body or {}, content_type="application/json", headers=headers)
        return _read(response)

    def put(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        return _read(self.client.put(f"/api/v1/{path}", body, content_type="application/json"))

    def delete(self, path: str) -> tuple[int, Any]:
        return _read(self.client.delete(f"/api/v1/{path}"))


def _read(response: Any) -> tuple[int, Any]:
    assert isinstance(response, HttpResponse)
    return response.status_code, json.loads(response.content)
