"""OAuth clients registered at the sandbox, and how one proves itself at the token endpoint."""

import hmac
import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from google_sandbox.errors import OAuthError
from google_sandbox.request import SandboxRequest

CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "GOCSPX-sandbox-only-secret"  # noqa: S105  (well known, opens only staged data)
REDIRECT_URI = "http://127.0.0.1:8000/connections/callback/google/"


@dataclass(frozen=True, kw_only=True)
class Client:
    """One application registered with Google."""

    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    name: str = "Workflows Console"
    redirect_uris: Sequence[str] = (REDIRECT_URI,)


def register(db: sqlite3.Connection, clients: Collection[Client]) -> None:
    """These clients and no others: what the command line says wins over what the file holds."""
    db.execute("DELETE FROM clients")
    db.executemany(
        "INSERT INTO clients (client_id, client_secret, name, redirect_uris) VALUES (?, ?, ?, ?)",
        [(each.client_id, each.client_secret, each.name, json.dumps(list(each.redirect_uris))) for each in clients],
    )


def find_client(db: sqlite3.Connection, client_id: str) -> Client | None:
    row = db.execute("SELECT * FROM clients WHERE client_id = ?", (client_id,)).fetchone()
    return None if row is None else Client(**{**dict(row), "redirect_uris": json.loads(row["redirect_uris"])})


def authenticate_client(request: SandboxRequest) -> Client:
    """The client by HTTP Basic or by form fields, or Google's 401 (row 19)."""
    authorization = request.authorization
    if authorization is not None and authorization.type == "basic":
        client_id, secret = authorization.username or "", authorization.password or ""
    else:
        client_id, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
    if not client_id:
        raise OAuthError(400, "invalid_request", "Could not determine client ID from request.")
    with request.sandbox.store.read() as db:
        client = find_client(db, client_id)
    if client is None:
        raise OAuthError(401, "invalid_client", "The OAuth client was not found.")
    if not secret:
        raise OAuthError(400, "invalid_request", "client_secret is missing.")
    if not hmac.compare_digest(secret.encode(), client.client_secret.encode()):
        raise OAuthError(401, "invalid_client", "Unauthorized")
    return client
