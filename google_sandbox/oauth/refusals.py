"""Refreshes that fail because it was staged so, each in Google's words for it (rows 21, 23, 25; google-facts.md 2)."""

import sqlite3

from google_sandbox.errors import OAuthError
from google_sandbox.oauth.grants import revoke_grant
from google_sandbox.oauth.identify import identify
from google_sandbox.request import SandboxRequest
from google_sandbox.scenarios import Scenario

PATH = "/token"
EXPIRED = "Token has been expired or revoked."
SESSION_SECONDS = 16 * 3600
SESSION_HELP = "https://support.google.com/a/answer/9368756"
REFUSALS = frozenset(
    {
        "revoked_at_google", "refresh:invalid_grant", "refresh:invalid_rapt", "refresh:rapt_required",
        "session_control", "refresh:admin_policy_enforced", "refresh:account_restricted", "refresh:invalid_client",
        "refresh:deleted_client",
    }
)  # fmt: skip


def refuse_refresh(request: SandboxRequest, now: float) -> None:
    """What was staged for this refresh and makes it fail, done before the refresh is looked at and kept."""
    caller = identify(request)
    with request.sandbox.store.read() as db:
        row = db.execute(
            "SELECT client_id, sub, created_at FROM refresh_tokens WHERE token = ?",
            (request.form.get("refresh_token"),),
        ).fetchone()

    def applies(scenario: Scenario) -> bool:
        if scenario.name != "session_control":
            return True
        return bool(row is not None and row["created_at"] + scenario.seconds(SESSION_SECONDS) <= now)

    staged = request.sandbox.scenarios.take(
        REFUSALS, account=caller.account, client=caller.client, path=PATH, method="POST", applies=applies
    )
    if staged is None:
        return
    if staged.name == "revoked_at_google":
        _revoke(request, row, now)
    raise _refusal(staged.name)


def _revoke(request: SandboxRequest, row: sqlite3.Row | None, now: float) -> None:
    if row is not None:
        with request.sandbox.store.transaction() as db:
            revoke_grant(db, row["client_id"], row["sub"], now)


def _refusal(name: str) -> OAuthError:
    match name:
        case "refresh:invalid_client":
            return OAuthError(401, "invalid_client", "Unauthorized")
        case "refresh:deleted_client":
            return OAuthError(401, "deleted_client", "The OAuth client was deleted.")
        case "refresh:admin_policy_enforced":
            return OAuthError(400, "admin_policy_enforced", "Access to your account data is restricted by policies.")
        case "refresh:account_restricted":
            return OAuthError(400, "access_denied", "Account restricted")
        case "refresh:invalid_rapt" | "refresh:rapt_required" | "session_control":
            subtype = "rapt_required" if name == "refresh:rapt_required" else "invalid_rapt"
            return OAuthError(
                400,
                "invalid_grant",
                f"reauth related error ({subtype})",
                error_uri=SESSION_HELP,
                error_subtype=subtype,
            )
    return OAuthError(400, "invalid_grant", EXPIRED)
