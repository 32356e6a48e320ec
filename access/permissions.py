"""Roles and what each may do, as data (console.md, Roles). A name that isn't here raises."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    ADMINISTRATOR = "Administrator"
    CONNECTION_MANAGER = "Connection Manager"
    FLOW_BUILDER = "Flow Builder"
    OPERATOR = "Operator"
    AUDITOR = "Auditor"


class UnknownPermission(KeyError):
    """A programming error: no such permission is declared."""


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Whose objects a permission covers."""

    all: bool = False
    own: bool = False
    shared: bool = False

    def __or__(self, other: "Reach") -> "Reach":
        return Reach(all=self.all or other.all, own=self.own or other.own, shared=self.shared or other.shared)

    def __bool__(self) -> bool:
        return self.all or self.own or self.shared


NONE = Reach()
ALL = Reach(all=True, own=True, shared=True)
OWN = Reach(own=True)
SHARED = Reach(shared=True)
OWN_AND_SHARED = Reach(own=True, shared=True)

_ADMIN, _MANAGER, _BUILDER, _OPERATOR, _AUDITOR = Role

PERMISSIONS: dict[str, dict[Role, Reach]] = {
    "connection.view": {
        _ADMIN: ALL,
        _MANAGER: ALL,
        _BUILDER: OWN_AND_SHARED,
        _OPERATOR: OWN_AND_SHARED,
        _AUDITOR: ALL,
    },
    # Nobody reads mail by being administrator: using needs ownership or a share, whatever the role.
    "connection.use": {_ADMIN: OWN_AND_SHARED, _MANAGER: OWN_AND_SHARED, _BUILDER: OWN_AND_SHARED},
    "connection.create": {_ADMIN: ALL, _MANAGER: ALL, _BUILDER: OWN},
    "connection.edit": {_ADMIN: ALL, _MANAGER: ALL, _BUILDER: OWN},
    "connection.share": {_ADMIN: ALL, _MANAGER: ALL, _BUILDER: OWN},
    "connection.delete": {_ADMIN: ALL, _MANAGER: ALL, _BUILDER: OWN},
    "connection.reauthorize": {_ADMIN: ALL, _MANAGER: ALL, _BUILDER: OWN, _OPERATOR: SHARED},
    "connection.check": {_ADMIN: ALL, _MANAGER: ALL, _BUILDER: OWN, _OPERATOR: SHARED},
    "connection.pause": {_ADMIN: ALL, _MANAGER: ALL, _BUILDER: OWN, _OPERATOR: SHARED},
    "connection.export": {_ADMIN: ALL, _AUDITOR: ALL},
    "card.run": {_ADMIN: OWN_AND_SHARED, _MANAGER: OWN_AND_SHARED, _BUILDER: OWN_AND_SHARED},
    "flow.view": {_ADMIN: ALL, _BUILDER: OWN, _OPERATOR: ALL},
    "flow.edit": {_ADMIN: ALL, _BUILDER: OWN},
    "flow.run": {_ADMIN: ALL, _BUILDER: OWN, _OPERATOR: ALL},
    "run.view": {_ADMIN: ALL, _MANAGER: OWN, _BUILDER: OWN, _OPERATOR: ALL},
    "run.resolve": {_ADMIN: ALL, _MANAGER: OWN, _BUILDER: OWN, _OPERATOR: ALL},
    "audit.view": {_ADMIN: ALL, _AUDITOR: ALL},
    "audit.export": {_ADMIN: ALL, _AUDITOR: ALL},
    "people.manage": {_ADMIN: ALL},
    "policy.manage": {_ADMIN: ALL},
    "api_key.manage": {_ADMIN: ALL},
}

WORDS: dict[str, str] = {
    "connection.view": "See connections",
    "connection.use": "Use connections",
    "connection.create": "Create connections",
    "connection.edit": "Edit connections",
    "connection.share": "Share connections and change their owner",
    "connection.delete": "Delete connections",
    "connection.reauthorize": "Reauthorize connections",
    "connection.check": "Test connections",
    "connection.pause": "Pause and resume connections",
    "connection.export": "Export the list of connections",
    "card.run": "Run cards",
    "flow.view": "See flows",
    "flow.edit": "Build, save and delete flows, and turn them on and off",
    "flow.run": "Run flows",
    "run.view": "See runs",
    "run.resolve": "Resume, release and cancel runs, and decide those whose outcome is unknown",
    "audit.view": "See the audit trail",
    "audit.export": "Export the audit trail",
    "people.manage": "Manage people and their roles",
    "policy.manage": "Change the policy",
    "api_key.manage": "Make and revoke API keys",
}
"""What each permission lets somebody do, as the page for a new API key says it."""


def reach_of(role: Role, permission: str) -> Reach:
    """What the role may do. :raises UnknownPermission: no such permission is declared."""
    try:
        return PERMISSIONS[permission].get(role, NONE)
    except KeyError:
        raise UnknownPermission(permission) from None
