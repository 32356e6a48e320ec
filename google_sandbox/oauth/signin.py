"""Google's sign-in: the account chooser, an address typed in, the password.

Plain forms, so that a program can fill them in. GET and POST `/signin/accounts` (fields `flow`, `account`),
GET `/signin/address` (leads to the same POST), GET and POST `/signin/password` (`flow`, `password`).
"""

import hmac
import sqlite3

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from google_sandbox import world
from google_sandbox.oauth.authorize import continue_signed_in
from google_sandbox.oauth.clients import find_client
from google_sandbox.oauth.flows import Flow, choose_account, find_flow, sign_in, signed_in
from google_sandbox.pages import error_page, joined, page
from google_sandbox.request import SandboxRequest

ACCOUNTS = Markup("""  <div class="sandbox__card">
    <div class="panel__body">
      <h1>Choose an account</h1>
      <p class="muted">to continue to {client}</p>
    </div>
    <form method="post" action="/signin/accounts">
      <input type="hidden" name="flow" value="{flow}">
      <ul class="sandbox__accounts" role="list">
{rows}
      </ul>
    </form>
    <div class="panel__foot row"><a href="/signin/address?flow={flow}">Use another account</a></div>
  </div>
  <p class="small muted">These people exist in the sandbox only. <a href="/_sandbox/">All accounts, mailboxes and scenarios</a></p>
""")  # noqa: E501  (one sentence)

ROW = Markup(
    '        <li><button type="submit" name="account" value="{email}"><span class="avatar" aria-hidden="true">{letter}'
    '</span><span><strong class="breakable">{email}</strong><span class="sub">{about}{note}</span></span>'
    "</button></li>"
)

ADDRESS = Markup("""  <form class="sandbox__card" method="post" action="/signin/accounts">
    <div class="panel__body stack">
      <h1>Sign in</h1>
      <input type="hidden" name="flow" value="{flow}">
      <div class="field"><label class="field__label" for="account">Email</label>
        <input class="input" id="account" name="account" type="text" inputmode="email" autocomplete="off" required value="{typed}"{invalid}>
        {error}</div>
    </div>
    <div class="panel__foot row row--end">
      <a class="button" href="/signin/accounts?flow={flow}">Back</a>
      <button class="button button--primary" type="submit">Next</button>
    </div>
  </form>
""")  # noqa: E501  (a line of HTML)

PASSWORD = Markup("""  <form class="sandbox__card" method="post" action="/signin/password">
    <div class="panel__body stack">
      <div>
        <h1>Welcome</h1>
        <p class="muted">Sign in as this account of the sandbox.</p>
      </div>
      {account}
      <input type="hidden" name="flow" value="{flow}">
      <div class="field"><label class="field__label" for="password">Enter your password</label>
        <input class="input" id="password" name="password" type="password" autocomplete="off" required aria-describedby="{described}"{invalid}>
        <p class="field__help" id="shown">Its password here is <code>{password}</code>. It opens staged data only.</p>
        {error}</div>
    </div>
    <div class="panel__foot row row--end">
      <button class="button button--primary" type="submit">Next</button>
    </div>
  </form>
""")  # noqa: E501  (a line of HTML)

FIELD_ERROR = Markup(
    '<p class="field__error" id="error"><svg class="icon icon--small" aria-hidden="true"><use href="#i-bad"/></svg>'
    "{}</p>"
)
INVALID = Markup(' aria-invalid="true"')


def accounts_page(request: SandboxRequest) -> Response:
    flow = find_flow(request)
    if flow is None:
        return ended()
    here = {account["sub"] for account in signed_in(request, flow.session)}
    with request.sandbox.store.read() as db:
        accounts = db.execute(
            "SELECT * FROM accounts WHERE kind != 'service_account' AND NOT deleted ORDER BY rowid"
        ).fetchall()
        client = find_client(db, flow.request.client_id)
    rows = joined(_row(account, signed_in_here=account["sub"] in here) for account in accounts)
    return page(
        "Choose an account",
        ACCOUNTS.format(flow=flow.id, rows=rows, client=client.name if client else flow.request.client_id),
    )


def address_page(request: SandboxRequest) -> Response:
    flow = find_flow(request)
    return ended() if flow is None else _address(flow)


def accounts_answer(request: SandboxRequest) -> Response:
    """An account was chosen or typed: straight on when signed in here, else its password."""
    flow = find_flow(request)
    if flow is None:
        return ended()
    typed = request.form.get("account", "")
    with request.sandbox.store.read() as db:
        account = world.find_account(db, typed)
    if account is None or account["kind"] == "service_account" or account["deleted"]:
        return _address(flow, typed, "Couldn’t find this Google Account.")
    if account["sub"] in {each["sub"] for each in signed_in(request, flow.session)}:
        return continue_signed_in(request, flow, account)
    return redirect(choose_account(request, flow, account).url("password"), 302)


def password_page(request: SandboxRequest) -> Response:
    flow = find_flow(request)
    return ended() if flow is None or flow.account is None else _password(flow, flow.account)


def password_answer(request: SandboxRequest) -> Response:
    flow = find_flow(request)
    if flow is None or flow.account is None:
        return ended()
    account = flow.account
    if not hmac.compare_digest(request.form.get("password", "").encode(), (account["password"] or "").encode()):
        return _password(flow, account, "Wrong password. Try again.")
    if account["suspended"]:
        return error_page(
            403,
            "account_disabled",
            "Your account has been suspended. Ask the administrator of your organization.",
            explanation="Google does not let this account sign in.",
        )
    sign_in(request, flow.session, account)
    return continue_signed_in(request, flow, account)


def ended() -> Response:
    """The page belongs to no visit that is open in this browser."""
    return error_page(
        400,
        "invalid_request",
        "Go back to the app and start again.",
        explanation="This sign-in has ended, or it was started in another browser.",
    )


def account_box(account: sqlite3.Row, link: Markup) -> Markup:
    words = world.KIND_WORDS[account["kind"]]
    kind = f"{words}, {account['hosted_domain']}" if account["hosted_domain"] else words
    return Markup(
        '<div class="account"><span class="avatar" aria-hidden="true">{}</span><span>'
        '<strong class="breakable">{}</strong><span class="sub">{}</span></span>{}</div>'
    ).format(account["email"][0], account["email"], kind, link)


def another_account_link(flow: Flow) -> Markup:
    return Markup('<a class="small" href="{}">Use another</a>').format(flow.url("accounts"))


def _row(account: sqlite3.Row, *, signed_in_here: bool) -> Markup:
    return ROW.format(
        email=account["email"],
        letter=account["email"][0],
        about=world.about(dict(account)),
        note=". Signed in" if signed_in_here else "",
    )


def _address(flow: Flow, typed: str = "", error: str = "") -> Response:
    return page(
        "Sign in",
        ADDRESS.format(
            flow=flow.id,
            typed=typed,
            invalid=Markup(' aria-invalid="true" aria-describedby="error"') if error else "",
            error=FIELD_ERROR.format(error) if error else "",
        ),
    )


def _password(flow: Flow, account: sqlite3.Row, error: str = "") -> Response:
    return page(
        "Password",
        PASSWORD.format(
            flow=flow.id,
            account=account_box(account, another_account_link(flow)),
            password=account["password"],
            described="shown error" if error else "shown",
            invalid=INVALID if error else "",
            error=FIELD_ERROR.format(error) if error else "",
        ),
    )
