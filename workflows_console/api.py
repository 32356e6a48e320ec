"""The HTTP API's mount: one session-or-key check before everything, one form for every error."""

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from access.api_auth import session_or_key
from connections.api import router as connections_router
from flows.api import router as flows_router
from flows.errors import RunProblem
from kernel.errors import ConsoleError, InputRejected, NotFound
from workflows_console.api_errors import RequestRejected, SignInNeeded
from workflows_console.error_pages import problem_response

api = NinjaAPI(
    title="Workflows Console",
    version="1",
    description="Connections to Google accounts, and the Gmail cards that run with them.",
    auth=session_or_key,
    docs_decorator=None,
    urls_namespace="api",
)
api.add_router("", connections_router)
api.add_router("", flows_router)


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


@api.exception_handler(HttpError)
def _http_error(_request: HttpRequest, error: HttpError) -> HttpResponse:
    response = problem_response(RequestRejected(reason=str(error)))
    response.status_code = error.status_code
    return response
