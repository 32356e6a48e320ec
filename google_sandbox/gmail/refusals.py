"""Calls that Gmail refuses because it was staged so: project, domain, and every limit (rows 35, 40-43)."""

from datetime import timedelta

from google_sandbox.errors import GoogleError
from google_sandbox.gmail import quota
from google_sandbox.gmail.discovery import Method
from google_sandbox.oauth.authenticate import Token
from google_sandbox.request import SandboxRequest
from google_sandbox.scenario_kinds import GMAIL, names_in
from google_sandbox.scenarios import Scenario

STAGED = names_in(GMAIL)
MINUTE_LIMITS = frozenset({"gmail:quota", "gmail:quota_429"})
SENDING = frozenset({"gmail.users.messages.send", "gmail.users.drafts.send"})
PROJECT = "415104041262"
SERVICE = "gmail.googleapis.com"
ACTIVATION = f"https://console.developers.google.com/apis/api/{SERVICE}/overview?project={PROJECT}"
ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
NOT_ENABLED = (
    f"Gmail API has not been used in project {PROJECT} before or it is disabled. Enable it by visiting {ACTIVATION} "
    "then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and "
    "retry."
)
QUOTA = (
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service "
    f"'{SERVICE}' for consumer 'project_number:{PROJECT}'."
)


def refuse_staged(request: SandboxRequest, method: Method, token: Token) -> None:
    """Raise what was staged for this call. The limit of sent mail concerns nothing but sending."""

    def applies(scenario: Scenario) -> bool:
        if scenario.name in MINUTE_LIMITS and scenario.value is not None:
            return quota.spent(request, token) + quota.units_of(method) > int(scenario.value)
        return scenario.name != "gmail:sending_cap" or method.id in SENDING

    staged = request.sandbox.scenarios.take(
        STAGED, account=token.email, client=token.client_id, path=request.path, method=request.method, applies=applies
    )
    if staged is not None:
        raise _refusal(request, staged)
    quota.spend(request, token, method)


def _refusal(request: SandboxRequest, staged: Scenario) -> GoogleError:
    match staged.name:
        case "gmail:api_not_enabled":
            return _not_enabled()
        case "gmail:domain_policy":
            return GoogleError(403, "The domain administrators have disabled Gmail apps.", reason="domainPolicy")
        case "gmail:user_rate":
            return _throttled(request, staged.seconds(900), "")
        case "gmail:sending_cap":
            return _throttled(request, staged.seconds(86_400), " (Mail sending)")
    return _over_quota(staged.name)


def _over_quota(name: str) -> GoogleError:
    match name:
        case "gmail:daily_limit":
            return GoogleError(403, "Daily Limit Exceeded", reason="dailyLimitExceeded", domain="usageLimits")
        case "gmail:concurrent":
            return GoogleError(429, "Too many concurrent requests for user", reason="rateLimitExceeded")
        case "gmail:quota_429":
            metadata = {"consumer": f"projects/{PROJECT}", "service": SERVICE}
            info = {"@type": ERROR_INFO, "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com"}
            details = [info | {"metadata": metadata}]
            return GoogleError(429, QUOTA, reason="rateLimitExceeded", domain="usageLimits", details=details)
    return GoogleError(403, QUOTA, reason="rateLimitExceeded", domain="usageLimits")


def _throttled(request: SandboxRequest, seconds: int, suffix: str) -> GoogleError:
    """Two spaces, and the moment in the text only: Google sends no Retry-After header."""
    until = (request.sandbox.clock.now() + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
    message = f"User-rate limit exceeded.  Retry after {until.replace('+00:00', 'Z')}{suffix}"
    return GoogleError(429, message, reason="rateLimitExceeded")


def _not_enabled() -> GoogleError:
    metadata = {
        "activationUrl": ACTIVATION,
        "consumer": f"projects/{PROJECT}",
        "containerInfo": PROJECT,
        "service": SERVICE,
        "serviceTitle": "Gmail API",
    }
    return GoogleError(
        403,
        NOT_ENABLED,
        reason="accessNotConfigured",
        domain="usageLimits",
        extended_help="https://console.developers.google.com",
        details=[
            {"@type": ERROR_INFO, "reason": "SERVICE_DISABLED", "domain": "googleapis.com", "metadata": metadata},
            {
                "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
                "locale": "en-US",
                "message": NOT_ENABLED,
            },
            {
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [{"description": "Google developers console API activation", "url": ACTIVATION}],
            },
        ],
    )
