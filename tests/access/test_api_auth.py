"""Who the API takes a call for: a key within its list, or a session with its token."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from access import policy
from access.actor import Actor, Via
from access.api_auth import KeyAuth, session_or_key
from access.models import ApiKey, RoleAssignment, User
from access.operations.create_api_key import NewKey, create_api_key
from access.permissions import Role
from kernel.clock import now
from kernel.ids import fingerprint
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
CALL = "/api/v1/connectors"
UNSAFE = "/api/v1/connections/authorizations"


@pytest.fixture
def owner() -> User:
    made: User = UserFactory(connection_manager=True)
    return made


def new_key(owner: User, *permissions: str, days: int = 90) -> NewKey:
    wanted = permissions or ("connection.view",)
    return create_api_key(Actor.command(), owner=owner, name="Nightly report", permissions=wanted, days=days)


def call(client: Client, secret: str, path: str = CALL) -> Any:
    return client.get(path, headers={"Authorization": f"Bearer {secret}"})


def actor_for(rf: Any, secret: str) -> Actor:
    request: HttpRequest = rf.get(CALL, headers={"Authorization": f"Bearer {secret}"})
    actor = KeyAuth()(request)
    assert actor is not None
    return actor


def test_a_key_calls_for_its_owner(client: Client, owner: User) -> None:
    assert call(client, new_key(owner).secret).status_code == 200


def test_the_actor_of_a_key_knows_key_owner_and_way(rf: Any, owner: User) -> None:
    made = new_key(owner)
    actor = actor_for(rf, made.secret)
    assert (actor.user, actor.key, actor.via, actor.address) == (owner, made.key, Via.API, "127.0.0.1")


def test_only_the_fingerprint_of_a_key_is_kept(owner: User) -> None:
    made = new_key(owner)
    row = ApiKey.objects.values().get()
    assert made.secret.startswith("wfc_")
    assert made.secret not in str(row) + repr(made)
    assert row["hash"] == fingerprint(made.secret)
    assert made.secret.startswith(row["prefix"])
    assert len(row["prefix"]) == 10


@pytest.mark.parametrize("secret", ["", "wfc_", "wfc_never-made-by-us", "wfc_" + "x" * 5000, "ä\x00"])
def test_another_key_calls_for_nobody(client: Client, owner: User, secret: str) -> None:
    new_key(owner)
    answer = call(client, secret)
    assert answer.status_code == 401
    assert answer.json()["code"] == "access.sign_in_needed"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Basic", "Token", "bearer-ish"])
def test_another_scheme_is_not_taken(client: Client, owner: User, scheme: str) -> None:
    secret = new_key(owner).secret
    assert client.get(CALL, headers={"Authorization": f"{scheme} {secret}"}).status_code == 401


def test_a_key_ends_at_its_time(client: Client, owner: User) -> None:
    made = new_key(owner, days=1)
    with time_machine.travel(made.key.expires_at - timedelta(seconds=1), tick=False):
        assert call(client, made.secret).status_code == 200
    with time_machine.travel(made.key.expires_at, tick=False):
        assert call(client, made.secret).status_code == 401


def test_a_revoked_key_calls_for_nobody(client: Client, owner: User) -> None:
    made = new_key(owner)
    ApiKey.objects.update(revoked_at=now())
    assert call(client, made.secret).status_code == 401


def test_the_key_of_an_inactive_person_calls_for_nobody(client: Client, owner: User) -> None:
    made = new_key(owner)
    User.objects.update(is_active=False)
    assert call(client, made.secret).status_code == 401


def test_the_last_use_is_written_at_most_once_a_minute(client: Client, owner: User) -> None:
    made = new_key(owner)
    seen = []
    with time_machine.travel(now(), tick=False) as clock:
        for _call in range(7):
            call(client, made.secret)
            made.key.refresh_from_db()
            seen.append(made.key.last_used_at)
            clock.shift(timedelta(seconds=20))
    assert None not in seen
    assert [seen.index(each) for each in seen] == [0, 0, 0, 3, 3, 3, 6]


def test_a_key_has_its_list_and_no_more(rf: Any, owner: User) -> None:
    actor = actor_for(rf, new_key(owner, "connection.view").secret)
    assert policy.may(actor, "connection.view")
    assert not policy.may(actor, "connection.create")


def test_a_key_loses_what_its_owner_loses(rf: Any, owner: User) -> None:
    made = new_key(owner, "connection.view", "connection.create")
    RoleAssignment.objects.filter(user=owner).update(role=Role.AUDITOR.value)
    actor = actor_for(rf, made.secret)
    assert policy.may(actor, "connection.view")
    assert not policy.may(actor, "connection.create")


def test_a_session_reads_without_more(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert client.get(CALL).status_code == 200


def test_a_session_changes_nothing_without_its_token(owner: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    refused = strict.post(UNSAFE, {}, "application/json")
    assert refused.status_code == 403
    assert "X-CSRFToken" in refused.json()["detail"]
    token = strict.get(reverse("account_logout")).context["csrf_token"]
    taken = strict.post(UNSAFE, {}, "application/json", headers={"X-CSRFToken": str(token)})
    assert taken.status_code == 422


def test_a_key_needs_no_such_token(owner: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    secret = new_key(owner, "connection.create").secret
    answer = strict.post(UNSAFE, {}, "application/json", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 422


def test_a_wrong_key_is_not_helped_by_a_session(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert call(client, "wfc_never-made-by-us").status_code == 401


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_is_told_to_sign_in(client: Client, method: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)(CALL if method == "get" else UNSAFE)
    assert answer.status_code == 401
    assert answer.json()["code"] == "access.sign_in_needed"


def test_the_description_names_both_ways() -> None:
    schemas = [each.openapi_security_schema for each in session_or_key]
    assert [(each["type"], each.get("scheme") or each.get("in")) for each in schemas] == [
        ("http", "bearer"),
        ("apiKey", "cookie"),
    ]
