"""The HTTP API's mount: one session-or-key check before everything, one form for every error."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from access.api import router as access_router
from access.api_auth import session_or_key
from connections.api import router as connections_router
from flows.api import router as flows_router
from flows.errors import RunProblem
from kernel.errors import ConsoleError, Fixer, InputRejected, NotFound, Retry
from workflows_console.api_errors import RequestRejected, SignInNeeded
from workflows_console.error_pages import PROBLEM_TYPE, problem_response

PROBLEM: dict[str, Any] = {
    "description": "What stood in the way (RFC 9457), with who can apply the remedy.",
    "content": {
        PROBLEM_TYPE: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail", "code", "remedy", "fixer", "retry"],
                "properties": {
                    "type": {"type": "string", "format": "uri"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string", "description": "The cause, as a sentence."},
                    "code": {"type": "string", "description": "Stable; docs/errors.md lists them."},
                    "remedy": {"type": "string"},
                    "fixer": {"type": "string", "enum": [each.value for each in Fixer]},
                    "retry": {"type": "string", "enum": [each.value for each in Retry]},
                    "fields": {"type": "object", "description": "What is wrong with each field that was sent."},
                    "run": {"type": "string", "format": "uuid", "description": "The card run that met it."},
                },
            }
        }
    },
}


class ConsoleAPI(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Every operation may answer with a problem."""
        schema = super().get_openapi_schema(**options)
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = PROBLEM
        return schema


api = ConsoleAPI(
    title="Workflows Console",
    version="1",
    description="Connections to Google accounts, and the Gmail cards that run with them.",
    auth=session_or_key,
    docs_decorator=None,
    urls_namespace="api",
)
api.add_router("", connections_router)
api.add_router("", flows_router)
api.add_router("", access_router)


@api.exception_handler(ConsoleError)
def _console_error(_request: HttpRequest, error: ConsoleError) -> HttpResponse:
    return problem_response(error)


@api.exception_handler(RunProblem)
def _run_problem(_request: HttpRequest, problem: RunProblem) -> HttpResponse:
    return problem_response(problem.error, run=str(problem.run_id))


@api.exception_handler(ValidationError)
def _validation_error(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields: dict[str, list[str]] = {}
    for each in error.errors:
        name = ".".join(str(part) for part in each["loc"][2:]) or str(each["loc"][-1])
        fields.setdefault(name, []).append(str(each["msg"]))
    return problem_response(InputRejected(fields=fields))


@api.exception_handler(AuthenticationError)
def _authentication_error(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    response = problem_response(SignInNeeded())
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(Http404)
def _not_found(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return problem_response(NotFound(kind="address"))


@api.exception_handler(RequestDataTooBig)
def _too_large(_request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
    response = problem_response(RequestRejected(reason=f"It is larger than {most} MB"))
    response.status_code = 413
    return response


@api.exception_handler(HttpError)
def _http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    response = problem_response(RequestRejected(reason=str(error)))
    response.status_code = error.status_code
    return response
