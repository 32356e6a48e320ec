"""The matrix of console.md (Roles), cell by cell: role, permission, and whose object it is."""

from dataclasses import dataclass
from itertools import product
from uuid import UUID

import pytest

from access import policy
from access.actor import Actor, Via
from access.models import ApiKey, User
from access.permissions import PERMISSIONS, WORDS, Role, UnknownPermission
from kernel.errors import NotFound, NotPermitted
from kernel.ids import new_id
from tests.factories import UserFactory

COLUMNS = (Role.ADMINISTRATOR, Role.CONNECTION_MANAGER, Role.FLOW_BUILDER, Role.OPERATOR, Role.AUDITOR)
# In the words of console.md. Where its table says *yes* of use, own or shared is meant, whatever the role.
TABLE: dict[str, tuple[str, str, str, str, str]] = {
    "connection.view": ("all", "all", "own shared", "own shared", "all"),
    "connection.use": ("own shared", "own shared", "own shared", "", ""),
    "connection.create": ("all", "all", "own", "", ""),
    "connection.edit": ("all", "all", "own", "", ""),
    "connection.share": ("all", "all", "own", "", ""),
    "connection.delete": ("all", "all", "own", "", ""),
    "connection.reauthorize": ("all", "all", "own", "shared", ""),
    "connection.check": ("all", "all", "own", "shared", ""),
    "connection.pause": ("all", "all", "own", "shared", ""),
    "connection.export": ("all", "", "", "", "all"),
    "card.run": ("own shared", "own shared", "own shared", "", ""),
    "flow.view": ("all", "", "own", "all", ""),
    "flow.edit": ("all", "", "own", "", ""),
    "flow.run": ("all", "", "own", "all", ""),
    "run.view": ("all", "own", "own", "all", ""),
    "run.resolve": ("all", "own", "own", "all", ""),
    "audit.view": ("all", "", "", "", "all"),
    "audit.export": ("all", "", "", "", "all"),
    "people.manage": ("all", "", "", "", ""),
    "policy.manage": ("all", "", "", "", ""),
    "api_key.manage": ("all", "", "", "", ""),
}
RELATIONS = ("own", "shared", "other")
CELLS = [
    (permission, role, relation, cell == "all" or relation in cell.split())
    for permission, cells in TABLE.items()
    for (role, cell), relation in product(zip(COLUMNS, cells, strict=True), RELATIONS)
]


@dataclass
class Thing:
    owner_id: UUID | None
    shared_with: tuple[User, ...] = ()

    def is_shared_with(self, user: User) -> bool:
        return user in self.shared_with


def thing_of(user: User, relation: str) -> Thing:
    somebody = new_id()
    return {
        "own": Thing(user.pk),
        "shared": Thing(somebody, (user,)),
        "other": Thing(somebody),
    }[relation]


def actor(*roles: Role, key: ApiKey | None = None) -> Actor:
    """Somebody with these roles, known without the database."""
    who = Actor(user=UserFactory.build(), via=Via.API if key else Via.PAGE, key=key)
    who.__dict__["roles"] = frozenset(roles)
    return who


def test_the_table_names_every_permission_and_every_role() -> None:
    assert set(TABLE) == set(PERMISSIONS)
    assert set(COLUMNS) == set(Role)
    assert {role for row in PERMISSIONS.values() for role in row} <= set(Role)


@pytest.mark.parametrize(("permission", "role", "relation", "allowed"), CELLS)
def test_each_cell_of_the_matrix(permission: str, role: Role, relation: str, allowed: bool) -> None:
    who = actor(role)
    assert policy.may(who, permission, thing_of(who.person, relation)) is allowed


@pytest.mark.parametrize(("permission", "cells"), TABLE.items())
def test_without_an_object_any_reach_will_do(permission: str, cells: tuple[str, ...]) -> None:
    for role, cell in zip(COLUMNS, cells, strict=True):
        assert policy.may(actor(role), permission) is bool(cell)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_roles_add_up(permission: str) -> None:
    for roles in product(Role, Role):
        for relation in RELATIONS:
            both = actor(*roles)
            singly = [(one, thing_of(one.person, relation)) for one in map(actor, roles)]
            expected = any(policy.may(one, permission, subject) for one, subject in singly)
            assert policy.may(both, permission, thing_of(both.person, relation)) is expected


@pytest.mark.django_db
def test_roles_are_those_assigned_and_count_while_the_person_is_active() -> None:
    user: User = UserFactory(operator=True, auditor=True)
    assert Actor(user=user, via=Via.PAGE).roles == {Role.OPERATOR, Role.AUDITOR}
    user.is_active = False
    assert Actor(user=user, via=Via.PAGE).roles == frozenset()


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_nobody_without_a_role_may_anything(permission: str) -> None:
    who = actor()
    for relation in RELATIONS:
        assert not policy.may(who, permission, thing_of(who.person, relation))
    assert not policy.may(who, permission)
    nobody = Actor(user=None, via=Via.PAGE)
    assert not policy.may(nobody, permission, Thing(None))
    assert not policy.may(Actor.console(), permission, Thing(None))


@pytest.mark.parametrize("listed", PERMISSIONS)
def test_a_key_has_what_is_on_its_list_and_no_more(listed: str) -> None:
    who = actor(*Role, key=ApiKey(permissions=[listed]))
    assert [name for name in PERMISSIONS if policy.may(who, name)] == [listed]
    other = actor(key=ApiKey(permissions=list(PERMISSIONS)))
    assert not any(policy.may(other, name) for name in PERMISSIONS)


@pytest.mark.parametrize("name", ["connection.veiw", "", "connection", "connection.*"])
def test_an_unknown_permission_raises_for_everybody(name: str) -> None:
    actors = [actor(role) for role in Role]
    actors += [actor(), Actor(user=None, via=Via.PAGE), Actor.console(), Actor.command()]
    actors += [actor(Role.ADMINISTRATOR, key=ApiKey(permissions=[name]))]
    for who in actors:
        with pytest.raises(UnknownPermission):
            policy.may(who, name)
        with pytest.raises(UnknownPermission):
            policy.require(who, name)


def test_a_command_manages_but_uses_nobodys_connection() -> None:
    command = Actor.command()
    assert policy.may(command, "people.manage")
    assert policy.may(command, "connection.view", Thing(new_id()))
    assert not policy.may(command, "connection.use", Thing(new_id()))
    assert not policy.may(command, "card.run", Thing(None))


def test_what_one_may_not_know_of_is_not_found() -> None:
    builder = actor(Role.FLOW_BUILDER)
    with pytest.raises(NotFound):
        policy.require(builder, "connection.edit", thing_of(builder.person, "other"))
    with pytest.raises(NotPermitted):
        policy.require(builder, "connection.edit", thing_of(builder.person, "shared"))
    with pytest.raises(NotPermitted):
        policy.require(builder, "people.manage")
    policy.require(builder, "connection.edit", thing_of(builder.person, "own"))


def test_every_permission_is_said_in_words() -> None:
    assert list(WORDS) == list(PERMISSIONS)
    assert len(set(WORDS.values())) == len(WORDS)
