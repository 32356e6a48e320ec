"""One visit to Google's pages: the request as checked, the browser's session, and the account chosen so far."""

import json
import secrets
import sqlite3
from dataclasses import asdict, dataclass

from werkzeug.wrappers import Response

from google_sandbox.request import SandboxRequest

PATH = "/o/oauth2/v2/auth"
COOKIE = "sandbox_session"
FLOW_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """The parameters of /o/oauth2/v2/auth after they were checked; scopes have their long names."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    nonce: str | None
    prompt: tuple[str, ...]
    login_hint: str | None
    access_type: str
    include_granted_scopes: bool
    code_challenge: str | None
    code_challenge_method: str | None


@dataclass(frozen=True, kw_only=True)
class Flow:
    id: str
    session: str
    request: AuthorizationRequest
    account: sqlite3.Row | None

    def url(self, page: str) -> str:
        return f"/signin/{page}?flow={self.id}"


def session_of(request: SandboxRequest) -> str:
    """The browser's session, or a new one; `remember` sets the cookie."""
    return request.cookies.get(COOKIE) or secrets.token_urlsafe(24)


def remember(response: Response, session: str) -> Response:
    response.set_cookie(COOKIE, session, httponly=True, samesite="Lax", path="/")
    return response


def start_flow(request: SandboxRequest, session: str, wanted: AuthorizationRequest) -> Flow:
    now = request.sandbox.clock.timestamp()
    flow_id = secrets.token_urlsafe(24)
    with request.sandbox.store.transaction() as db:
        db.execute("DELETE FROM flows WHERE created_at < ?", (now - FLOW_SECONDS,))
        db.execute(
            "INSERT INTO flows (flow, session, parameters, created_at) VALUES (?, ?, ?, ?)",
            (flow_id, session, json.dumps(asdict(wanted)), now),
        )
    return Flow(id=flow_id, session=session, request=wanted, account=None)


def find_flow(request: SandboxRequest) -> Flow | None:
    """The flow a page belongs to, in the browser it was started in."""
    with request.sandbox.store.read() as db:
        row = db.execute(
            "SELECT * FROM flows WHERE flow = ? AND session = ?",
            (request.values.get("flow", ""), request.cookies.get(COOKIE, "")),
        ).fetchone()
        if row is None:
            return None
        account = db.execute("SELECT * FROM accounts WHERE sub = ?", (row["sub"],)).fetchone()
    values = json.loads(row["parameters"])
    wanted = AuthorizationRequest(**{**values, "scopes": tuple(values["scopes"]), "prompt": tuple(values["prompt"])})
    return Flow(id=row["flow"], session=row["session"], request=wanted, account=account)


def choose_account(request: SandboxRequest, flow: Flow, account: sqlite3.Row) -> Flow:
    with request.sandbox.store.transaction() as db:
        db.execute("UPDATE flows SET sub = ? WHERE flow = ?", (account["sub"], flow.id))
    return Flow(id=flow.id, session=flow.session, request=flow.request, account=account)


def signed_in(request: SandboxRequest, session: str) -> list[sqlite3.Row]:
    """Accounts this browser is signed in to and that may still sign in."""
    with request.sandbox.store.read() as db:
        return db.execute(
            "SELECT accounts.* FROM sessions JOIN accounts USING (sub)"
            " WHERE session = ? AND NOT suspended AND NOT deleted ORDER BY sessions.rowid",
            (session,),
        ).fetchall()


def sign_in(request: SandboxRequest, session: str, account: sqlite3.Row) -> None:
    with request.sandbox.store.transaction() as db:
        db.execute("INSERT OR IGNORE INTO sessions (session, sub) VALUES (?, ?)", (session, account["sub"]))
