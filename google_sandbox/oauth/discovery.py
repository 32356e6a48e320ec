"""What is published about the issuer: its endpoints, and the keys that verify its id tokens."""

from werkzeug.wrappers import Response

from google_sandbox.errors import json_response
from google_sandbox.request import SandboxRequest

KEYS_HEADERS = {"Cache-Control": "public, max-age=21600, must-revalidate, no-transform", "Vary": "X-Origin, Referer"}


def openid_configuration(request: SandboxRequest) -> Response:
    origin = request.sandbox.origin
    return json_response(
        {
            "issuer": origin,
            "authorization_endpoint": f"{origin}/o/oauth2/v2/auth",
            "token_endpoint": f"{origin}/token",
            "userinfo_endpoint": f"{origin}/v1/userinfo",
            "revocation_endpoint": f"{origin}/revoke",
            "jwks_uri": f"{origin}/oauth2/v3/certs",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "claims_supported": [
                "aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss", "name", "picture",
                "sub",
            ],
            "code_challenge_methods_supported": ["plain", "S256"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "authorization_response_iss_parameter_supported": True,
        },
        headers={"Cache-Control": "public, max-age=3600"},
    )  # fmt: skip


def certificates(request: SandboxRequest) -> Response:
    """/oauth2/v1/certs: PEM certificates by key id."""
    key = request.sandbox.signing_key
    return json_response({key.kid: key.certificate_pem}, headers=KEYS_HEADERS)


def key_set(request: SandboxRequest) -> Response:
    """/oauth2/v3/certs: the same as a JSON Web Key Set."""
    return json_response({"keys": [request.sandbox.signing_key.jwk()]}, headers=KEYS_HEADERS)
