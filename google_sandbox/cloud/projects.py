"""Projects and service accounts: finding them by each of their names, and how the APIs describe them."""

import hashlib
import sqlite3
from datetime import UTC, datetime
from typing import Any

from google_sandbox import world

ANY_PROJECT = "-"
ORGANIZATION = "organizations/504113300127"


def number_of(project_id: str) -> str:
    """A stable project number."""
    return str(10**11 + int.from_bytes(hashlib.sha256(project_id.encode()).digest()[:4], "big"))


def add_project(db: sqlite3.Connection, project_id: str, display_name: str, now: float) -> None:
    db.execute(
        "INSERT INTO projects (project_id, number, display_name, created_at) VALUES (?, ?, ?, ?)",
        (project_id, number_of(project_id), display_name, now),
    )


def add_service_account(db: sqlite3.Connection, email: str) -> None:
    """Tell which project an account of the world belongs to: its address says so."""
    project_id = email.partition("@")[2].partition(".")[0]
    db.execute(
        "INSERT INTO service_accounts (sub, email, project_id) VALUES (?, ?, ?)",
        (world.subject_of(email), email, project_id),
    )


def find_project(db: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """By project id or number."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM projects WHERE project_id = ? OR number = ?", (name, name)
    ).fetchone()
    return row


def find_service_account(db: sqlite3.Connection, project: str, name: str) -> sqlite3.Row | None:
    """By e-mail address or unique id, in that project or, with `-`, in any."""
    row: sqlite3.Row | None = db.execute(
        "SELECT service_accounts.*, accounts.name AS display_name, projects.number FROM service_accounts"
        " JOIN accounts USING (sub) JOIN projects USING (project_id)"
        " WHERE NOT deleted AND (sub = :name OR service_accounts.email = :name)"
        " AND :project IN ('-', project_id, number)",
        {"name": name.lower(), "project": project},
    ).fetchone()
    return row


def service_accounts_of(db: sqlite3.Connection, project_id: str) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT service_accounts.*, accounts.name AS display_name FROM service_accounts JOIN accounts USING (sub)"
        " WHERE NOT deleted AND project_id = ? ORDER BY service_accounts.email",
        (project_id,),
    ).fetchall()


def project_resource(project: sqlite3.Row) -> dict[str, Any]:
    made = datetime.fromtimestamp(project["created_at"], tz=UTC).isoformat(timespec="milliseconds")
    return {
        "name": f"projects/{project['number']}",
        "parent": ORGANIZATION,
        "projectId": project["project_id"],
        "state": "ACTIVE",
        "displayName": project["display_name"],
        "createTime": made.replace("+00:00", "Z"),
        "updateTime": made.replace("+00:00", "Z"),
        "etag": f'W/"{hashlib.sha256(project["project_id"].encode()).hexdigest()[:16]}"',
    }


def service_account_resource(account: sqlite3.Row) -> dict[str, Any]:
    return {
        "name": f"projects/{account['project_id']}/serviceAccounts/{account['email']}",
        "projectId": account["project_id"],
        "uniqueId": account["sub"],
        "email": account["email"],
        "displayName": account["display_name"],
        "etag": "MDEwMjE5MjA=",
        "oauth2ClientId": account["sub"],
    }
