"""Roles and delegations as the control page and its API show them, and the changes they make."""

import sqlite3
from collections.abc import Collection
from typing import Any

from google_sandbox import world
from google_sandbox.cloud import delegation, projects, roles
from google_sandbox.control.state import InvalidChangeError, UnknownAccountError
from google_sandbox.oauth.scopes import full_name, is_known
from google_sandbox.request import Sandbox


def state(sandbox: Sandbox) -> dict[str, Any]:
    """Everything of the Cloud side, for the API."""
    with sandbox.store.read() as db:
        found = [dict(row) for row in db.execute("SELECT * FROM projects ORDER BY rowid")]
        for project in found:
            project["service_accounts"] = [
                {"email": row["email"], "client_id": row["sub"]}
                for row in projects.service_accounts_of(db, project["project_id"])
            ]
    return {"projects": found, "roles": bindings(sandbox), "delegations": delegations(sandbox)}


def bindings(sandbox: Sandbox, member: str | None = None) -> list[dict[str, Any]]:
    """Who has which role on what."""
    with sandbox.store.read() as db:
        rows = db.execute(
            "SELECT * FROM role_bindings WHERE :member IS NULL OR member = :member ORDER BY member, rowid",
            {"member": member},
        )
        return [dict(row) for row in rows]


def resources(sandbox: Sandbox) -> dict[str, str]:
    """What a role can be given on: projects by their ids, service accounts by their addresses, and their titles."""
    with sandbox.store.read() as db:
        found = {
            row["project_id"]: f"Project {row['display_name']}"
            for row in db.execute("SELECT * FROM projects ORDER BY rowid")
        }
        accounts = db.execute("SELECT email FROM service_accounts ORDER BY rowid")
        return found | {row["email"]: f"Service account {row['email']}" for row in accounts}


def grant_role(sandbox: Sandbox, email: str, role: str, on: str) -> None:
    """Give it, if it was not given before.

    :raises UnknownAccountError: nobody has this address
    :raises InvalidChangeError: no such role, or nothing of this name to give it on
    """
    with sandbox.store.transaction() as db:
        roles.bind(db, _member(db, email), *_checked(sandbox, role, on))


def withdraw_role(sandbox: Sandbox, email: str, role: str, on: str) -> None:
    """What the member doesn't have can be withdrawn as well; raises as `grant_role`."""
    with sandbox.store.transaction() as db:
        roles.unbind(db, _member(db, email), *_checked(sandbox, role, on))


def delegations(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What organizations registered, for which service account."""
    with sandbox.store.read() as db:
        rows = db.execute(
            "SELECT delegations.*, email AS service_account FROM delegations"
            " JOIN service_accounts ON sub = client_id ORDER BY domain, service_account"
        )
        return [{**dict(row), "scopes": row["scopes"].split()} for row in rows]


def organizations(sandbox: Sandbox) -> list[str]:
    with sandbox.store.read() as db:
        rows = db.execute("SELECT DISTINCT hosted_domain FROM accounts WHERE hosted_domain IS NOT NULL ORDER BY rowid")
        return [row["hosted_domain"] for row in rows]


def register_delegation(sandbox: Sandbox, domain: str, service_account: str, scopes: Collection[str]) -> None:
    """In place of what the organization registered for this service account before, if anything.

    :raises UnknownAccountError: there is no such service account
    :raises InvalidChangeError: no such organization, no scope, or one that Google doesn't know
    """
    names = [full_name(scope) for scope in scopes]
    unknown = [name for name in names if not is_known(name)]
    if unknown or not names:
        raise InvalidChangeError(f"Google knows no scope {unknown[0]}." if unknown else "Enter at least one scope.")
    if domain not in organizations(sandbox):
        message = f"There is no organization {domain}."
        raise InvalidChangeError(message)
    with sandbox.store.transaction() as db:
        client_id = _service_account(db, service_account)["sub"]
        delegation.register(db, domain, client_id, names, sandbox.clock.timestamp())


def remove_delegation(sandbox: Sandbox, domain: str, service_account: str) -> bool:
    """Whether there was one.

    :raises UnknownAccountError: there is no such service account
    """
    with sandbox.store.transaction() as db:
        return delegation.remove(db, domain, _service_account(db, service_account)["sub"])


def add_project(sandbox: Sandbox, project_id: str, display_name: str) -> None:
    with sandbox.store.transaction() as db:
        projects.add_project(db, project_id, display_name, sandbox.clock.timestamp())


def add_service_account(sandbox: Sandbox, email: str, name: str) -> None:
    """One more, of the project that its address names."""
    person = world.Person(email=email, name=name, about="Service account", kind="service_account", has_gmail=False)
    with sandbox.store.transaction() as db:
        world.add(db, person)
        projects.add_service_account(db, email)


def _member(db: sqlite3.Connection, email: str) -> str:
    row = world.find_account(db, email)
    if row is None:
        raise UnknownAccountError(email)
    return str(row["email"])


def _service_account(db: sqlite3.Connection, email: str) -> sqlite3.Row:
    row = projects.find_service_account(db, projects.ANY_PROJECT, email)
    if row is None:
        raise UnknownAccountError(email)
    return row


def _checked(sandbox: Sandbox, role: str, on: str) -> tuple[str, str]:
    if role not in roles.ROLES:
        message = f"There is no role {role}; there are {', '.join(roles.ROLES)}."
        raise InvalidChangeError(message)
    if on not in resources(sandbox):
        message = f"There is no project or service account {on}."
        raise InvalidChangeError(message)
    return role, on
