"""Addresses of the OAuth side. All of Google's hosts share this one origin; their paths do not clash."""

from werkzeug.routing import Rule

from google_sandbox.oauth import authorize, consent, discovery, revoke, signin, token, tokeninfo, userinfo

routes = [
    Rule("/o/oauth2/v2/auth", methods=["GET", "POST"], endpoint=authorize.authorize),
    Rule("/signin/accounts", methods=["GET"], endpoint=signin.accounts_page),
    Rule("/signin/accounts", methods=["POST"], endpoint=signin.accounts_answer),
    Rule("/signin/address", methods=["GET"], endpoint=signin.address_page),
    Rule("/signin/password", methods=["GET"], endpoint=signin.password_page),
    Rule("/signin/password", methods=["POST"], endpoint=signin.password_answer),
    Rule("/signin/consent", methods=["GET"], endpoint=consent.consent_page),
    Rule("/signin/consent", methods=["POST"], endpoint=consent.consent_answer),
    Rule("/.well-known/openid-configuration", methods=["GET"], endpoint=discovery.openid_configuration),
    Rule("/oauth2/v1/certs", methods=["GET"], endpoint=discovery.certificates),
    Rule("/oauth2/v3/certs", methods=["GET"], endpoint=discovery.key_set),
    Rule("/token", methods=["POST"], endpoint=token.token),
    Rule("/revoke", methods=["POST"], endpoint=revoke.revoke),
    Rule("/tokeninfo", methods=["GET", "POST"], endpoint=tokeninfo.tokeninfo),
    Rule("/oauth2/v3/tokeninfo", methods=["GET", "POST"], endpoint=tokeninfo.tokeninfo),
    Rule("/v1/userinfo", methods=["GET", "POST"], endpoint=userinfo.userinfo),
    Rule("/oauth2/v3/userinfo", methods=["GET", "POST"], endpoint=userinfo.userinfo),
    Rule("/oauth2/v2/userinfo", methods=["GET"], endpoint=userinfo.userinfo_v2),
]

# Errors there have the flat form, not the envelope of the APIs
OAUTH_PATHS = frozenset(
    {"/token", "/revoke", "/tokeninfo", "/oauth2/v3/tokeninfo", "/v1/userinfo", "/oauth2/v3/userinfo"}
)
