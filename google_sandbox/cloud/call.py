"""One call of a Cloud API: who calls, with what, and every refusal that all methods share."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from google_sandbox.cloud import roles
from google_sandbox.cloud.discovery import Method
from google_sandbox.cloud.refusals import CONCERNED, DISABLED, LISTING_DENIED, ROLES_WITHDRAWN, denied, invalid_argument
from google_sandbox.errors import API_HEADERS, GoogleError, json_response
from google_sandbox.oauth.authenticate import Token, authenticate, require_scope
from google_sandbox.request import Handler, SandboxRequest
from google_sandbox.scenario_kinds import CLOUD, names_in
from google_sandbox.scenarios import Scenario
from google_sandbox.service_disabled import ERROR_INFO, service_disabled

STAGED = names_in(CLOUD)


@dataclass(frozen=True, kw_only=True)
class Call:
    """What an implementation of a method gets. `staged` is the scenario in force that it has to look at itself."""

    request: SandboxRequest
    method: Method
    token: Token
    path: Mapping[str, str]
    parameters: Mapping[str, str]
    body: Mapping[str, Any]
    staged: str | None

    def permissions(self, resources: Collection[str], member: str | None = None) -> frozenset[str]:
        """What the caller, or another member, may do on any of these resources."""
        with self.request.sandbox.store.read() as db:
            held = roles.permissions(db, member or self.token.email, resources)
        return held - roles.SIGNING - {roles.ACT_AS} if self.staged == ROLES_WITHDRAWN else held

    def texts(self, name: str) -> list[str]:
        """A list of texts of the body, empty when left out."""
        values = self.body.get(name) or []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            message = f"Invalid value at '{name}' (TYPE_STRING), {json.dumps(values)}"
            raise invalid_argument(message)
        return values


Implementation = Callable[[Call], dict[str, Any]]


def rule_for(method: Method, implementation: Implementation) -> Rule:
    """The method at the path of its document: with the host left away, those of the three APIs don't clash."""
    path = method.path.replace("{", "<").replace("}", ">")
    return Rule(path, methods=[method.verb], endpoint=_handler(method, implementation))


def _handler(method: Method, implementation: Implementation) -> Handler:
    def handle(request: SandboxRequest, **path: str) -> Response:
        try:
            token, staged = _admit(request, method)
            call = Call(
                request=request,
                method=method,
                token=token,
                path=path,
                parameters=_parameters(request, method),
                body=_body(request, method) if method.verb == "POST" else {},
                staged=staged,
            )
            return json_response(implementation(call), headers=API_HEADERS)
        except GoogleError as error:
            raise error.unlisted() from None

    return handle


def _admit(request: SandboxRequest, method: Method) -> tuple[Token, str | None]:
    host = method.api.host
    metadata = {"method": method.rpc_name, "service": host}
    missing = {"@type": ERROR_INFO, "reason": "CREDENTIALS_MISSING", "domain": "googleapis.com", "metadata": metadata}
    token = authenticate(request, if_missing=[missing])
    staged = _staged(request, method, token)
    if staged in DISABLED:
        raise service_disabled(host, method.api.title, is_listed=False)
    require_scope(token, method.scopes, method.rpc_name, host)
    if staged == LISTING_DENIED:
        raise denied(roles.LIST_ACCOUNTS)
    return token, staged


def _staged(request: SandboxRequest, method: Method, token: Token) -> str | None:
    def applies(scenario: Scenario) -> bool:
        if scenario.name in DISABLED:
            return DISABLED[scenario.name] == method.api
        return method.id in CONCERNED[scenario.name]

    staged = request.sandbox.scenarios.take(
        STAGED, account=token.email, client=token.client_id, path=request.path, method=request.method, applies=applies
    )
    return None if staged is None else staged.name


def _parameters(request: SandboxRequest, method: Method) -> dict[str, str]:
    for name in request.args:
        if name not in method.parameters:
            message = (
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
                f" Field '{name}' could not be found in request message."
            )
            raise invalid_argument(message)
    return request.args.to_dict()


def _body(request: SandboxRequest, method: Method) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError:
        raise invalid_argument("Invalid JSON payload received. Unexpected token.") from None
    if not isinstance(body, dict):
        raise invalid_argument("Invalid JSON payload received. Root element must be a message.")
    for name in body:
        if name not in method.body_fields:
            message = f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            raise invalid_argument(message)
    return body
