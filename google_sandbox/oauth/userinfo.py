"""The three forms of userinfo: /v1 and v3 name the subject `sub`, v2 names it `id` (row 30)."""

from werkzeug.wrappers import Response

from google_sandbox.errors import OAUTH_HEADERS, OAuthError, json_response
from google_sandbox.oauth.authenticate import REALM, Token, authenticate, bearer, find_token, require_scope
from google_sandbox.oauth.identity import profile_claims
from google_sandbox.oauth.scopes import SIGN_IN_SCOPES
from google_sandbox.request import SandboxRequest

V2_NAMES = {"sub": "id", "email_verified": "verified_email"}


def userinfo(request: SandboxRequest) -> Response:
    """/v1/userinfo and /oauth2/v3/userinfo: errors have the flat form."""
    token = find_token(request, bearer(request) or "")
    if token is None or not SIGN_IN_SCOPES & token.scopes:
        error = OAuthError(401, "invalid_request", "Invalid Credentials")
        response = error.response()
        response.headers["WWW-Authenticate"] = f'{REALM}, error="invalid_request"'
        return response
    return json_response(_claims(token), headers=OAUTH_HEADERS)


def userinfo_v2(request: SandboxRequest) -> Response:
    """/oauth2/v2/userinfo: errors come in the envelope of the APIs."""
    token = authenticate(request)
    require_scope(token, sorted(SIGN_IN_SCOPES), "google.identity.oauth2.v2.Userinfo.Get", "oauth2.googleapis.com")
    return json_response({V2_NAMES.get(name, name): value for name, value in _claims(token).items()})


def _claims(token: Token) -> dict[str, object]:
    return {"sub": token.sub, **profile_claims(token.account, token.scopes)}
