"""GET /tokeninfo: what an access token is good for; every value is text (row 29)."""

from werkzeug.wrappers import Response

from google_sandbox.errors import OAUTH_HEADERS, OAuthError, json_response
from google_sandbox.oauth.authenticate import find_token
from google_sandbox.oauth.scopes import EMAIL, SIGN_IN_SCOPES, token_order
from google_sandbox.request import SandboxRequest


def tokeninfo(request: SandboxRequest) -> Response:
    token = find_token(request, request.values.get("access_token", ""))
    if token is None:
        raise OAuthError(400, "invalid_token", "Invalid Value")
    body = {"azp": token.client_id, "aud": token.client_id}
    if SIGN_IN_SCOPES & token.scopes:
        body["sub"] = token.sub
    body |= {
        "scope": token_order(token.scopes),
        "exp": str(int(token.expires_at)),
        "expires_in": str(int(token.expires_at - request.sandbox.clock.timestamp())),
    }
    if EMAIL in token.scopes:
        body |= {"email": token.email, "email_verified": "true"}
    body["access_type"] = token.access_type
    return json_response(body, headers=OAUTH_HEADERS)
