"""The control page /_sandbox/: accounts and mailboxes, grants, scenarios, clock, journal, reset."""

from datetime import UTC, datetime

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from google_sandbox.control import sections, state
from google_sandbox.control.api import refusal
from google_sandbox.pages import joined, not_found, page
from google_sandbox.request import SandboxRequest
from google_sandbox.scenarios import InvalidScenarioError, Scenario

HOME = "/_sandbox/"
JOURNAL_SHOWN = 200

HEAD = Markup("""  <div class="page-head">
    <div>
      <h1>Sandbox control</h1>
      <p class="muted">Who exists here, what they gave to whom, what fails next, and what was asked. The same as JSON: <a href="/_sandbox/api/state"><code>/_sandbox/api/state</code></a></p>
    </div>
    <form method="post" action="/_sandbox/reset"><button class="button" type="submit">Reset everything</button></form>
  </div>""")  # noqa: E501  (one sentence)

MAILBOX = Markup("""  <div class="page-head">
    <div>
      <h1>{email}</h1>
      <p class="muted">{count} messages, newest first. <a href="/_sandbox/">Back to the sandbox</a></p>
    </div>
  </div>
{table}""")


def control_page(request: SandboxRequest) -> Response:
    sandbox = request.sandbox
    return page(
        "Control",
        joined(
            [
                HEAD,
                sections.scenarios(sandbox.scenarios.active()),
                sections.accounts(state.accounts(sandbox)),
                sections.grants(state.grants(sandbox)),
                sections.clock(sandbox.clock.offset, sandbox.clock.now()),
                sections.journal(sandbox.journal.entries(limit=JOURNAL_SHOWN)),
            ]
        ),
        wide=True,
    )


def mailbox_page(request: SandboxRequest, email: str) -> Response:
    try:
        messages = state.messages(request.sandbox, email)
    except state.UnknownAccountError:
        return not_found(request)
    table = sections.messages(messages)
    return page(f"Mailbox of {email}", MAILBOX.format(email=email, count=len(messages), table=table), wide=True)


def add_scenario(request: SandboxRequest) -> Response:
    form = {name: value.strip() or None for name, value in request.form.items()}
    count = form.get("count")
    try:
        scenario = Scenario(
            name=form.get("name") or "",
            value=form.get("value"),
            account=form.get("account"),
            client=form.get("client"),
            path=form.get("path"),
            count=None if count is None else int(count),
        )
    except (InvalidScenarioError, ValueError) as error:
        return refusal(str(error))
    request.sandbox.scenarios.add(scenario)
    return _home()


def remove_scenario(request: SandboxRequest, scenario_id: int) -> Response:
    request.sandbox.scenarios.remove(scenario_id)
    return _home()


def set_clock(request: SandboxRequest) -> Response:
    try:
        request.sandbox.clock.offset = float(request.form.get("offset", ""))
        datetime.fromtimestamp(request.sandbox.clock.timestamp(), tz=UTC)
    except (ValueError, OverflowError, OSError):
        request.sandbox.clock.offset = 0.0
        return refusal("offset is a number of seconds, within the calendar")
    return _home()


def reset(request: SandboxRequest) -> Response:
    request.sandbox.reset()
    return _home()


def remove_access(request: SandboxRequest, email: str) -> Response:
    try:
        state.remove_access(request.sandbox, email)
    except state.UnknownAccountError:
        return not_found(request)
    return _home()


def toggle_suspension(request: SandboxRequest, email: str) -> Response:
    try:
        state.change_account(request.sandbox, email, {"suspended": request.form.get("suspended") == "yes"})
    except state.UnknownAccountError:
        return not_found(request)
    return _home()


def _home() -> Response:
    return redirect(HOME, 303)
