"""GET /o/oauth2/v2/auth: check the request in Google's order, then show the next page or answer at once."""

import sqlite3

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from google_sandbox import world
from google_sandbox.oauth import blocked
from google_sandbox.oauth.answer import Decision, answer_with_code, answer_with_error
from google_sandbox.oauth.clients import Client, find_client
from google_sandbox.oauth.flows import (
    AuthorizationRequest,
    Flow,
    choose_account,
    remember,
    session_of,
    signed_in,
    start_flow,
)
from google_sandbox.oauth.grants import granted_scopes
from google_sandbox.oauth.scopes import canonical, is_known
from google_sandbox.pages import error_page
from google_sandbox.request import SandboxRequest

PROMPTS = {"none", "consent", "select_account"}


class RefusedError(Exception):
    """The request is not valid: Google shows a page and does not redirect."""

    def __init__(self, status: int, code: str, message: str, **details: str) -> None:
        super().__init__(code)
        self.page = error_page(status, code, message, details=details or None)


def authorize(request: SandboxRequest) -> Response:
    try:
        wanted = check(request)
    except RefusedError as refused:
        return refused.page
    refused_page = blocked.at_once(request, wanted)
    if refused_page is not None:
        return refused_page
    session = session_of(request)
    return remember(_next_page(request, start_flow(request, session, wanted)), session)


def check(request: SandboxRequest) -> AuthorizationRequest:
    """The parameters, or RefusedError with Google's page for the first that is wrong (rows 1, 2, 3)."""
    values = request.values
    client = _client(request)
    redirect_uri = _redirect_uri(request, client)
    scopes = values.get("scope", "").split()
    if not scopes:
        raise RefusedError(400, "invalid_request", "Missing required parameter: scope")
    if not all(is_known(scope) for scope in scopes):
        valid = ", ".join(scope for scope in scopes if is_known(scope))
        invalid = ", ".join(scope for scope in scopes if not is_known(scope))
        message = f"Some requested scopes were invalid. {{valid=[{valid}], invalid=[{invalid}]}}"
        raise RefusedError(400, "invalid_scope", message)
    _check_response_type(values.get("response_type"))
    prompt = tuple(values.get("prompt", "").split())
    if not PROMPTS.issuperset(prompt) or ("none" in prompt and len(prompt) > 1):
        raise RefusedError(400, "invalid_request", f"Invalid parameter value for prompt: {' '.join(prompt)}")
    challenge, method = _challenge(request)
    return AuthorizationRequest(
        client_id=client.client_id,
        redirect_uri=redirect_uri,
        scopes=canonical(scopes),
        state=values.get("state"),
        nonce=values.get("nonce"),
        prompt=prompt,
        login_hint=values.get("login_hint"),
        access_type="offline" if values.get("access_type") == "offline" else "online",
        include_granted_scopes=values.get("include_granted_scopes") == "true",
        code_challenge=challenge,
        code_challenge_method=method,
    )


def continue_signed_in(request: SandboxRequest, flow: Flow, account: sqlite3.Row) -> Response:
    """The account is known: show the consent page, unless it is barred or all of this was given before."""
    wanted = flow.request
    refused_page = blocked.for_account(request, wanted, account)
    if refused_page is not None:
        return refused_page
    if "consent" in wanted.prompt or not _was_given(request, wanted, account):
        choose_account(request, flow, account)
        return redirect(flow.url("consent"), 302)
    return answer_with_code(request, wanted, Decision(account=account, scopes=wanted.scopes, consent_shown=False))


def _next_page(request: SandboxRequest, flow: Flow) -> Response:
    wanted = flow.request
    accounts = signed_in(request, flow.session)
    hinted = _hinted(request, wanted.login_hint)
    known = {account["sub"]: account for account in accounts}
    here = known.get(hinted["sub"]) if hinted is not None else accounts[0] if len(accounts) == 1 else None
    if "none" in wanted.prompt:
        if here is None:
            return answer_with_error(wanted, "login_required")
        if not _was_given(request, wanted, here):
            return answer_with_error(wanted, "consent_required")
        return continue_signed_in(request, flow, here)
    if "select_account" not in wanted.prompt:
        if here is not None:
            return continue_signed_in(request, flow, here)
        if hinted is not None:
            choose_account(request, flow, hinted)
            return redirect(flow.url("password"), 302)
    return redirect(flow.url("accounts"), 302)


def _was_given(request: SandboxRequest, wanted: AuthorizationRequest, account: sqlite3.Row) -> bool:
    with request.sandbox.store.read() as db:
        return granted_scopes(db, wanted.client_id, account["sub"]).issuperset(wanted.scopes)


def _hinted(request: SandboxRequest, hint: str | None) -> sqlite3.Row | None:
    if not hint:
        return None
    with request.sandbox.store.read() as db:
        account = world.find_account(db, hint)
    return None if account is None or account["kind"] == "service_account" else account


def _client(request: SandboxRequest) -> Client:
    client_id = request.values.get("client_id")
    if not client_id:
        raise RefusedError(400, "invalid_request", "Missing required parameter: client_id")
    with request.sandbox.store.read() as db:
        client = find_client(db, client_id)
    if client is None:
        raise RefusedError(401, "invalid_client", "The OAuth client was not found.", client_id=client_id)
    return client


def _redirect_uri(request: SandboxRequest, client: Client) -> str:
    redirect_uri = request.values.get("redirect_uri")
    if not redirect_uri:
        raise RefusedError(400, "invalid_request", "Missing required parameter: redirect_uri")
    # Compared as text: scheme, host, port, path, slash and query
    if redirect_uri not in client.redirect_uris:
        raise RefusedError(
            400,
            "redirect_uri_mismatch",
            "You can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy. If you're the"
            " app developer, register the redirect URI in the Google Cloud console.",
            redirect_uri=redirect_uri,
            flowName="GeneralOAuthFlow",
        )
    return redirect_uri


def _check_response_type(response_type: str | None) -> None:
    if not response_type:
        raise RefusedError(400, "invalid_request", "Missing required parameter: response_type")
    if response_type != "code":
        raise RefusedError(400, "unsupported_response_type", "The sandbox answers response_type=code only.")


def _challenge(request: SandboxRequest) -> tuple[str | None, str | None]:
    challenge = request.values.get("code_challenge")
    method = request.values.get("code_challenge_method", "plain")
    if not challenge:
        return None, None
    if method not in {"S256", "plain"}:
        raise RefusedError(400, "invalid_request", f"Unsupported code_challenge_method: {method}")
    return challenge, method
