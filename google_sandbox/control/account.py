"""One account's page: its state and what can be done to it, its grants, its mail; and one message whole."""

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from google_sandbox import world
from google_sandbox.control import cloud, cloud_sections, sections, settings_sections, state
from google_sandbox.control import settings as mailbox_settings
from google_sandbox.control.parts import CODE, ERROR, NOTE, TITLE, button, facts, section, table
from google_sandbox.gmail.mailbox_view import Letter
from google_sandbox.pages import joined, not_found, page
from google_sandbox.request import Sandbox, SandboxRequest

SHOWN = 200
ANSWERS = {"yes": True, "no": False}

HEAD = Markup("""  <div class="page-head">
    <div>
      <h1 class="breakable">{title}</h1>
      <p class="muted">{about}</p>
    </div>
  </div>
  <p><a href="{back}">{back_text}</a></p>""")

ACTIONS = Markup("""    <div class="panel__foot stack">
      <div class="row">{buttons}</div>{crowding}
      <form class="stack stack--tight" method="post" action="/_sandbox/accounts/{email}/password">
        <div class="sandbox__inline">
          <div class="field sandbox__one"><label class="field__label" for="password">New password</label><input class="input" id="password" name="password" autocomplete="off" required aria-describedby="password-help{described}"{invalid}></div>
          <button class="button" type="submit">Set the password</button>
        </div>
        {error}
        <p class="field__help" id="password-help">Ends every refresh token that reaches mail, as at Google.</p>
      </form>
    </div>""")  # noqa: E501  (lines of HTML)

CROWDING = Markup("""
      <p class="field__help">Google keeps 100 refresh tokens of an account and an app. Newer ones end the oldest without a word.</p>""")  # noqa: E501  (one sentence)
BODY = Markup('    <div class="panel__body sandbox__body">{}</div>')
RAW = Markup(
    '    <details class="panel__foot"><summary>Message as it is stored</summary>'
    '<pre class="sandbox__body"><code>{}</code></pre></details>'
)


def account_page(request: SandboxRequest, email: str, *, error: str = "") -> Response:
    try:
        account = state.account(request.sandbox, email)
    except state.UnknownAccountError:
        return not_found(request)
    given = [each for each in state.grants(request.sandbox) if each["sub"] == account["sub"]]
    parts = [
        HEAD.format(
            title=account["email"],
            about=world.about(account),
            back="/_sandbox/#accounts",
            back_text="All accounts",
        ),
        section("account", "Account", _facts(account), _actions(account, error, has_given=bool(given))),
    ]
    parts.append(
        cloud_sections.roles_of(
            account["email"], cloud.bindings(request.sandbox, account["email"]), cloud.resources(request.sandbox)
        )
    )
    if account["kind"] != "service_account":
        parts.append(sections.grants(given, "This account gave no app access."))
    if account["has_gmail"]:
        set_here = mailbox_settings.settings(request.sandbox, email)
        parts += settings_sections.settings(account["email"], set_here, request.sandbox.clock.timestamp())
        parts.append(_mailbox(account["email"], state.messages(request.sandbox, email, SHOWN)))
    return page(account["email"], joined(parts), 400 if error else 200, wide=True)


def message_page(request: SandboxRequest, email: str, message_id: str) -> Response:
    try:
        letter = state.letter(request.sandbox, email, message_id)
    except LookupError:
        return not_found(request)
    head = HEAD.format(
        title=letter.subject or "(no subject)",
        about=f"In the mailbox of {letter.mailbox}",
        back=f"/_sandbox/accounts/{letter.mailbox}/#messages",
        back_text="All messages",
    )
    known = facts((name, CODE.format(value)) for name, value in letter.facts if value)
    text = BODY.format(letter.text or "(no text)")
    message = section("message", "Message", known, text, RAW.format(letter.raw))
    return page(letter.subject or "Message", joined([head, message, _attachments(letter)]), wide=True)


def change_account(request: SandboxRequest, email: str) -> Response:
    """One button of the account's page: suspended, deleted or has_gmail, yes or no."""
    changes = {name: ANSWERS[value] for name, value in request.form.items() if value in ANSWERS}
    return _changed(request, email, changes)


def set_password(request: SandboxRequest, email: str) -> Response:
    password = request.form.get("password", "").strip()
    if not password:
        return account_page(request, email, error="Enter a password.")
    return _changed(request, email, {"password": password})


def remove_access(request: SandboxRequest, email: str) -> Response:
    try:
        state.remove_access(request.sandbox, email)
    except state.UnknownAccountError:
        return not_found(request)
    return redirect(f"/_sandbox/accounts/{email}/#grants", 303)


def crowd_out(request: SandboxRequest, email: str) -> Response:
    try:
        state.crowd_out_tokens(request.sandbox, email)
    except state.UnknownAccountError:
        return not_found(request)
    return redirect(f"/_sandbox/accounts/{email}/#grants", 303)


def grant_role(request: SandboxRequest, email: str) -> Response:
    return _changed_role(request, email, cloud.grant_role)


def withdraw_role(request: SandboxRequest, email: str) -> Response:
    return _changed_role(request, email, cloud.withdraw_role)


def _changed_role(request: SandboxRequest, email: str, change: Callable[[Sandbox, str, str, str], None]) -> Response:
    """Back to the page whose button it was."""
    try:
        change(request.sandbox, email, request.form.get("role", ""), request.form.get("on", ""))
    except (state.UnknownAccountError, state.InvalidChangeError):
        return not_found(request)
    page_of = "" if request.form.get("back") == "home" else f"accounts/{email}/"
    return redirect(f"/_sandbox/{page_of}#roles", 303)


def answer_forwarding(request: SandboxRequest, email: str) -> Response:
    """What the owner of a forwarding address says."""
    return _answered(request, email, mailbox_settings.answer_forwarding, "forwarding")


def answer_send_as(request: SandboxRequest, email: str) -> Response:
    """What the owner of an address says to mail being sent as it."""
    return _answered(request, email, mailbox_settings.answer_send_as, "send-as")


def _answered(request: SandboxRequest, email: str, answer: Callable[..., None], part: str) -> Response:
    """Back to the list, which says what came of it: also where an old page asks once more."""
    accepted = request.form.get("answer") == "accept"
    try:
        with contextlib.suppress(mailbox_settings.NothingPendingError):
            answer(request.sandbox, email, request.form.get("address", ""), accepted=accepted)
    except state.UnknownAccountError:
        return not_found(request)
    return redirect(f"/_sandbox/accounts/{email}/#{part}", 303)


def _changed(request: SandboxRequest, email: str, changes: Mapping[str, Any]) -> Response:
    try:
        state.change_account(request.sandbox, email, changes)
    except (state.UnknownAccountError, state.InvalidChangeError):
        return not_found(request)
    return redirect(f"/_sandbox/accounts/{email}/", 303)


def _facts(account: Mapping[str, Any]) -> Markup:
    known = {
        "State": sections.account_state(account),
        "Type": world.KIND_WORDS[account["kind"]],
        "Organization": account["hosted_domain"],
        "Other addresses": ", ".join(account["aliases"]),
        "Password": CODE.format(account["password"]) if account["password"] else "cannot sign in",
        "Mailbox": sections.counted(account["messages"], "message") if account["has_gmail"] else "no mailbox",
        "Subject (sub)": CODE.format(account["sub"]),
    }
    return facts(known.items())


def _actions(account: Mapping[str, Any], error: str, *, has_given: bool) -> Markup:
    if account["kind"] == "service_account":
        return Markup("")
    choices = {
        "suspended": ("Restore from suspension", "Suspend"),
        "deleted": ("Restore the deleted account", "Delete the account"),
        "has_gmail": ("Take the Gmail license away", "Give a Gmail license"),
    }
    buttons = [
        button(
            f"/_sandbox/accounts/{account['email']}/change",
            undo if account[name] else do,
            small=False,
            **{name: "no" if account[name] else "yes"},
        )
        for name, (undo, do) in choices.items()
        if name != "has_gmail" or account["kind"] == "workspace"
    ]
    if has_given:
        crowd = f"/_sandbox/accounts/{account['email']}/crowd-out"
        buttons.append(button(crowd, "Get 100 newer refresh tokens", small=False))
    return ACTIONS.format(
        buttons=Markup().join(buttons),
        crowding=CROWDING if has_given else "",
        email=account["email"],
        described=" password-error" if error else "",
        invalid=Markup(' aria-invalid="true"') if error else "",
        error=ERROR.format("password-error", error) if error else "",
    )


def _mailbox(email: str, found: list[dict[str, Any]]) -> Markup:
    link = Markup('<a class="breakable" href="/_sandbox/accounts/{}/messages/{}/">{}</a><span class="sub">{}</span>')
    rows = [
        (
            link.format(email, each["id"], each["subject"] or "(no subject)", each["snippet"]),
            each["from"],
            each["to"],
            ", ".join(each["label_names"]),
            each["at"].replace("T", " ").removesuffix("+00:00"),
        )
        for each in found
    ]
    heads = ("Subject", "From", "To", "Labels", "Date (UTC)")
    note = NOTE.format(f"Newest first, {SHOWN} at most.") if rows else ""
    return section("messages", "Messages", table("Messages", heads, rows, "This mailbox is empty."), note=note)


def _attachments(letter: Letter) -> Markup:
    rows = [(TITLE.format(each.filename, each.media_type), f"{each.size:,} bytes") for each in letter.attachments]
    return section("attachments", "Attachments", table("Attachments", ("File", "Size"), rows, "None."))
