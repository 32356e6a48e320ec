"""Google's error answers, raised by handlers: the API envelope, and the flat form of the OAuth endpoints."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

from werkzeug.wrappers import Response

RPC_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    412: "FAILED_PRECONDITION",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}

# What Google's OAuth endpoints send with every answer, good or bad
OAUTH_HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "Mon, 01 Jan 1990 00:00:00 GMT",
    "Server": "scaffolding on HTTPServer2",
    "Vary": "X-Origin, Referer, Origin",
}
API_HEADERS = {"Cache-Control": "private", "Server": "ESF", "Vary": "Origin, X-Origin, Referer"}


def json_response(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer as Google prints it: indented JSON, declared as UTF-8."""
    text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
    return Response(text, status, {"Content-Type": "application/json; charset=UTF-8", **(headers or {})})


class SandboxError(Exception):
    """An error answer on its way out of a handler."""

    def response(self) -> Response:
        raise NotImplementedError


class GoogleError(SandboxError):
    """An error of an API in Google's envelope. Without a reason there is no `errors` list, as with newer APIs."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        reason: str | None,
        domain: str = "global",
        rpc_status: str | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        errors_message: str | None = None,
        location: str | None = None,
        location_type: str | None = None,
        extended_help: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = {**API_HEADERS, **(headers or {})}
        self.body: dict[str, Any] = {"code": status, "message": message}
        if reason is not None:
            error = {"message": errors_message or message, "domain": domain, "reason": reason}
            if location is not None:
                error["location"] = location
            if location_type is not None:
                error["locationType"] = location_type
            if extended_help is not None:
                error["extendedHelp"] = extended_help
            self.body["errors"] = [error]
        self.body["status"] = rpc_status or RPC_STATUS.get(status, "UNKNOWN")
        if details:
            self.body["details"] = [dict(detail) for detail in details]

    def unlisted(self) -> Self:
        """The same without the `errors` list: newer APIs have none."""
        self.body.pop("errors", None)
        return self

    def response(self) -> Response:
        return json_response({"error": self.body}, self.status, self.headers)


class OAuthError(SandboxError):
    """An error of the token, revocation and identity endpoints: `error`, `error_description`, and what goes with it."""

    def __init__(self, status: int, error: str, description: str | None = None, **extra: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error}
        if description is not None:
            self.body["error_description"] = description
        self.body.update(extra)

    def response(self) -> Response:
        return json_response(self.body, self.status, OAUTH_HEADERS)


def backend_error(status: int, *, oauth: bool, listed: bool = True) -> SandboxError:
    """Google has trouble of its own (500, 503, 429), in the form of the endpoint that was called."""
    if oauth:
        names = {500: ("internal_failure", "Backend Error"), 503: ("temporarily_unavailable", "Backend Error")}
        error, description = names.get(status, ("rate_limit_exceeded", "Rate Limit Exceeded"))
        return OAuthError(status, error, description)
    messages = {
        500: ("Backend Error", "backendError"),
        503: ("The service is currently unavailable.", "backendError"),
        429: ("Resource has been exhausted (e.g. check quota).", "rateLimitExceeded"),
    }
    message, reason = messages[status]
    return GoogleError(status, message, reason=reason if listed else None)
