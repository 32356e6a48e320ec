"""Tables of the OAuth side. Tokens stand here as given: this is a stand-in's own file, and opens staged data only."""

SCHEMA = """
CREATE TABLE clients (
    client_id TEXT PRIMARY KEY,
    client_secret TEXT NOT NULL,
    name TEXT NOT NULL,
    redirect_uris TEXT NOT NULL
);
CREATE TABLE signing_keys (kid TEXT PRIMARY KEY, pem BLOB NOT NULL, certificate BLOB NOT NULL);
CREATE TABLE sessions (session TEXT NOT NULL, sub TEXT NOT NULL, PRIMARY KEY (session, sub));
CREATE TABLE flows (
    flow TEXT PRIMARY KEY,
    session TEXT NOT NULL,
    parameters TEXT NOT NULL,
    sub TEXT,
    created_at REAL NOT NULL
);
CREATE TABLE grants (
    client_id TEXT NOT NULL,
    sub TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at REAL NOT NULL,
    PRIMARY KEY (client_id, sub)
);
CREATE TABLE codes (
    code TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    sub TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    nonce TEXT,
    code_challenge TEXT,
    code_challenge_method TEXT,
    access_type TEXT NOT NULL,
    gives_refresh_token INTEGER NOT NULL,
    staged TEXT,
    expires_at REAL NOT NULL,
    used_at REAL
);
CREATE TABLE refresh_tokens (
    token TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    sub TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at REAL NOT NULL,
    used_at REAL NOT NULL,
    expires_at REAL,
    revoked_at REAL
);
CREATE TABLE access_tokens (
    token TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    sub TEXT NOT NULL,
    scopes TEXT NOT NULL,
    access_type TEXT NOT NULL,
    delegated_by TEXT,
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    revoked_at REAL
);
CREATE INDEX refresh_tokens_grant ON refresh_tokens (client_id, sub);
CREATE INDEX access_tokens_grant ON access_tokens (client_id, sub);
"""
