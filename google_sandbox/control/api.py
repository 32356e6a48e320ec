"""The control API under /_sandbox/api/: JSON for tests and rehearsals."""

from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from google_sandbox.clock import NoSuchTimeError
from google_sandbox.control import cloud
from google_sandbox.control import settings as mailbox_settings
from google_sandbox.control import state as world_state
from google_sandbox.errors import json_response
from google_sandbox.request import Sandbox, SandboxRequest
from google_sandbox.scenarios import InvalidScenarioError, Scenario

SCENARIO_FIELDS = {"name", "value", "account", "client", "path", "method", "count"}


def refusal(message: str, status: int = 400) -> Response:
    return json_response({"error": message}, status)


def body_of(request: SandboxRequest) -> dict[str, Any]:
    """The JSON object sent, an empty one where nothing was."""
    if not request.get_data(cache=True):
        return {}
    body = request.get_json(force=True)
    if not isinstance(body, dict):
        raise BadRequest("The body is not a JSON object.")
    return body


def healthz(_request: SandboxRequest) -> Response:
    return json_response({"status": "ok"})


def state(request: SandboxRequest) -> Response:
    sandbox = request.sandbox
    settings_of_all = {"settings": mailbox_settings.all_settings(sandbox)}
    return json_response(world_state.state(sandbox) | settings_of_all | cloud.state(sandbox))


def list_scenarios(request: SandboxRequest) -> Response:
    return json_response({"scenarios": [each.as_dict() for each in request.sandbox.scenarios.active()]})


def add_scenario(request: SandboxRequest) -> Response:
    body = body_of(request)
    if not SCENARIO_FIELDS.issuperset(body) or "name" not in body:
        return refusal(f"a scenario has a name, and of these: {', '.join(sorted(SCENARIO_FIELDS))}")
    try:
        scenario = Scenario(**body)
    except InvalidScenarioError as error:
        return refusal(str(error))
    return json_response(request.sandbox.scenarios.add(scenario).as_dict(), 201)


def clear_scenarios(request: SandboxRequest) -> Response:
    request.sandbox.scenarios.clear()
    return Response(status=204)


def remove_scenario(request: SandboxRequest, scenario_id: int) -> Response:
    if not request.sandbox.scenarios.remove(scenario_id):
        return refusal("no such scenario is on", 404)
    return Response(status=204)


def journal(request: SandboxRequest) -> Response:
    entries = request.sandbox.journal.entries(
        path=request.args.get("path", ""),
        method=request.args.get("method"),
        account=request.args.get("account"),
        limit=request.args.get("limit", type=int),
    )
    return json_response({"entries": entries})


def clear_journal(request: SandboxRequest) -> Response:
    request.sandbox.journal.clear()
    return Response(status=204)


def reset(request: SandboxRequest) -> Response:
    request.sandbox.reset()
    return Response(status=204)


def clock(request: SandboxRequest) -> Response:
    now = request.sandbox.clock
    return json_response({"offset": now.offset, "now": now.now().isoformat()})


def set_clock(request: SandboxRequest) -> Response:
    offset = body_of(request).get("offset")
    if isinstance(offset, bool) or not isinstance(offset, int | float):
        return refusal("offset is a number of seconds")
    try:
        request.sandbox.clock.offset = float(offset)
    except (NoSuchTimeError, OverflowError):
        return refusal("offset leads out of the calendar")
    return clock(request)


def revoke(request: SandboxRequest) -> Response:
    try:
        revoked = world_state.remove_access(request.sandbox, str(body_of(request).get("account", "")))
    except world_state.UnknownAccountError:
        return refusal("no such account", 404)
    return json_response({"revoked": revoked})


def crowd_out(request: SandboxRequest, email: str) -> Response:
    try:
        return json_response({"clients": world_state.crowd_out_tokens(request.sandbox, email)})
    except world_state.UnknownAccountError:
        return refusal("no such account", 404)


def change_account(request: SandboxRequest, email: str) -> Response:
    try:
        return json_response(world_state.change_account(request.sandbox, email, body_of(request)))
    except world_state.InvalidChangeError as error:
        return refusal(str(error))
    except world_state.UnknownAccountError:
        return refusal("no such account", 404)


def settings(request: SandboxRequest, email: str) -> Response:
    try:
        return json_response(mailbox_settings.settings(request.sandbox, email))
    except world_state.UnknownAccountError:
        return refusal("no such account", 404)


def answer_forwarding(request: SandboxRequest, email: str) -> Response:
    return _answered(request, email, mailbox_settings.answer_forwarding)


def answer_send_as(request: SandboxRequest, email: str) -> Response:
    return _answered(request, email, mailbox_settings.answer_send_as)


def _answered(request: SandboxRequest, email: str, answer: Callable[..., None]) -> Response:
    """What the owner of an address says: `address`, and whether it is `accepted`."""
    body = body_of(request)
    if not isinstance(body.get("address"), str) or not isinstance(body.get("accepted"), bool):
        return refusal("an answer has an address, and accepted, true or false")
    try:
        answer(request.sandbox, email, body["address"], accepted=body["accepted"])
    except world_state.UnknownAccountError:
        return refusal("no such account", 404)
    except mailbox_settings.NothingPendingError:
        return refusal("the address does not wait for an answer", 404)
    return settings(request, email)


def messages(request: SandboxRequest, email: str) -> Response:
    try:
        return json_response({"messages": world_state.messages(request.sandbox, email)})
    except world_state.UnknownAccountError:
        return refusal("no such account", 404)


def grant_role(request: SandboxRequest) -> Response:
    return _changed_role(request, cloud.grant_role)


def withdraw_role(request: SandboxRequest) -> Response:
    return _changed_role(request, cloud.withdraw_role)


def register_delegation(request: SandboxRequest) -> Response:
    """Of `domain`, for `service_account`, with `scopes`; none at all removes the entry."""
    body = body_of(request)
    domain, service_account, scopes = body.get("domain"), body.get("service_account"), body.get("scopes")
    if not isinstance(domain, str) or not isinstance(service_account, str) or not isinstance(scopes, list):
        return refusal("a delegation has a domain, a service_account, and scopes, which are a list")
    try:
        if scopes:
            cloud.register_delegation(request.sandbox, domain, service_account, [str(scope) for scope in scopes])
        else:
            cloud.remove_delegation(request.sandbox, domain, service_account)
    except world_state.InvalidChangeError as error:
        return refusal(str(error))
    except world_state.UnknownAccountError:
        return refusal("no such service account", 404)
    return json_response({"delegations": cloud.delegations(request.sandbox)})


def _changed_role(request: SandboxRequest, change: Callable[[Sandbox, str, str, str], None]) -> Response:
    """A change of `email`, `role` and `on`: a project's id or a service account's address."""
    body = body_of(request)
    given = [body.get(name) for name in ("email", "role", "on")]
    if not all(isinstance(each, str) for each in given):
        return refusal("a role has an email, a role and what it is on")
    try:
        change(request.sandbox, *map(str, given))
    except world_state.InvalidChangeError as error:
        return refusal(str(error))
    except world_state.UnknownAccountError:
        return refusal("no such account", 404)
    return json_response({"roles": cloud.bindings(request.sandbox)})
