"""Addresses of the control page and its API. What changes something is refused to other sites' pages."""

from functools import wraps

from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from google_sandbox.control import account, api, page
from google_sandbox.pages import stylesheet
from google_sandbox.request import Handler, SandboxRequest


def guarded(handler: Handler) -> Handler:
    """Refuse a browser's request from another site. Programs send no Origin; the sandbox has no accounts to sign in."""

    @wraps(handler)
    def checked(request: SandboxRequest, **arguments: object) -> Response:
        origin = request.headers.get("Origin")
        own = request.sandbox.origin
        if origin not in {None, own, own.replace("localhost", "127.0.0.1")}:
            return api.refusal("This request comes from another site.", 403)
        return handler(request, **arguments)

    return checked


def rule(path: str, method: str, handler: Handler) -> Rule:
    return Rule(path, methods=[method], endpoint=handler if method == "GET" else guarded(handler))


routes = [
    rule("/_sandbox/", "GET", page.control_page),
    rule("/_sandbox/accounts/<email>/", "GET", account.account_page),
    rule("/_sandbox/accounts/<email>/messages/<message_id>/", "GET", account.message_page),
    rule("/_sandbox/static/<name>", "GET", stylesheet),
    rule("/_sandbox/scenarios", "POST", page.add_scenario),
    rule("/_sandbox/scenarios/<int:scenario_id>/remove", "POST", page.remove_scenario),
    rule("/_sandbox/clock", "POST", page.set_clock),
    rule("/_sandbox/journal/clear", "POST", page.clear_journal),
    rule("/_sandbox/reset", "POST", page.reset),
    rule("/_sandbox/accounts/<email>/access", "POST", account.remove_access),
    rule("/_sandbox/accounts/<email>/crowd-out", "POST", account.crowd_out),
    rule("/_sandbox/accounts/<email>/change", "POST", account.change_account),
    rule("/_sandbox/accounts/<email>/roles/grant", "POST", account.grant_role),
    rule("/_sandbox/accounts/<email>/roles/withdraw", "POST", account.withdraw_role),
    rule("/_sandbox/delegations/register", "POST", page.register_delegation),
    rule("/_sandbox/delegations/remove", "POST", page.remove_delegation),
    rule("/_sandbox/accounts/<email>/password", "POST", account.set_password),
    rule("/_sandbox/accounts/<email>/forwarding", "POST", account.answer_forwarding),
    rule("/_sandbox/accounts/<email>/send-as", "POST", account.answer_send_as),
    rule("/_sandbox/api/healthz", "GET", api.healthz),
    rule("/_sandbox/api/state", "GET", api.state),
    rule("/_sandbox/api/scenarios", "GET", api.list_scenarios),
    rule("/_sandbox/api/scenarios", "POST", api.add_scenario),
    rule("/_sandbox/api/scenarios", "DELETE", api.clear_scenarios),
    rule("/_sandbox/api/scenarios/<int:scenario_id>", "DELETE", api.remove_scenario),
    rule("/_sandbox/api/journal", "GET", api.journal),
    rule("/_sandbox/api/journal", "DELETE", api.clear_journal),
    rule("/_sandbox/api/reset", "POST", api.reset),
    rule("/_sandbox/api/clock", "GET", api.clock),
    rule("/_sandbox/api/clock", "POST", api.set_clock),
    rule("/_sandbox/api/revoke", "POST", api.revoke),
    rule("/_sandbox/api/roles/grant", "POST", api.grant_role),
    rule("/_sandbox/api/roles/withdraw", "POST", api.withdraw_role),
    rule("/_sandbox/api/delegations", "POST", api.register_delegation),
    rule("/_sandbox/api/accounts/<email>", "POST", api.change_account),
    rule("/_sandbox/api/accounts/<email>/crowd-out", "POST", api.crowd_out),
    rule("/_sandbox/api/accounts/<email>/settings", "GET", api.settings),
    rule("/_sandbox/api/accounts/<email>/forwarding", "POST", api.answer_forwarding),
    rule("/_sandbox/api/accounts/<email>/send-as", "POST", api.answer_send_as),
    rule("/_sandbox/api/accounts/<email>/messages", "GET", api.messages),
]
