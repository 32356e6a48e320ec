"""Tables of the Cloud side. Service accounts are accounts of the world; here stands which project they belong to."""

SCHEMA = """
CREATE TABLE projects (
    project_id TEXT PRIMARY KEY,
    number TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE TABLE service_accounts (
    sub TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    project_id TEXT NOT NULL REFERENCES projects
);
CREATE TABLE service_account_keys (
    sub TEXT PRIMARY KEY,
    kid TEXT NOT NULL,
    pem BLOB NOT NULL,
    certificate BLOB NOT NULL
);
CREATE TABLE role_bindings (
    member TEXT NOT NULL,
    role TEXT NOT NULL,
    resource TEXT NOT NULL,
    PRIMARY KEY (member, role, resource)
);
CREATE TABLE delegations (
    domain TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    registered_at REAL NOT NULL,
    PRIMARY KEY (domain, client_id)
);
"""
