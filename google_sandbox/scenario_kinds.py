"""Which failures can be staged, in the groups and the order in which the control page lists them."""

from dataclasses import dataclass
from enum import Enum, auto

# Where a scenario takes hold
PAGE = "Google’s error page instead of the consent page"
ANSWER = "Answer to the consent page"
EXCHANGE = "Exchange of the code"
REFRESH = "Refresh"
TOKEN = "Token endpoint"  # noqa: S105  (a heading)
GMAIL = "Call to Gmail"
SETTINGS = "Gmail settings"
CLOUD = "Call to Google Cloud"
JWT = "Token of a service account"
CALL = "Any call"


class Takes(Enum):
    """What may be given with a scenario."""

    NOTHING = auto()
    NUMBER = auto()
    SECONDS = auto()
    SCOPES = auto()
    ADDRESS = auto()
    ADDRESSES = auto()
    WORD = auto()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One scenario that exists. ``value`` says what may be given with it, empty when nothing can."""

    title: str
    phase: str
    takes: Takes = Takes.NOTHING
    value: str = ""


KINDS = {
    "internal_client": Kind(
        title="Internal app, another organization’s account",
        phase=PAGE,
        takes=Takes.WORD,
        value="the app’s own domain; acme.example when left out",
    ),
    "testing_client": Kind(
        title="App in testing, account not on its list",
        phase=PAGE,
        takes=Takes.ADDRESSES,
        value="addresses on the list, whose grants end after 7 days; none when left out",
    ),
    "page:admin_policy_enforced": Kind(title="App blocked by an administrator", phase=PAGE),
    "page:access_not_configured": Kind(title="App not configured for a school", phase=PAGE),
    "page:disallowed_useragent": Kind(title="Browser embedded in another app", phase=PAGE),
    "page:invalid_scope": Kind(title="A scope that this account can’t give", phase=PAGE),
    "page:redirect_uri_mismatch": Kind(title="Redirect URI not registered", phase=PAGE),
    "page:deleted_client": Kind(title="Client deleted", phase=PAGE),
    "page:rate_limit_exceeded": Kind(title="Too many new people for the app", phase=PAGE),
    "cancel": Kind(title="Cancel at the consent page", phase=ANSWER),
    "untick": Kind(
        title="Withhold scopes", phase=ANSWER, takes=Takes.SCOPES, value="scopes withheld; the last one when left out"
    ),
    "answer_as_account": Kind(
        title="Answer as another account",
        phase=ANSWER,
        takes=Takes.ADDRESS,
        value="its address; the next account when left out",
    ),
    "lose_state": Kind(title="Lose the state", phase=ANSWER),
    "redirect_error": Kind(
        title="Send an error back to the app",
        phase=ANSWER,
        takes=Takes.WORD,
        value="error code; admin_policy_enforced when left out",
    ),
    "wrong_iss": Kind(title="Name another issuer in the redirect", phase=ANSWER),
    "no_iss": Kind(title="Name no issuer in the redirect", phase=ANSWER),
    "two_iss": Kind(title="Name two issuers in the redirect", phase=ANSWER),
    "id_token:nonce": Kind(title="Forged id token: another nonce", phase=EXCHANGE),
    "id_token:aud": Kind(title="Forged id token: another audience", phase=EXCHANGE),
    "id_token:iss": Kind(title="Forged id token: another issuer", phase=EXCHANGE),
    "id_token:exp": Kind(title="Forged id token: expired", phase=EXCHANGE),
    "id_token:alg_none": Kind(title="Forged id token: not signed", phase=EXCHANGE),
    "id_token:other_key": Kind(title="Forged id token: signed with another key", phase=EXCHANGE),
    "id_token:no_sub": Kind(title="Forged id token: no subject", phase=EXCHANGE),
    "id_token:email_unverified": Kind(title="Id token with an address that is not verified", phase=EXCHANGE),
    "id_token:service_account": Kind(title="Id token of a service account", phase=EXCHANGE),
    "id_token:early": Kind(
        title="Google’s clock ahead of the console’s",
        phase=EXCHANGE,
        takes=Takes.SECONDS,
        value="seconds; 600 when left out",
    ),
    "no_refresh_token": Kind(title="Give no refresh token", phase=EXCHANGE),
    "time_limited": Kind(
        title="Give a grant that ends",
        phase=EXCHANGE,
        takes=Takes.SECONDS,
        value="seconds; 604799 (7 days) when left out; 15551999 is 180 days",
    ),
    "revoked_at_google": Kind(title="Access removed at Google", phase=REFRESH),
    "refresh:invalid_grant": Kind(title="Refresh token refused", phase=REFRESH),
    "refresh:invalid_rapt": Kind(title="Session control: invalid_rapt", phase=REFRESH),
    "refresh:rapt_required": Kind(title="Session control: rapt_required", phase=REFRESH),
    "session_control": Kind(
        title="Session control by time",
        phase=REFRESH,
        takes=Takes.SECONDS,
        value="seconds from consent to the next sign-in; 57600 (16 hours) when left out",
    ),
    "refresh:admin_policy_enforced": Kind(title="App blocked by an administrator after the grant", phase=REFRESH),
    "refresh:account_restricted": Kind(title="Account restricted", phase=REFRESH),
    "refresh:invalid_client": Kind(title="Client refused", phase=REFRESH),
    "refresh:deleted_client": Kind(title="Client deleted", phase=REFRESH),
    "refresh:scopes_shrink": Kind(
        title="Fewer scopes after a refresh",
        phase=REFRESH,
        takes=Takes.SCOPES,
        value="scopes taken away; the last one when left out",
    ),
    "refresh:rotated": Kind(title="A new refresh token with the refresh", phase=REFRESH),
    "token_endpoint:500": Kind(title="Token endpoint: 500 Backend Error", phase=TOKEN),
    "token_endpoint:503": Kind(title="Token endpoint: 503", phase=TOKEN),
    "token_endpoint:429": Kind(title="Token endpoint: 429", phase=TOKEN),
    "token_endpoint:html_403": Kind(title="Token endpoint: 403 page, User Rate Limit Exceeded", phase=TOKEN),
    "token_endpoint:garbage": Kind(title="Token endpoint: an answer that is not JSON", phase=TOKEN),
    "token_endpoint:oversized": Kind(title="Token endpoint: an answer of 10 MB", phase=TOKEN),
    "token_endpoint:slow": Kind(
        title="Token endpoint: slow",
        phase=TOKEN,
        takes=Takes.SECONDS,
        value="seconds until it answers; 10 when left out",
    ),
    "gmail:api_not_enabled": Kind(title="Gmail API off in the Cloud project", phase=GMAIL),
    "gmail:domain_policy": Kind(title="Gmail apps turned off in the domain", phase=GMAIL),
    "gmail:user_rate": Kind(
        title="Gmail: limit of one mailbox",
        phase=GMAIL,
        takes=Takes.SECONDS,
        value="seconds until “Retry after”; 900 when left out",
    ),
    "gmail:quota": Kind(
        title="Gmail: limit per minute of one person, as 403",
        phase=GMAIL,
        takes=Takes.NUMBER,
        value="units a minute; 6000 is Google’s limit, 15000 that of older projects; none when left out",
    ),
    "gmail:quota_429": Kind(
        title="Gmail: limit per minute of one person, as 429",
        phase=GMAIL,
        takes=Takes.NUMBER,
        value="units a minute; none when left out",
    ),
    "gmail:daily_limit": Kind(title="Gmail: limit per day of the Cloud project", phase=GMAIL),
    "gmail:concurrent": Kind(title="Gmail: too many calls at once", phase=GMAIL),
    "gmail:sending_cap": Kind(
        title="Gmail: limit of sent mail per day",
        phase=GMAIL,
        takes=Takes.SECONDS,
        value="seconds until “Retry after”; 86400 (a day) when left out",
    ),
    "gmail:settings_500": Kind(title="Gmail: settings fail with 500", phase=GMAIL),
    "gmail:forwarding_pending": Kind(
        title="New forwarding addresses of the own organization wait for their owner too", phase=SETTINGS
    ),
    "gmail:delegates_204": Kind(title="No delegates: 204 without a body", phase=SETTINGS),
    "resource_manager:api_not_enabled": Kind(title="Cloud Resource Manager API off in the Cloud project", phase=CLOUD),
    "iam:api_not_enabled": Kind(title="IAM API off in the Cloud project", phase=CLOUD),
    "iam_credentials:api_not_enabled": Kind(
        title="IAM Service Account Credentials API off in the Cloud project", phase=CLOUD
    ),
    "iam:listing_denied": Kind(title="Service accounts may not be listed", phase=CLOUD),
    "iam:roles_withdrawn": Kind(title="Roles on service accounts withdrawn", phase=CLOUD),
    "delegation:not_in_effect": Kind(
        title="Delegation not yet in effect",
        phase=JWT,
        takes=Takes.SECONDS,
        value="seconds from when it was registered, by the sandbox’s clock; 86400 (a day) when left out",
    ),
    "jwt:clock_skew": Kind(
        title="Google’s clock ahead of the signer’s",
        phase=JWT,
        takes=Takes.SECONDS,
        value="seconds; 7200 when left out",
    ),
    "close_after": Kind(title="Close the connection after acceptance", phase=CALL),
    "reset_after": Kind(title="Reset the connection after acceptance", phase=CALL),
    "hang_after": Kind(title="Hang after acceptance", phase=CALL),
    "half_answer": Kind(title="Half an answer", phase=CALL),
    "503_after": Kind(title="503 after acceptance", phase=CALL),
    "503_before": Kind(title="503 before acceptance", phase=CALL),
    "500_before": Kind(title="500 before acceptance", phase=CALL),
    "429": Kind(title="429 before acceptance", phase=CALL),
}


def names_in(phase: str) -> frozenset[str]:
    return frozenset(name for name, kind in KINDS.items() if kind.phase == phase)
