"""IAM roles and the permissions they carry, given on a project or on one service account."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

SERVICE_ACCOUNT_USER = "roles/iam.serviceAccountUser"
TOKEN_CREATOR = "roles/iam.serviceAccountTokenCreator"  # noqa: S105  (a role)
SERVICE_ACCOUNT_VIEWER = "roles/iam.serviceAccountViewer"
BROWSER = "roles/browser"
OWNER = "roles/owner"

ACT_AS = "iam.serviceAccounts.actAs"
GET_ACCOUNT = "iam.serviceAccounts.get"
LIST_ACCOUNTS = "iam.serviceAccounts.list"
SIGN_JWT = "iam.serviceAccounts.signJwt"
GET_ACCESS_TOKEN = "iam.serviceAccounts.getAccessToken"  # noqa: S105  (a permission)
IMPLICIT_DELEGATION = "iam.serviceAccounts.implicitDelegation"
GET_PROJECT = "resourcemanager.projects.get"

SEEING = frozenset({GET_ACCOUNT, LIST_ACCOUNTS, GET_PROJECT})
SIGNING = frozenset(
    {
        GET_ACCESS_TOKEN, "iam.serviceAccounts.getOpenIdToken", IMPLICIT_DELEGATION, "iam.serviceAccounts.signBlob",
        SIGN_JWT,
    }
)  # fmt: skip
MANAGING = frozenset(
    f"iam.serviceAccounts.{verb}"
    for verb in ("create", "delete", "disable", "enable", "getIamPolicy", "setIamPolicy", "undelete", "update")
)


@dataclass(frozen=True)
class Role:
    title: str
    permissions: frozenset[str]


# To act as a service account does not let anyone sign for it: that is what Token Creator is for, also for an owner
ROLES = {
    SERVICE_ACCOUNT_USER: Role("Service Account User", SEEING | {ACT_AS}),
    TOKEN_CREATOR: Role("Service Account Token Creator", SEEING | SIGNING),
    SERVICE_ACCOUNT_VIEWER: Role("View Service Accounts", SEEING),
    BROWSER: Role("Browser", frozenset({GET_PROJECT})),
    OWNER: Role("Owner", SEEING | MANAGING | {ACT_AS}),
}

# What may be asked of a project, and of one service account. Another permission does not apply to it.
ON_PROJECT = SEEING | SIGNING | MANAGING | {ACT_AS}
ON_ACCOUNT = ON_PROJECT - {GET_PROJECT, LIST_ACCOUNTS, "iam.serviceAccounts.create"}


def permissions(db: sqlite3.Connection, member: str, resources: Collection[str]) -> frozenset[str]:
    """What the member may do by roles on any of these: a project, or a service account and its project."""
    rows = db.execute("SELECT role, resource FROM role_bindings WHERE member = ?", (member,))
    held = [ROLES[row["role"]].permissions for row in rows if row["resource"] in resources]
    return frozenset().union(*held)


def bind(db: sqlite3.Connection, member: str, role: str, resource: str) -> None:
    db.execute(
        "INSERT OR IGNORE INTO role_bindings (member, role, resource) VALUES (?, ?, ?)", (member, role, resource)
    )


def unbind(db: sqlite3.Connection, member: str, role: str, resource: str) -> None:
    db.execute("DELETE FROM role_bindings WHERE member = ? AND role = ? AND resource = ?", (member, role, resource))
