"""The whole API against its own description: whatever is sent, the answer is one that it describes."""

import zlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from access import policy
from access.actor import Actor, Via
from access.operations.create_api_key import create_api_key
from access.permissions import PERMISSIONS
from connections.models import Connection
from flows.models import Flow
from flows.operations.run_card import run_card
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.factories import UserFactory
from tests.flow_runs import asks_for, build_flow, card, start
from workflows_console.api import api

pytestmark = pytest.mark.django_db
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]

schema = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/api/v1/"))
_handler = WSGIHandler()


def _application(environ: dict[str, Any], start_response: Any) -> Any:
    """The console as its server calls it: with the caller's address."""
    return _handler(environ | {"REMOTE_ADDR": "127.0.0.1"}, start_response)


schema.app = _application


@pytest.fixture
def connection(google: RunningSandbox) -> Connection:
    """One of an administrator, made by real consent, so that card runs get as far as Gmail."""
    return Browser(UserFactory(administrator=True)).connect()


@pytest.fixture
def run(connection: Connection) -> UUID:
    """A card's run that Google refused."""
    given: dict[str, Any] = {"options": {}, "inputs": {"message_id": "19e1acd465710c99"}}
    actor = Actor(user=connection.owner, via=Via.API)
    return run_card(actor, card_key="gmail.read_email", connection_id=connection.pk, **given).pk


@pytest.fixture
def headers(connection: Connection) -> Iterator[dict[str, str]]:
    """Those of a request with a key for everything. Requests keep the test's database connection open."""
    actor = Actor(user=connection.owner, via=Via.API)
    every = [name for name in PERMISSIONS if policy.may(actor, name)]
    made = create_api_key(Actor.command(), owner=connection.owner, name="schema", permissions=every, days=1)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield {"Authorization": f"Bearer {made.secret}", "Host": "testserver"}
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def flow(connection: Connection) -> Flow:
    """One that reads with the connection, and is saved."""
    reads = card("c1", "gmail.read_email", connection, inputs={"message_id": "{{trigger.id}}"})
    return build_flow(Actor(user=connection.owner, via=Via.API), reads, trigger=asks_for("id"))


@pytest.fixture
def flow_run(flow: Flow) -> UUID:
    """A run of it that no worker has taken up."""
    return start(Actor(user=flow.owner, via=Via.API), flow, id="19e1acd465710c99").pk


def with_real_ids(case: Any, connection: Connection, flow: Flow, runs: tuple[UUID, UUID]) -> None:
    """In half of the cases name what is there, so that requests get further than *not found*."""
    number = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode(errors="replace"))
    if number % 2:
        return
    keys = ("gmail",) if "connectors" in case.path else ("gmail.read_email", "gmail.send_email")
    turn = number // 2 % 2
    real = {"connection_id": connection.pk, "flow_id": flow.pk, "run_id": runs[turn], "key": keys[turn % len(keys)]}
    case.path_parameters = {name: str(real.get(name, value)) for name, value in (case.path_parameters or {}).items()}
    if isinstance(case.body, dict) and "connection" in case.body:
        case.body["connection"] = str(connection.pk)
    if isinstance(case.body, dict) and "version" in case.body and "{flow_id}" in case.path:
        case.body["version"] = flow.edit


@schema.parametrize()
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
def test_every_answer_is_described(  # noqa: PLR0917  (each is a fixture)
    case: Any, connection: Connection, flow: Flow, run: UUID, flow_run: UUID, headers: dict[str, str]
) -> None:
    with_real_ids(case, connection, flow, (run, flow_run))
    response = case.call(headers=headers)
    case.validate_response(response, checks=CHECKS)
