"""Who a request seems to be from, for the journal and for choosing a scenario. It decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.exceptions import RequestEntityTooLarge

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
    """Account and client by the secret shown (token, refresh token or code), else the client as it names itself."""
    form = _form(request)
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


def _form(request: SandboxRequest) -> Mapping[str, str]:
    """The form sent; one that is too large is the handler's to refuse."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return {}
    try:
        return request.form
    except RequestEntityTooLarge:
        return {}
