"""The seeded projects, and who may do what in them."""

import sqlite3

from google_sandbox import world
from google_sandbox.cloud import delegation, keys, projects, roles

PROJECTS = {
    "acme-automation": "Acme Automation",
    "acme-reports": "Acme Reports",
    "acme-payroll": "Acme Payroll",
}
AUTOMATION, REPORTS, PAYROLL = PROJECTS
DOMAIN = "acme.example"
DELEGATED_SCOPES = (
    "https://www.googleapis.com/auth/gmail.settings.basic",
    "https://www.googleapis.com/auth/gmail.settings.sharing",
)
ADA, BEN, DORA = (f"{name}@{DOMAIN}" for name in ("ada", "ben", "dora"))
# What somebody may see is a role of its own, so that it can be withdrawn without the rest. Cleo has none at all.
BINDINGS = (
    *((ADA, roles.SERVICE_ACCOUNT_VIEWER, project) for project in PROJECTS),
    (ADA, roles.SERVICE_ACCOUNT_USER, world.SERVICE_ACCOUNT),
    (ADA, roles.TOKEN_CREATOR, world.SERVICE_ACCOUNT),
    (BEN, roles.SERVICE_ACCOUNT_VIEWER, AUTOMATION),
    (BEN, roles.SERVICE_ACCOUNT_VIEWER, REPORTS),
    (BEN, roles.SERVICE_ACCOUNT_USER, world.SERVICE_ACCOUNT),
    (DORA, roles.SERVICE_ACCOUNT_USER, AUTOMATION),
    (DORA, roles.TOKEN_CREATOR, world.SERVICE_ACCOUNT),
)


def seed(db: sqlite3.Connection, now: float) -> None:
    """Projects, the service account with its key, roles, and the delegation that acme.example registered."""
    for project_id, display_name in PROJECTS.items():
        projects.add_project(db, project_id, display_name, now)
    projects.add_service_account(db, world.SERVICE_ACCOUNT)
    keys.key_of(db, world.subject_of(world.SERVICE_ACCOUNT))
    for member, role, resource in BINDINGS:
        roles.bind(db, member, role, resource)
    delegation.register(db, DOMAIN, world.subject_of(world.SERVICE_ACCOUNT), DELEGATED_SCOPES, now)
