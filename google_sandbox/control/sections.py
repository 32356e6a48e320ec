"""The parts of the control page, each from plain values."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from google_sandbox import world
from google_sandbox.oauth.scopes import short_text
from google_sandbox.pages import joined
from google_sandbox.scenarios import KINDS, Scenario

SECTION = Markup("""  <section class="sandbox__card" aria-labelledby="h-{key}">
    <div class="panel__head"><h2 id="h-{key}">{title}</h2>{note}</div>
{body}
  </section>""")

TABLE = Markup("""    <div class="sandbox__scroll" role="region" aria-label="{label}, as a table" tabindex="0">
    <table class="table{stack}" role="table">
      <thead><tr role="row">{heads}</tr></thead>
      <tbody>
{rows}
      </tbody>
    </table>
    </div>""")

ADD_SCENARIO = Markup("""    <form class="panel__foot sandbox__inline" method="post" action="/_sandbox/scenarios">
      <div class="field"><label class="field__label" for="name">Scenario</label><select class="select" id="name" name="name">{options}</select></div>
      <div class="field"><label class="field__label" for="value">Value <span class="field__optional">optional</span></label><input class="input" id="value" name="value"></div>
      <div class="field"><label class="field__label" for="account">Account <span class="field__optional">optional</span></label><input class="input" id="account" name="account"></div>
      <div class="field"><label class="field__label" for="path">Path pattern <span class="field__optional">optional</span></label><input class="input" id="path" name="path"></div>
      <div class="field"><label class="field__label" for="count">Times <span class="field__optional">optional</span></label><input class="input" id="count" name="count" inputmode="numeric" pattern="[0-9]*"></div>
      <button class="button button--primary" type="submit">Switch on</button>
    </form>""")  # noqa: E501  (lines of HTML)

CLOCK = Markup("""    <form class="panel__body sandbox__inline" method="post" action="/_sandbox/clock">
      <div class="field"><label class="field__label" for="offset">Seconds ahead of real time</label><input class="input" id="offset" name="offset" inputmode="decimal" value="{offset}"></div>
      <button class="button" type="submit">Set the clock</button>
      <p class="muted">Here it is {now} UTC.</p>
    </form>""")  # noqa: E501  (lines of HTML)

EMPTY = Markup('    <p class="panel__body muted">{}</p>')
CODE = Markup('<code class="breakable">{}</code>')
TITLE = Markup('<strong class="breakable">{}</strong><span class="sub">{}</span>')
BUTTON = Markup(
    '<form method="post" action="{action}"><input type="hidden" name="{name}" value="{value}">'
    '<button class="button button--small" type="submit" aria-label="{label}">{text}</button></form>'
)


def scenarios(active: Sequence[Scenario]) -> Markup:
    rows = [
        (
            TITLE.format(KINDS[each.name].title, each.name),
            _value(each.value),
            each.account or "anyone",
            CODE.format(each.path) if each.path else "any",
            "until switched off" if each.count is None else f"{each.count} more",
            BUTTON.format(
                action=f"/_sandbox/scenarios/{each.id}/remove",
                name="id",
                value=each.id,
                label=f"Switch off {KINDS[each.name].title}",
                text="Switch off",
            ),
        )
        for each in active
    ]
    heads = ("Scenario", "Value", "Account", "Path", "Times", "")
    table = _table("Scenarios that are on", heads, rows, "None is on. Google answers as it should.")
    form = ADD_SCENARIO.format(options=_scenario_options())
    return SECTION.format(key="scenarios", title="Scenarios", note="", body=joined([table, form]))


def accounts(found: Iterable[Mapping[str, Any]]) -> Markup:
    rows = []
    for each in found:
        email = each["email"]
        mailbox = Markup('<a href="/_sandbox/mailboxes/{}/">{} messages</a>').format(email, each["messages"])
        rows.append(
            (
                TITLE.format(email, f"{each['name']}. {each['about']}"),
                world.KIND_WORDS[each["kind"]],
                CODE.format(each["password"]) if each["password"] else "cannot sign in",
                mailbox if each["has_gmail"] else "no mailbox",
                _state(each),
                "" if each["kind"] == "service_account" else _account_buttons(each),
            )
        )
    heads = ("Account", "Type", "Password", "Mailbox", "State", "")
    return SECTION.format(
        key="accounts", title="Accounts", note="", body=_table("Accounts", heads, rows, "There is no account.")
    )


def grants(found: Iterable[Mapping[str, Any]]) -> Markup:
    rows = [
        (
            TITLE.format(each["email"], each["client_id"]),
            CODE.format(", ".join(short_text(scope) for scope in each["scopes"])),
            CODE.format(", ".join(each["refresh_tokens"]) or "none"),
            CODE.format(", ".join(each["access_tokens"]) or "none"),
        )
        for each in found
    ]
    note = Markup('<p class="small muted">Of tokens only the ends are shown.</p>')
    heads = ("Account and client", "Scopes", "Refresh tokens", "Access tokens")
    body = _table("Grants", heads, rows, "Nobody has given an app access yet.")
    return SECTION.format(key="grants", title="Grants", note=note, body=body)


def clock(offset: float, now: datetime) -> Markup:
    body = CLOCK.format(offset=f"{offset:g}", now=f"{now:%Y-%m-%d %H:%M:%S}")
    return SECTION.format(key="clock", title="Clock", note="", body=body)


def journal(entries: Sequence[Mapping[str, Any]]) -> Markup:
    rows = [
        (
            f"{datetime.fromtimestamp(each['at'], tz=UTC):%H:%M:%S}",
            CODE.format(f"{each['method']} {each['path']}"),
            each["account"] or "",
            str(each["status"]),
            each["fault"] or "",
        )
        for each in reversed(entries)
    ]
    note = Markup('<p class="small muted">The newest {}; secrets masked.</p>').format(len(rows))
    heads = ("Time", "Request", "Account", "Status", "Fault")
    body = _table("Journal", heads, rows, "Nothing was asked yet.", stack=False)
    return SECTION.format(key="journal", title="Journal", note=note, body=body)


def messages(found: Sequence[Mapping[str, Any]]) -> Markup:
    """A mailbox as a table; `found` is what the Gmail package says of each message."""
    rows = [
        (
            TITLE.format(each["subject"] or "(no subject)", each["snippet"]),
            each["from"],
            each["to"],
            ", ".join(each["labels"]),
            each["at"],
        )
        for each in found
    ]
    heads = ("Subject", "From", "To", "Labels", "Date")
    return SECTION.format(
        key="messages", title="Messages", note="", body=_table("Messages", heads, rows, "This mailbox is empty.")
    )


def _table(
    label: str, heads: Sequence[str], rows: Sequence[Sequence[str]], empty: str, *, stack: bool = True
) -> Markup:
    """On a narrow screen each row becomes a stack, or the table scrolls where there are many short rows."""
    if not rows:
        return EMPTY.format(empty)
    head = Markup('<th scope="col" role="columnheader">{}</th>')
    unnamed = Markup('<td role="cell"></td>')
    return TABLE.format(
        label=label,
        stack=" table--stack" if stack else "",
        heads=joined(head.format(each) if each else unnamed for each in heads),
        rows=joined(_row(heads, row) for row in rows),
    )


def _row(heads: Sequence[str], cells: Sequence[str]) -> Markup:
    """The first cell names the row; on a narrow screen the others bring their column's name along."""
    first = Markup('<th scope="row" role="rowheader" class="wide">{}</th>').format(cells[0])
    cell = Markup('<td role="cell"{}>{}</td>')
    label = Markup(' data-label="{}"')
    rest = (
        cell.format(label.format(head) if head else "", value) for head, value in zip(heads[1:], cells[1:], strict=True)
    )
    return Markup('        <tr role="row">{}{}</tr>').format(first, Markup().join(rest))


def _value(value: object) -> Markup | str:
    """A scenario's value as a person would write it."""
    if value is None:
        return ""
    return CODE.format(", ".join(str(each) for each in value) if isinstance(value, list) else value)


def _state(account: Mapping[str, Any]) -> str:
    if account["deleted"]:
        return "Deleted"
    return "Suspended" if account["suspended"] else "Active"


def _account_buttons(account: Mapping[str, Any]) -> Markup:
    email, suspended = account["email"], account["suspended"]
    suspension = "Restore" if suspended else "Suspend"
    return Markup('<div class="row">{}{}</div>').format(
        BUTTON.format(
            action=f"/_sandbox/accounts/{email}/suspension",
            name="suspended",
            value="no" if suspended else "yes",
            label=f"{suspension} {email}",
            text=suspension,
        ),
        BUTTON.format(
            action=f"/_sandbox/accounts/{email}/access",
            name="account",
            value=email,
            label=f"Remove apps’ access to {email}",
            text="Remove access",
        ),
    )


def _scenario_options() -> Markup:
    option = Markup('<option value="{}">{}</option>')
    group = Markup('<optgroup label="{}">{}</optgroup>')
    phases = dict.fromkeys(kind.phase for kind in KINDS.values())
    return joined(
        group.format(
            phase, joined(option.format(name, kind.title) for name, kind in KINDS.items() if kind.phase == phase)
        )
        for phase in phases
    )
