"""The consent page: one tick box per scope, all unticked, and the answer the app gets.

A plain form. GET `/signin/consent?flow=…`, POST `/signin/consent` with `flow`, `answer` (`allow`, `cancel`, `tick_all`)
and one `scope` per ticked box. The fold below posts `answer=stage` and `stage`, the name of a scenario.
"""

from collections.abc import Collection
from itertools import groupby

from markupsafe import Markup
from werkzeug.wrappers import Response

from google_sandbox.oauth.answer import STAGEABLE, Decision, answer_with_code, answer_with_error
from google_sandbox.oauth.clients import find_client
from google_sandbox.oauth.flows import Flow, find_flow
from google_sandbox.oauth.grants import granted_scopes
from google_sandbox.oauth.scopes import SIGN_IN_SCOPES, catalog, selectable, short_text
from google_sandbox.oauth.signin import account_box, another_account_link, ended
from google_sandbox.pages import joined, page
from google_sandbox.request import SandboxRequest
from google_sandbox.scenario_kinds import KINDS

PAGE = Markup("""  <form class="sandbox__card" method="post" action="/signin/consent">
    <input type="hidden" name="flow" value="{flow}">
    <div class="panel__body stack">
      <div>
        <h1>{client} asks for access</h1>
        <p class="muted">{lead}</p>
      </div>
      {account}
    </div>
    <fieldset aria-labelledby="h-boxes">
      <div class="sandbox__bar"><h2 class="h-small" id="h-boxes">{count}</h2>{tick_all}</div>
      <ul class="scope-list" role="list">
{rows}
      </ul>
    </fieldset>
    <div class="panel__foot row row--end">
      <button class="button" type="submit" name="answer" value="cancel">Cancel</button>
      <button class="button button--primary" type="submit" name="answer" value="allow">Allow</button>
    </div>
  </form>

  <details class="sandbox__card">
    <summary class="sandbox__fold"><svg class="icon icon--small" aria-hidden="true"><use href="#i-right"/></svg>Stage a failure instead</summary>
    <form class="panel__body stack stack--tight" method="post" action="/signin/consent">
      <input type="hidden" name="flow" value="{flow}">
      <div class="field"><label class="field__label" for="stage">What the console shall meet</label>
        <select class="select" id="stage" name="stage">{scenarios}</select>
        <p class="field__help">Applies to this one answer. <a href="/_sandbox/">All scenarios</a></p></div>
      <div><button class="button" type="submit" name="answer" value="stage">Answer with this failure</button></div>
    </form>
  </details>

  <p class="small muted">Returns to <code class="breakable">{redirect_uri}</code></p>
""")  # noqa: E501  (a line of HTML)

TICK_ALL = Markup(
    '<button class="button button--small button--quiet" type="submit" name="answer" value="tick_all">'
    "Select all</button>"
)
GIVEN = Markup(
    '        <li class="muted small always"><svg class="icon icon--small" aria-hidden="true"><use href="#i-ok"/></svg>'
    '<span>{}<span class="sub"><code class="breakable">{}</code></span></span></li>'
)
BOX = Markup(
    '        <li><label class="choice"><input type="checkbox" name="scope" value="{}"{}><span>{}<span class="sub">'
    '<code class="breakable">{}</code></span></span></label></li>'
)
LINE = Markup('        <li><span>{}<span class="sub"><code class="breakable">{}</code></span></span></li>')
LEAD_BOXES = (
    "Choose what it may do with this account. What you leave out is withheld; the console shows which cards that stops."
)
LEAD_WHOLE = "Allow what it asks for, or cancel."


def consent_page(request: SandboxRequest) -> Response:
    flow = find_flow(request)
    if flow is None or flow.account is None:
        return ended()
    return _page(request, flow)


def consent_answer(request: SandboxRequest) -> Response:
    flow = find_flow(request)
    if flow is None or flow.account is None or _is_barred(request, flow):
        return ended()
    answer, staged = request.form.get("answer"), request.form.get("stage")
    if answer == "tick_all":
        return _page(request, flow, all_ticked=True)
    if answer == "cancel":
        return answer_with_error(flow.request, "access_denied")
    if answer == "stage" and staged in STAGEABLE:
        return answer_with_code(request, flow.request, _decision(flow, flow.request.scopes), staged)
    if answer != "allow":
        return _page(request, flow)
    return _allow(request, flow)


def _allow(request: SandboxRequest, flow: Flow) -> Response:
    """Sign-in scopes are given with whatever was ticked; an answer that gives nothing at all is a refusal (row 8)."""
    already = _already(request, flow)
    boxes, given = _offered(flow, already)
    ticked = [scope for scope in boxes if scope in request.form.getlist("scope")] if len(boxes) > 1 else list(boxes)
    identity = SIGN_IN_SCOPES.intersection(flow.request.scopes)
    if boxes and not ticked and not given and identity <= already:
        return answer_with_error(flow.request, "access_denied")
    granted = {*identity, *ticked, *given}
    return answer_with_code(
        request, flow.request, _decision(flow, [scope for scope in flow.request.scopes if scope in granted])
    )


def _is_barred(request: SandboxRequest, flow: Flow) -> bool:
    """The account chosen is not signed in in this browser, as when it was suspended meanwhile."""
    with request.sandbox.store.read() as db:
        row = db.execute(
            "SELECT 1 FROM sessions JOIN accounts USING (sub)"
            " WHERE session = ? AND sub = ? AND NOT suspended AND NOT deleted",
            (flow.session, flow.account["sub"] if flow.account else None),
        ).fetchone()
    return row is None


def _decision(flow: Flow, scopes: Collection[str]) -> Decision:
    if flow.account is None:
        raise ValueError("no account was chosen")
    return Decision(account=flow.account, scopes=scopes, consent_shown=True)


def _already(request: SandboxRequest, flow: Flow) -> frozenset[str]:
    with request.sandbox.store.read() as db:
        return granted_scopes(db, flow.request.client_id, flow.account["sub"] if flow.account else "")


def _offered(flow: Flow, already: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Scopes with a box, and those given before, which Google asks again only with prompt=consent."""
    wanted = selectable(flow.request.scopes)
    if "consent" in flow.request.prompt:
        return wanted, ()
    return (
        tuple(scope for scope in wanted if scope not in already),
        tuple(scope for scope in wanted if scope in already),
    )


def _page(request: SandboxRequest, flow: Flow, *, all_ticked: bool = False) -> Response:
    if flow.account is None or _is_barred(request, flow):
        return ended()
    boxes, given = _offered(flow, _already(request, flow))
    with request.sandbox.store.read() as db:
        client = find_client(db, flow.request.client_id)
    return page(
        "Allow access",
        PAGE.format(
            flow=flow.id,
            client=client.name if client else flow.request.client_id,
            lead=LEAD_BOXES if len(boxes) > 1 else LEAD_WHOLE,
            account=account_box(flow.account, another_account_link(flow)),
            count=f"{len(boxes)} scope{'' if len(boxes) == 1 else 's'}",
            tick_all=TICK_ALL if len(boxes) > 1 else "",
            rows=_rows(flow, boxes, given, all_ticked=all_ticked),
            scenarios=_options(),
            redirect_uri=flow.request.redirect_uri,
        ),
    )


def _rows(flow: Flow, boxes: Collection[str], given: Collection[str], *, all_ticked: bool) -> Markup:
    identity = [short_text(scope) for scope in flow.request.scopes if scope in SIGN_IN_SCOPES]
    rows = []
    if identity:
        rows.append(GIVEN.format("Address and identity of this account, always given", ", ".join(identity)))
    rows += [GIVEN.format(f"{catalog()[scope]} (given before)", short_text(scope)) for scope in given]
    if len(boxes) == 1:
        rows += [LINE.format(catalog()[scope], short_text(scope)) for scope in boxes]
    else:
        ticked = Markup(" checked") if all_ticked else ""
        rows += [BOX.format(scope, ticked, catalog()[scope], short_text(scope)) for scope in boxes]
    return joined(rows)


def _options() -> Markup:
    option = Markup('<option value="{}">{}</option>')
    group = Markup('<optgroup label="{}">{}</optgroup>')
    return joined(
        group.format(phase, joined(option.format(name, KINDS[name].title) for name in names))
        for phase, names in groupby(STAGEABLE, key=lambda name: KINDS[name].phase)
    )
