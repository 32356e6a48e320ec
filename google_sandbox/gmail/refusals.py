"""Calls that Gmail refuses because it was staged so: project, domain, and every limit (rows 35, 40-43)."""

from datetime import timedelta

from google_sandbox.errors import GoogleError, SandboxError, backend_error
from google_sandbox.gmail import quota
from google_sandbox.gmail.discovery import Method
from google_sandbox.oauth.authenticate import Token
from google_sandbox.request import SandboxRequest
from google_sandbox.scenario_kinds import GMAIL, names_in
from google_sandbox.scenarios import Scenario
from google_sandbox.service_disabled import ERROR_INFO, PROJECT, service_disabled

STAGED = names_in(GMAIL)
MINUTE_LIMITS = frozenset({"gmail:quota", "gmail:quota_429"})
SENDING = frozenset({"gmail.users.messages.send", "gmail.users.drafts.send"})
SETTINGS = "gmail.users.settings."
SERVICE = "gmail.googleapis.com"
QUOTA = (
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service "
    f"'{SERVICE}' for consumer 'project_number:{PROJECT}'."
)


def refuse_staged(request: SandboxRequest, method: Method, token: Token) -> None:
    """Raise what was staged for this call. Sent mail's limit and settings' failure concern nothing else."""

    def applies(scenario: Scenario) -> bool:
        if scenario.name in MINUTE_LIMITS and scenario.value is not None:
            return quota.spent(request, token) + quota.units_of(method) > int(scenario.value)
        if scenario.name == "gmail:settings_500":
            return method.id.startswith(SETTINGS)
        return scenario.name != "gmail:sending_cap" or method.id in SENDING

    staged = request.sandbox.scenarios.take(
        STAGED, account=token.email, client=token.client_id, path=request.path, method=request.method, applies=applies
    )
    if staged is not None:
        raise _refusal(request, staged)
    quota.spend(request, token, method)


def _refusal(request: SandboxRequest, staged: Scenario) -> SandboxError:
    match staged.name:
        case "gmail:api_not_enabled":
            return service_disabled(SERVICE, "Gmail API", is_listed=True)
        case "gmail:domain_policy":
            return GoogleError(403, "The domain administrators have disabled Gmail apps.", reason="domainPolicy")
        case "gmail:user_rate":
            return _throttled(request, staged.seconds(900), "")
        case "gmail:sending_cap":
            return _throttled(request, staged.seconds(86_400), " (Mail sending)")
        case "gmail:settings_500":
            return backend_error(500, oauth=False)
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
