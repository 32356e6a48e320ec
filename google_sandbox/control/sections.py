"""The parts of the control page, each from plain values."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from google_sandbox import journal as request_journal
from google_sandbox import world
from google_sandbox.control.parts import CODE, ERROR, NOTE, TITLE, button, options, section, table
from google_sandbox.control.scenario_form import ScenarioForm
from google_sandbox.oauth.scopes import short_text
from google_sandbox.scenario_kinds import KINDS
from google_sandbox.scenarios import Scenario

SHOWN = 100
TOKENS_SHOWN = 3
STEPS = {"1 hour": 3600, "1 day": 86_400, "7 days": 7 * 86_400, "180 days": 180 * 86_400}
PREFIXES = ("/gmail/", "/upload/gmail/", "/v1/projects/", "/v3/projects", "/token", "/o/oauth2/", "/signin/")

ACCOUNT = Markup('<a class="breakable" href="/_sandbox/accounts/{0}/">{0}</a><span class="sub">{1}</span>')
REQUEST = Markup('<code class="sandbox__line">{} {}</code>')
CLOCK = Markup("""    <div class="panel__body stack">
      <p>Here it is <strong>{now} UTC</strong>, {difference}. Tokens, grants and mail age by this clock.</p>
      <div class="row"><span>Move it on by</span>{steps}{back}</div>
      <form class="stack stack--tight" method="post" action="/_sandbox/clock#clock">
        <div class="sandbox__inline">
          <div class="field sandbox__one"><label class="field__label" for="offset">Seconds ahead of real time</label><input class="input" id="offset" name="offset" inputmode="decimal" autocomplete="off" value="{offset}"{invalid}></div>
          <button class="button" type="submit">Set the clock</button>
        </div>
        {error}
      </form>
    </div>""")  # noqa: E501  (lines of HTML)

FILTER = Markup("""    <form class="panel__body sandbox__inline" method="get" action="/_sandbox/#journal">
      <div class="field"><label class="field__label" for="of">Account</label><select class="select" id="of" name="account">{accounts}</select></div>
      <div class="field"><label class="field__label" for="under">Path begins with</label><input class="input" id="under" name="path" value="{path}" list="prefixes" autocomplete="off"><datalist id="prefixes">{prefixes}</datalist></div>
      <button class="button" type="submit">Show</button>
    </form>""")  # noqa: E501  (lines of HTML)

RESET = Markup("""    <div class="panel__body stack stack--tight">
      <p>Forgets every grant, token, message, scenario and journal entry, and puts the seeded world and the real time back. Connections made before then need to be reauthorized.</p>
      {button}
    </div>""")  # noqa: E501  (lines of HTML)


def scenarios(active: Sequence[Scenario], form: ScenarioForm, addresses: Sequence[str]) -> Markup:
    rows = [
        (
            TITLE.format(KINDS[each.name].title, each.name),
            _value(each.value),
            each.account or "anyone",
            _request(each),
            "until switched off" if each.count is None else f"{each.count} more",
            button(f"/_sandbox/scenarios/{each.id}/remove", "Switch off", label=f"Switch off {KINDS[each.name].title}"),
        )
        for each in active
    ]
    heads = ("Scenario", "Value", "Account", "Request", "Times", "")
    on = table("Scenarios that are on", heads, rows, "None is on. Google answers as it should.")
    return section("scenarios", "Scenarios", on, form.render(addresses))


def accounts(found: Iterable[Mapping[str, Any]]) -> Markup:
    rows = [
        (
            ACCOUNT.format(each["email"], world.about(each)),
            world.KIND_WORDS[each["kind"]],
            CODE.format(each["password"]) if each["password"] else "cannot sign in",
            counted(each["messages"], "message") if each["has_gmail"] else "no mailbox",
            account_state(each),
        )
        for each in found
    ]
    note = NOTE.format("Open an account to read its mail, or to suspend it.")
    heads = ("Account", "Type", "Password", "Mailbox", "State")
    return section("accounts", "Accounts", table("Accounts", heads, rows, "There is no account."), note=note)


def account_state(account: Mapping[str, Any]) -> Markup | str:
    """What is as it should be is quiet; what stops the account has icon, word and color."""
    for name, word in (("deleted", "Deleted"), ("suspended", "Suspended")):
        if account[name]:
            return Markup(
                '<span class="status" data-tone="bad"><svg class="icon" aria-hidden="true"><use href="#i-bad"/></svg>{}'
                "</span>"
            ).format(word)
    return "Active"


def grants(found: Iterable[Mapping[str, Any]], empty: str) -> Markup:
    rows = [
        (
            TITLE.format(each["email"], each["client_id"]),
            CODE.format(", ".join(short_text(scope) for scope in each["scopes"])),
            _ends(each["refresh_tokens"]),
            _ends(each["access_tokens"]),
            button(
                f"/_sandbox/accounts/{each['email']}/access",
                "Remove access",
                label=f"Remove apps’ access to {each['email']}",
            ),
        )
        for each in found
    ]
    heads = ("Account and client", "Scopes", "Refresh tokens", "Access tokens", "")
    note = NOTE.format("Of tokens only the ends are shown.") if rows else ""
    return section("grants", "Grants", table("Grants", heads, rows, empty), note=note)


def clock(offset: float, now: datetime, *, typed: str = "", error: str = "") -> Markup:
    steps = (
        button("/_sandbox/clock", text, label=f"Move the clock on by {text}", ahead=str(seconds))
        for text, seconds in STEPS.items()
    )
    body = CLOCK.format(
        now=f"{now:%B} {now.day}, {now:%Y, %H:%M:%S}",
        difference=f"{offset:g} seconds ahead of real time" if offset else "which is the real time",
        steps=Markup().join(steps),
        back=button("/_sandbox/clock", "Back to real time", offset="0") if offset else "",
        offset=typed or f"{offset:g}",
        invalid=Markup(' aria-invalid="true" aria-describedby="clock-error"') if error else "",
        error=ERROR.format("clock-error", error) if error else "",
    )
    return section("clock", "Clock", body)


def journal(entries: Sequence[Mapping[str, Any]], filters: Mapping[str, str], addresses: Sequence[str]) -> Markup:
    rows = [
        (
            f"{datetime.fromtimestamp(each['at'], tz=UTC):%m/%d %H:%M:%S}",
            REQUEST.format(each["method"], each["path"]),
            each["account"] or "",
            str(each["status"]),
            each["fault"] or "",
        )
        for each in reversed(entries)
    ]
    narrowed = any(filters.values())
    empty = "No request fits." if narrowed else "Nothing was asked yet."
    form = FILTER.format(
        accounts=options({"": "Anyone"} | {each: each for each in addresses}, filters.get("account", "")),
        path=filters.get("path", ""),
        prefixes=options(dict.fromkeys(PREFIXES, "")),
    )
    clear = button("/_sandbox/journal/clear", "Clear the journal") if rows else ""
    note = Markup('<div class="row">{}{}</div>').format(
        NOTE.format(f"The newest {SHOWN}, of at most {request_journal.KEPT:,} kept. Secrets are masked."),
        clear,
    )
    heads = ("Time (UTC)", "Request", "Account", "Status", "Fault")
    return section("journal", "Journal", form, table("Journal", heads, rows, empty, stack=False), note=note)


def reset() -> Markup:
    go = button("/_sandbox/reset", "Reset everything", small=False)
    return section("reset", "Start over", RESET.format(button=go))


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _ends(tokens: Sequence[str]) -> Markup:
    """The newest few: an account may hold a hundred."""
    older = f" and {len(tokens) - TOKENS_SHOWN} older" if len(tokens) > TOKENS_SHOWN else ""
    return CODE.format(", ".join(tokens[-TOKENS_SHOWN:]) or "none") + older


def _request(scenario: Scenario) -> Markup | str:
    if not scenario.path and not scenario.method:
        return "any"
    return CODE.format(f"{scenario.method or 'any'} {scenario.path or '*'}")


def _value(value: object) -> Markup | str:
    """A scenario's value as a person would write it."""
    if value is None:
        return "none"
    values = value if isinstance(value, list) else [value]
    return CODE.format(", ".join(short_text(str(each)) for each in values))
