"""POST /revoke: any token of a grant ends all of it, for that account and client (rows 27, 28)."""

from werkzeug.wrappers import Response

from google_sandbox.errors import OAUTH_HEADERS, OAuthError, json_response
from google_sandbox.oauth.grants import revoke_grant
from google_sandbox.request import SandboxRequest

OWNER_OF = """
SELECT client_id, sub FROM access_tokens WHERE token = :token AND revoked_at IS NULL AND expires_at > :now
UNION ALL
SELECT client_id, sub FROM refresh_tokens
WHERE token = :token AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
"""


def revoke(request: SandboxRequest) -> Response:
    now = request.sandbox.clock.timestamp()
    with request.sandbox.store.transaction() as db:
        row = db.execute(OWNER_OF, {"token": request.values.get("token", ""), "now": now}).fetchone()
        if row is None:
            raise OAuthError(400, "invalid_token", "Token expired or revoked")
        revoke_grant(db, row["client_id"], row["sub"], now)
    return json_response({}, headers=OAUTH_HEADERS)
