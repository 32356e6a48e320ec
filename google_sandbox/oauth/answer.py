"""The redirect back to the app: code or error, with the scenario that was staged for it."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from google_sandbox import world
from google_sandbox.oauth.blocked import page_of
from google_sandbox.oauth.flows import PATH, AuthorizationRequest
from google_sandbox.oauth.grants import CodeRequest, extend_grant, granted_scopes, make_code
from google_sandbox.oauth.scopes import redirect_order, selectable
from google_sandbox.request import SandboxRequest
from google_sandbox.scenario_kinds import ANSWER, CALL, EXCHANGE, KINDS, PAGE, TOKEN, names_in
from google_sandbox.scenarios import Scenario

OTHER_ISSUER = "https://accounts.other.example"
ANSWER_SCENARIOS = names_in(ANSWER)
# What the fold "Stage a failure instead" offers: all that can be met by this one answer and its exchange
STAGEABLE = tuple(name for name, kind in KINDS.items() if kind.phase in {PAGE, ANSWER, EXCHANGE, TOKEN, CALL})


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the person decided, or what was given before when no consent page was shown."""

    account: sqlite3.Row
    scopes: Collection[str]
    consent_shown: bool


def answer_with_error(wanted: AuthorizationRequest, error: str) -> Response:
    return _redirect(wanted, [("error", error), *_state(wanted)])


def answer_with_code(
    request: SandboxRequest, wanted: AuthorizationRequest, decision: Decision, staged: str | None = None
) -> Response:
    """Give the code, or what a scenario makes of it: one chosen on the page, else the first one that is on."""
    if staged is not None and KINDS[staged].phase == PAGE:
        return page_of(staged, wanted)
    if staged is not None and KINDS[staged].phase in {TOKEN, CALL}:
        only = Scenario(name=staged, account=decision.account["email"], client=wanted.client_id, path="/token", count=1)
        request.sandbox.scenarios.add(only)
    scenario = Scenario(name=staged) if staged in ANSWER_SCENARIOS else _take(request, wanted, decision)
    if scenario is None:
        return _give_code(request, wanted, decision, staged, [("iss", request.sandbox.origin)])
    if scenario.name == "cancel":
        return answer_with_error(wanted, "access_denied")
    if scenario.name == "redirect_error":
        return answer_with_error(wanted, str(scenario.value or "admin_policy_enforced"))
    return _bend(request, wanted, decision, staged, scenario)


def _bend(
    request: SandboxRequest, wanted: AuthorizationRequest, decision: Decision, staged: str | None, scenario: Scenario
) -> Response:
    """An answer that looks well but is not what was decided."""
    issuers = [request.sandbox.origin]
    if scenario.name == "untick":
        withheld = scenario.scopes(selectable(decision.scopes))
        decision = replace(decision, scopes=[scope for scope in decision.scopes if scope not in withheld])
    elif scenario.name == "answer_as_account":
        decision = replace(decision, account=_other_account(request, decision.account, scenario.value))
    elif scenario.name == "lose_state":
        wanted = replace(wanted, state=None)
    else:
        issuers = {"wrong_iss": [OTHER_ISSUER], "no_iss": [], "two_iss": [*issuers, OTHER_ISSUER]}[scenario.name]
    return _give_code(request, wanted, decision, staged, [("iss", issuer) for issuer in issuers])


def _give_code(
    request: SandboxRequest,
    wanted: AuthorizationRequest,
    decision: Decision,
    staged: str | None,
    issuers: list[tuple[str, str]],
) -> Response:
    now = request.sandbox.clock.timestamp()
    account, scopes = decision.account, frozenset(decision.scopes)
    with request.sandbox.store.transaction() as db:
        if wanted.include_granted_scopes:
            scopes |= granted_scopes(db, wanted.client_id, account["sub"])
        extend_grant(db, wanted.client_id, account["sub"], scopes, now)
        code = make_code(
            db,
            CodeRequest(
                client_id=wanted.client_id,
                sub=account["sub"],
                redirect_uri=wanted.redirect_uri,
                scopes=scopes,
                nonce=wanted.nonce,
                code_challenge=wanted.code_challenge,
                code_challenge_method=wanted.code_challenge_method,
                access_type=wanted.access_type,
                gives_refresh_token=wanted.access_type == "offline" and decision.consent_shown,
                staged=staged if staged and KINDS[staged].phase == EXCHANGE else None,
            ),
            now,
        )
    hosted_domain = [("hd", account["hosted_domain"])] if account["hosted_domain"] else []
    return _redirect(
        wanted,
        [
            *_state(wanted),
            ("code", code),
            ("scope", redirect_order(scopes)),
            ("authuser", "0"),
            *hosted_domain,
            ("prompt", "consent" if decision.consent_shown else "none"),
            *issuers,
        ],
    )


def _take(request: SandboxRequest, wanted: AuthorizationRequest, decision: Decision) -> Scenario | None:
    return request.sandbox.scenarios.take(
        ANSWER_SCENARIOS, account=decision.account["email"], client=wanted.client_id, path=PATH, method="GET"
    )


def _other_account(request: SandboxRequest, account: sqlite3.Row, address: object) -> sqlite3.Row:
    """The account named, else the next one of the world that has a mailbox."""
    with request.sandbox.store.read() as db:
        named = world.find_account(db, str(address)) if address else None
        if named is not None:
            return named
        row: sqlite3.Row = db.execute(
            "SELECT * FROM accounts WHERE sub != :sub AND has_gmail AND NOT suspended AND NOT deleted"
            " ORDER BY hosted_domain IS NOT :domain, email LIMIT 1",
            {"sub": account["sub"], "domain": account["hosted_domain"]},
        ).fetchone()
        return row


def _state(wanted: AuthorizationRequest) -> list[tuple[str, str]]:
    return [] if wanted.state is None else [("state", wanted.state)]


def _redirect(wanted: AuthorizationRequest, parameters: list[tuple[str, str]]) -> Response:
    separator = "&" if "?" in wanted.redirect_uri else "?"
    response = redirect(f"{wanted.redirect_uri}{separator}{urlencode(parameters)}", 302)
    response.headers["Cache-Control"] = "no-store"
    return response
