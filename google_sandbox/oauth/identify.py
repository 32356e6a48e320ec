"""Who a request seems to be from, for the journal and for choosing a scenario. It decides nothing."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.exceptions import RequestEntityTooLarge

from google_sandbox import world
from google_sandbox.oauth import assertion
from google_sandbox.oauth.authenticate import bearer
from google_sandbox.request import SandboxRequest

FIND_OWNER = """
SELECT accounts.email, tokens.client_id FROM (
    SELECT token, sub, client_id FROM access_tokens WHERE token = :secret
    UNION ALL SELECT token, sub, client_id FROM refresh_tokens WHERE token = :secret
    UNION ALL SELECT code, sub, client_id FROM codes WHERE code = :secret
) AS tokens JOIN accounts ON accounts.sub = tokens.sub
"""


@dataclass(frozen=True, kw_only=True)
class Caller:
    account: str | None = None
    client: str | None = None
    form: Mapping[str, str] = field(default_factory=dict)


def identify(request: SandboxRequest) -> Caller:
    """Account and client by the secret shown (token, refresh token, code, signed JWT), else the client as named."""
    form = _form(request)
    if "assertion" in form:
        return _signer(request, form)
    secret = bearer(request) or form.get("refresh_token") or form.get("code") or form.get("token")
    named = form.get("client_id") or request.args.get("client_id")
    if named is None and request.authorization is not None and request.authorization.type == "basic":
        named = request.authorization.username
    if secret:
        with request.sandbox.store.read() as db:
            row = db.execute(FIND_OWNER, {"secret": secret}).fetchone()
        if row is not None:
            return Caller(account=row["email"], client=named or row["client_id"], form=form)
    return Caller(client=named, form=form)


def _signer(request: SandboxRequest, form: Mapping[str, str]) -> Caller:
    """The mailbox that a JWT is for, and the service account that signed it, by its client id."""
    with contextlib.suppress(assertion.MalformedError):
        claims = assertion.read(form["assertion"]).claims
        with request.sandbox.store.read() as db:
            signer = world.find_account(db, str(claims.get("iss") or ""))
            owner = world.find_account(db, str(claims["sub"])) if claims.get("sub") else signer
        return Caller(
            account=None if owner is None else owner["email"],
            client=None if signer is None else signer["sub"],
            form=form,
        )
    return Caller(form=form)


def _form(request: SandboxRequest) -> Mapping[str, str]:
    """The form sent; one that is too large is the handler's to refuse."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return {}
    try:
        return request.form
    except RequestEntityTooLarge:
        return {}
