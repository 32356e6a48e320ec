"""The control page /_sandbox/: scenarios, accounts, grants, roles, delegation, clock, journal, reset."""

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from google_sandbox.control import cloud, cloud_sections, sections, state
from google_sandbox.control.cloud_sections import DelegationForm
from google_sandbox.control.scenario_form import ScenarioForm
from google_sandbox.pages import joined, not_found, page
from google_sandbox.request import SandboxRequest
from google_sandbox.scenarios import InvalidScenarioError

HOME = "/_sandbox/"

HEAD = Markup("""  <div class="page-head">
    <div>
      <h1>Sandbox control</h1>
      <p class="muted">Who exists here, what they gave to whom, what fails next, and what was asked. The same as JSON: <a href="/_sandbox/api/state"><code>/_sandbox/api/state</code></a></p>
    </div>
  </div>
  <nav class="row" aria-label="Parts of this page">
    <a href="#scenarios">Scenarios</a> <a href="#accounts">Accounts</a> <a href="#grants">Grants</a> <a href="#roles">Roles</a> <a href="#delegations">Delegation</a> <a href="#clock">Clock</a> <a href="#journal">Journal</a> <a href="#reset">Start over</a>
  </nav>""")  # noqa: E501  (lines of HTML)


def control_page(request: SandboxRequest) -> Response:
    return _page(request)


def add_scenario(request: SandboxRequest) -> Response:
    """Switch one on, or show the form again with what was typed and why not."""
    form = ScenarioForm(request.form)
    try:
        scenario = form.scenario(_addresses(request))
    except InvalidScenarioError as error:
        return _page(request, form=ScenarioForm(request.form, str(error)))
    request.sandbox.scenarios.add(scenario)
    return _home("scenarios")


def remove_scenario(request: SandboxRequest, scenario_id: int) -> Response:
    request.sandbox.scenarios.remove(scenario_id)
    return _home("scenarios")


def register_delegation(request: SandboxRequest) -> Response:
    """An organization registers a service account, or the form again with what was typed and why not."""
    form = DelegationForm(request.form)
    try:
        cloud.register_delegation(request.sandbox, form["domain"], form["service_account"], form.scopes())
    except state.InvalidChangeError as error:
        return _page(request, delegation=DelegationForm(request.form, str(error)))
    except state.UnknownAccountError:
        return not_found(request)
    return _home("delegations")


def remove_delegation(request: SandboxRequest) -> Response:
    form = DelegationForm(request.form)
    try:
        cloud.remove_delegation(request.sandbox, form["domain"], form["service_account"])
    except state.UnknownAccountError:
        return not_found(request)
    return _home("delegations")


def set_clock(request: SandboxRequest) -> Response:
    """Move the clock on by `ahead` seconds, or set it to `offset` seconds from real time."""
    clock = request.sandbox.clock
    ahead, typed = request.form.get("ahead"), request.form.get("offset", "")
    try:
        clock.offset = clock.offset + float(ahead) if ahead else float(typed)
    except ValueError:
        return _page(request, wrong_offset=ahead or typed or " ")
    return _home("clock")


def clear_journal(request: SandboxRequest) -> Response:
    request.sandbox.journal.clear()
    return _home("journal")


def reset(request: SandboxRequest) -> Response:
    request.sandbox.reset()
    return redirect(HOME, 303)


def _page(
    request: SandboxRequest,
    *,
    form: ScenarioForm | None = None,
    delegation: DelegationForm | None = None,
    wrong_offset: str = "",
) -> Response:
    """The whole page; with a form that was refused it answers 400 and says why beside it."""
    sandbox = request.sandbox
    filters = {name: request.args.get(name, "").strip() for name in ("account", "path")}
    entries = sandbox.journal.entries(path=filters["path"], account=filters["account"] or None, limit=sections.SHOWN)
    accounts, addresses = state.accounts(sandbox), _addresses(request)
    body = [
        HEAD,
        sections.scenarios(sandbox.scenarios.active(), form or ScenarioForm(), addresses),
        sections.accounts(accounts),
        sections.grants(state.grants(sandbox), "Nobody has given an app access yet."),
        cloud_sections.all_roles(cloud.bindings(sandbox), cloud.resources(sandbox)),
        cloud_sections.delegations(
            cloud.delegations(sandbox),
            delegation or DelegationForm(),
            cloud.organizations(sandbox),
            [each["email"] for each in accounts if each["kind"] == "service_account"],
        ),
        sections.clock(
            sandbox.clock.offset,
            sandbox.clock.now(),
            typed=wrong_offset,
            error="Enter a number of seconds that leads to a date." if wrong_offset else "",
        ),
        sections.journal(entries, filters, addresses),
        sections.reset(),
    ]
    return page("Control", joined(body), 400 if form or delegation or wrong_offset else 200, wide=True)


def _addresses(request: SandboxRequest) -> list[str]:
    return [each["email"] for each in state.accounts(request.sandbox)]


def _home(part: str) -> Response:
    """Back to the part of the page that was used."""
    return redirect(f"{HOME}#{part}", 303)
