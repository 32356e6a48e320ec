"""Role by route by verb by ownership, on pages and the API: who gets in, and who learns that something is there."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from access.models import ApiKey, User
from access.permissions import PERMISSIONS, Reach, Role
from connections.models import Connection, ConsentAttempt, Sharing
from flows.definition import Definition, PlacedCard
from flows.engine.sealed_values import INPUTS, OPTIONS, seal_values
from flows.models import Flow, Run, RunState, StepRun, Trigger
from kernel.clock import now
from kernel.ids import new_secret
from tests.factories import ConnectionFactory, UserFactory
from tests.workflows_console.rights import API, CARD_CHOICES, CARD_RUN, NOBODY, OWN, PAGES, SIGNED_IN, Row, Subject
from workflows_console.api import api

pytestmark = pytest.mark.django_db
VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OWNERSHIPS = ("own", "shared", "other")
ROLES = [*Role, None]
PREFIX = "/api/v1"


def named_routes(patterns: Any, prefix: str = "") -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            if each.namespace is None:
                yield from named_routes(each.url_patterns, prefix)
        elif isinstance(each, URLPattern):
            yield str(each.name or each.pattern)


def api_calls() -> dict[str, set[str]]:
    paths = api.get_openapi_schema()["paths"]
    return {path.removeprefix(PREFIX): {verb.upper() for verb in verbs} for path, verbs in paths.items()}


@dataclass
class World:
    """One person with a role, and objects that are theirs, shared with them, and somebody else's."""

    person: User
    stranger: User
    connections: Mapping[str, Connection]
    runs: dict[str, Run]
    flows: dict[str, Flow]
    attempts: dict[str, ConsentAttempt]
    key: ApiKey

    def ids(self, row: Row, ownership: str) -> dict[str, Any]:
        found: dict[Subject, tuple[str, Any]] = {
            Subject.CONNECTION: ("connection_id", self.connections),
            Subject.RUN: ("run_id", self.runs),
            Subject.FLOW: ("flow_id", self.flows),
            Subject.ATTEMPT: ("attempt_id", self.attempts),
            Subject.PERSON: ("person_id", {"own": self.stranger}),
            Subject.API_KEY: ("key_id", {"own": self.key}),
        }
        if row.subject not in found:
            return {}
        name, objects = found[row.subject]
        return {name: objects[ownership].pk}


def _run(owner: User, connection: Connection) -> Run:
    moment = now()
    ended: dict[str, Any] = {"state": RunState.COMPLETED, "started_at": moment, "ended_at": moment}
    run = Run.objects.create(owner=owner, trigger=Trigger.CARD, via="page", **ended)
    step = StepRun(run=run, card_key="gmail.read_email", connection=connection, **ended)
    step.sealed_options = seal_values(step.pk, run.pk, OPTIONS, {})
    step.sealed_inputs = seal_values(step.pk, run.pk, INPUTS, {"message_id": "19e1acd465710c93"})
    step.save()
    return run


def _flow(owner: User) -> Flow:
    draft = Definition(cards=(PlacedCard(id="c1", card="gmail.read_email"),))
    return Flow.objects.create(owner=owner, name="Offboarding", draft=draft.to_json())


def _attempt(owner: User) -> ConsentAttempt:
    return ConsentAttempt.objects.create(
        purpose="create",
        connector="gmail",
        user=owner,
        form={"nickname": "Asked", "description": "", "scope_mode": "default"},
        scopes=["openid"],
        issuer="https://accounts.google.com",
        expires_at=now(),
    )


def make_world(role: Role | None) -> World:
    UserFactory(administrator=True)  # the last administrator can't be touched; here are two
    person, stranger = UserFactory(roles=[role] if role else []), UserFactory(administrator=True)
    shared = ConnectionFactory(owner=stranger, sharing=Sharing.PEOPLE)
    shared.shared_with.add(person)
    connections: dict[str, Any] = {
        "own": ConnectionFactory(owner=person),
        "shared": shared,
        "other": ConnectionFactory(owner=stranger),
    }
    key = ApiKey.objects.create(
        owner=stranger, name="theirs", prefix="wfc_abc", hash=new_secret()[:40], permissions=[], expires_at=now()
    )
    return World(
        person=person,
        stranger=stranger,
        connections=connections,
        runs={"own": _run(person, connections["own"]), "other": _run(stranger, connections["other"])},
        flows={each: _flow(owner) for each, owner in (("own", person), ("other", stranger))},
        attempts={"own": _attempt(person), "other": _attempt(stranger)},
        key=key,
    )


@contextmanager
def undone() -> Iterator[None]:
    """Whatever a cell changes is gone before the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _reach(role: Role | None, permission: str) -> Reach:
    return PERMISSIONS[permission].get(role, Reach()) if role else Reach()


def expected(role: Role | None, gate: str, subject: Subject, ownership: str) -> bool:
    """Whether console.md lets this role do it with such an object."""
    if gate in {NOBODY, SIGNED_IN}:
        return True
    if gate == OWN:
        return ownership == "own"
    reach = _reach(role, gate)
    if subject in {Subject.CONNECTION, Subject.RUN, Subject.FLOW}:
        return bool(reach.all or (ownership == "own" and reach.own) or (ownership == "shared" and reach.shared))
    return bool(reach)


def knows(role: Role | None, subject: Subject, ownership: str) -> bool:
    """Whether the person may know that the object is there."""
    views = {Subject.CONNECTION: "connection.view", Subject.RUN: "run.view", Subject.FLOW: "flow.view"}
    if subject in views:
        return expected(role, views[subject], subject, ownership)
    return subject != Subject.ATTEMPT or ownership == "own"


def ownerships(row: Row) -> tuple[str, ...]:
    match row.subject:
        case Subject.CONNECTION:
            return OWNERSHIPS
        case Subject.RUN | Subject.FLOW | Subject.ATTEMPT:
            return ("own", "other")
        case _:
            return ("own",)


def ask_page(client: Client, name: str, row: Row, verb: str, ids: dict[str, Any]) -> Any:
    path = reverse(name, kwargs={**row.arguments, **ids})
    return client.generic(verb, path, content_type="application/x-www-form-urlencoded")


def ask_api(client: Client, path: str, row: Row, verb: str, ids: dict[str, Any]) -> Any:
    address = PREFIX + path.format(**row.arguments, **ids)
    body = {"data": dict(row.body), "content_type": "application/json"} if verb != "GET" else {}
    return getattr(client, verb.lower())(address, **body)


Ask = Callable[[Client, str, Row, str, dict[str, Any]], Any]
SIDES: list[tuple[str, dict[str, Row], Ask]] = [("page", PAGES, ask_page), ("API", API, ask_api)]


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    routes = set(named_routes(get_resolver().url_patterns))
    assert routes == set(PAGES)
    assert api_calls().keys() == set(API) | {CARD_RUN, CARD_CHOICES}


def test_every_verb_that_the_api_takes_has_its_permission() -> None:
    assert {path: verbs for path, verbs in api_calls().items() if path not in {CARD_RUN, CARD_CHOICES}} == {
        path: set(row.verbs) for path, row in API.items()
    }


@pytest.mark.parametrize("name", sorted(PAGES))
def test_every_verb_that_a_page_takes_has_its_permission(name: str) -> None:
    world = make_world(Role.ADMINISTRATOR)
    client = Client(raise_request_exception=False)
    client.force_login(world.person)
    row = PAGES[name]
    taken = set()
    for verb in VERBS:
        with undone():
            answer = ask_page(client, name, row, verb, world.ids(row, "own"))
        if answer.status_code != 405:
            taken.add(verb)
    assert taken - {"PUT", "PATCH", "DELETE"} == set(row.verbs)


@pytest.mark.parametrize("role", ROLES, ids=str)
def test_each_role_gets_in_where_the_table_says(role: Role | None, figure: Callable[[str], None]) -> None:
    world = make_world(role)
    client = Client(raise_request_exception=False)
    client.force_login(world.person)
    cells, failures = 0, []
    for side, rows, ask in SIDES:
        for name, row in rows.items():
            for verb, gate in row.verbs.items():
                if gate == NOBODY:
                    continue
                for ownership in ownerships(row):
                    with undone():
                        status = ask(client, name, row, verb, world.ids(row, ownership)).status_code
                    cells += 1
                    problem = _problem(role, gate, row.subject, ownership, status)
                    if problem:
                        failures.append(f"{side} {verb} {name}, {ownership}: {problem}")
    figure(f"rights matrix, {role or 'no role'}: {cells} cells, {len(failures)} failures")
    assert not failures, "\n".join(failures)


def _problem(role: Role | None, gate: str, subject: Subject, ownership: str, status: int) -> str:
    is_allowed = expected(role, gate, subject, ownership)
    if status >= 500 and status != 503:
        return f"answered {status}"
    if is_allowed and status in {401, 403, 404}:
        return f"is kept out with {status}"
    if not is_allowed and status not in {403, 404}:
        return f"gets in with {status}"
    if not is_allowed and status != 404 and not knows(role, subject, ownership):
        return f"learns with {status} that it is there"
    return ""


def test_nobody_gets_in_without_signing_in(figure: Callable[[str], None]) -> None:
    world = make_world(Role.ADMINISTRATOR)
    client = Client(raise_request_exception=False)
    cells, failures = 0, []
    for side, rows, ask in SIDES:
        for name, row in rows.items():
            for verb, gate in row.verbs.items():
                if gate == NOBODY:
                    continue
                with undone():
                    answer = ask(client, name, row, verb, world.ids(row, "own"))
                cells += 1
                is_led_to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/")
                if not (answer.status_code == 401 if side == "API" else is_led_to_sign_in):
                    failures.append(f"{side} {verb} {name}: {answer.status_code}")
    figure(f"rights matrix, signed out: {cells} cells, {len(failures)} failures")
    assert failures == []


@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize("ownership", OWNERSHIPS)
def test_a_card_runs_only_with_ones_own_or_a_shared_connection(role: Role | None, ownership: str) -> None:
    world = make_world(role)
    client = Client(raise_request_exception=False)
    client.force_login(world.person)
    body = {
        "connection": str(world.connections[ownership].pk),
        "options": {},
        "inputs": {"message_id": "19e1acd465710c93"},
    }
    answer = client.post(f"{PREFIX}/cards/gmail.read_email/runs", body, content_type="application/json")
    may_run = bool(_reach(role, "card.run")) and ownership != "other"
    assert (answer.status_code not in {403, 404}) is may_run


@pytest.mark.parametrize("role", ROLES, ids=str)
@pytest.mark.parametrize("ownership", OWNERSHIPS)
def test_choices_are_listed_only_with_ones_own_or_a_shared_connection(role: Role | None, ownership: str) -> None:
    world = make_world(role)
    client = Client(raise_request_exception=False)
    client.force_login(world.person)
    path = CARD_CHOICES.format(key="gmail.add_delegate", option="project")
    status = client.get(f"{PREFIX}{path}", {"connection": str(world.connections[ownership].pk)}).status_code
    may_run = bool(_reach(role, "card.run")) and ownership != "other"
    assert status == 200 if may_run else status in {403, 404}


def test_an_object_that_is_not_there_looks_like_one_that_is_hidden() -> None:
    world = make_world(Role.OPERATOR)
    client = Client()
    client.force_login(world.person)
    hidden = client.get(reverse("connection", args=[world.connections["other"].pk]))
    missing = client.get(reverse("connection", args=[uuid4()]))
    words = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|nonce=\"[^\"]+\"|value=\"[^\"]+\"|\"X-CSRFToken\": \"[^\"]+\"")
    assert (hidden.status_code, words.sub("", hidden.text)) == (missing.status_code, words.sub("", missing.text))
