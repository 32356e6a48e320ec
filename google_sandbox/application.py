"""The WSGI application: find the handler, stage faults around it, render errors, keep the journal."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect, Rule
from werkzeug.wrappers import Response

from google_sandbox.cloud.routes import routes as cloud_routes
from google_sandbox.control.routes import routes as control_routes
from google_sandbox.errors import SandboxError, backend_error
from google_sandbox.gmail.routes import routes as gmail_routes
from google_sandbox.oauth.identify import Caller, identify
from google_sandbox.oauth.routes import OAUTH_PATHS
from google_sandbox.oauth.routes import routes as oauth_routes
from google_sandbox.pages import not_found
from google_sandbox.request import Sandbox, SandboxRequest
from google_sandbox.scenario_kinds import CALL, names_in
from google_sandbox.scenarios import Scenario

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONTROL_PREFIX = "/_sandbox/"
FAULT_HEADER = "X-Sandbox-Fault"
# Answered instead of the handler, which never sees the request
BEFORE = {"503_before": 503, "500_before": 500, "429": 429}
# Answered after the handler did its work; the proxy breaks the connection where the header says so
CONNECTION_FAULTS = {"close_after": "close", "reset_after": "reset", "hang_after": "hang", "half_answer": "half"}
CALL_SCENARIOS = names_in(CALL)


class Application:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        rules = (*oauth_routes, *gmail_routes, *cloud_routes, *control_routes)
        # A rule belongs to one map only, and tests run several sandboxes in one process
        self._map = Map([rule.empty() for rule in rules], strict_slashes=False, merge_slashes=False)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = SandboxRequest(environ)
        request.sandbox = self._sandbox
        return self.respond(request)(environ, start_response)

    def respond(self, request: SandboxRequest) -> Response:
        if request.path.startswith(CONTROL_PREFIX):
            return self._handle(request)
        caller = identify(request)
        fault = self._sandbox.scenarios.take(
            CALL_SCENARIOS, account=caller.account, client=caller.client, path=request.path, method=request.method
        )
        response = self._with_fault(request, fault)
        self._record(request, response, caller, fault)
        return response

    def _with_fault(self, request: SandboxRequest, fault: Scenario | None) -> Response:
        if fault is None:
            return self._handle(request)
        form = {"oauth": request.path in OAUTH_PATHS, "listed": _service(request) == "gmail"}
        if fault.name in BEFORE:
            return backend_error(BEFORE[fault.name], **form).response()
        response = self._handle(request)
        if fault.name == "503_after":
            return backend_error(503, **form).response()
        response.headers[FAULT_HEADER] = CONNECTION_FAULTS[fault.name]
        return response

    def _handle(self, request: SandboxRequest) -> Response:
        try:
            handler, arguments = self._match(request)
            return handler(request, **arguments)
        except SandboxError as error:
            return error.response()
        except RequestRedirect as redirect:
            return Response(status=308, headers={"Location": redirect.new_url})
        except HTTPException as error:
            return not_found(request) if error.code in {404, 405} else Response(error.description, error.code)

    def _match(self, request: SandboxRequest) -> tuple[Callable[..., Response], dict[str, Any]]:
        rule: Rule
        rule, arguments = self._map.bind_to_environ(request.environ).match(return_rule=True)
        # The rule's endpoint is the handler itself
        return rule.endpoint, dict(arguments)

    def _record(self, request: SandboxRequest, response: Response, caller: Caller, fault: Scenario | None) -> None:
        self._sandbox.journal.record(
            service=_service(request),
            method=request.method,
            path=request.path,
            query=request.args,
            form=caller.form,
            account=caller.account,
            client=caller.client,
            status=response.status_code,
            fault=None if fault is None else fault.name,
        )


def _service(request: SandboxRequest) -> str:
    """Which of Google's hosts this stands for."""
    if "/gmail/" in request.path:
        return "gmail"
    if request.path.startswith("/v3/projects"):
        return "resource_manager"
    if request.path.startswith("/v1/projects/"):
        signs = request.path.endswith((":signJwt", ":generateAccessToken"))
        return "iam_credentials" if signs else "iam"
    return "oauth"
