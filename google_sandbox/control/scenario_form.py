"""The form that switches a scenario on: its fields, what it takes, and what it refuses in words for people."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from google_sandbox.control.parts import ERROR, options
from google_sandbox.oauth.scopes import full_name, is_known
from google_sandbox.pages import joined
from google_sandbox.scenario_kinds import CALL, CLOUD, GMAIL, KINDS, Takes
from google_sandbox.scenarios import InvalidScenarioError, Scenario

METHODS = ("GET", "POST", "PUT", "DELETE")
PATTERNS = {
    "/token": "The token endpoint",
    "*/messages/send": "Sending a message",
    "*/drafts": "Creating a draft",
    "*/drafts/send": "Sending a draft",
    "*/gmail/*": "Any call to Gmail",
    "*/serviceAccounts*": "Any call about service accounts",
    "*:testIamPermissions": "Asking for a role",
    "*:signJwt": "Signing for a service account",
}
# Where a path and a method can narrow a scenario
NARROWED = frozenset({CALL, GMAIL, CLOUD})

FORM = Markup("""    <form class="panel__foot stack stack--tight" method="post" action="/_sandbox/scenarios">
      <div class="sandbox__inline">
        <div class="field sandbox__main"><label class="field__label" for="name">Scenario</label><select class="select" id="name" name="name">{names}</select></div>
        <div class="field"><label class="field__label" for="value">Value <span class="field__optional">optional</span></label><input class="input" id="value" name="value" value="{value}" autocomplete="off"></div>
        <div class="field"><label class="field__label" for="account">Account</label><select class="select" id="account" name="account">{accounts}</select></div>
        <div class="field sandbox__brief"><label class="field__label" for="method">Method</label><select class="select" id="method" name="method">{methods}</select></div>
        <div class="field"><label class="field__label" for="path">Path <span class="field__optional">optional</span></label><input class="input" id="path" name="path" value="{path}" list="patterns" autocomplete="off"><datalist id="patterns">{patterns}</datalist></div>
        <div class="field sandbox__brief"><label class="field__label" for="count">Times <span class="field__optional">optional</span></label><input class="input" id="count" name="count" value="{count}" inputmode="numeric" autocomplete="off"></div>
        <button class="button button--primary" type="submit"{described}>Switch on</button>
      </div>
      {error}
      <p class="field__help">Method and path narrow a failure of <em>{gmail}</em>, <em>{cloud}</em> and <em>{call}</em>; <code>*</code> in a path stands for anything. Without times it stays on until you switch it off.</p>
      <details><summary class="field__help">Scenarios that take a value</summary><dl class="kv kv--wide sandbox__values">{meanings}</dl></details>
    </form>""")  # noqa: E501  (lines of HTML)


@dataclass(frozen=True)
class ScenarioForm:
    """What was typed, to be checked or shown again."""

    values: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def scenario(self, addresses: Collection[str]) -> Scenario:
        """:raises InvalidScenarioError: with a sentence for the person who filled the form."""
        name, value, path, method, count = (self[each] for each in ("name", "value", "path", "method", "count"))
        if name not in KINDS:
            raise InvalidScenarioError("Choose a scenario.")
        kind = KINDS[name]
        if (path or method) and kind.phase not in NARROWED:
            message = f"“{kind.title}” always concerns “{kind.phase}”. Leave method and path empty."
            raise InvalidScenarioError(message)
        if count and (not count.isdecimal() or int(count) < 1):
            raise InvalidScenarioError("Times is a whole number from 1. Leave it empty to keep the scenario on.")
        _check_value(name, value, addresses)
        return Scenario(
            name=name,
            value=value or None,
            account=self["account"] or None,
            path=path or None,
            method=method or None,
            count=int(count) if count else None,
        )

    def render(self, addresses: Iterable[str]) -> Markup:
        meaning = Markup("<div><dt>{}</dt><dd>{}</dd></div>")
        return FORM.format(
            names=_names(self["name"]),
            value=self["value"],
            accounts=options({"": "Anyone"} | {each: each for each in addresses}, self["account"]),
            methods=options({"": "Any"} | {each: each for each in METHODS}, self["method"]),
            path=self["path"],
            patterns=options(PATTERNS),
            count=self["count"],
            call=CALL,
            gmail=GMAIL,
            cloud=CLOUD,
            described=Markup(' aria-describedby="scenario-error"') if self.error else "",
            error=ERROR.format("scenario-error", self.error) if self.error else "",
            meanings=joined(meaning.format(kind.title, kind.value) for kind in KINDS.values() if kind.value),
        )


def _check_value(name: str, value: str, addresses: Collection[str]) -> None:
    if not value:
        return
    takes = KINDS[name].takes
    if takes is Takes.NOTHING:
        message = f"“{KINDS[name].title}” takes no value. Leave it empty."
        raise InvalidScenarioError(message)
    if takes is Takes.NUMBER and not value.isdecimal():
        raise InvalidScenarioError("The value is a whole number.")
    if takes is Takes.SECONDS and not value.isdecimal():
        raise InvalidScenarioError("The value is a whole number of seconds.")
    words = value.replace(",", " ").split()
    unknown: list[str] = []
    if takes in {Takes.ADDRESS, Takes.ADDRESSES}:
        unknown = [f"There is no account {each}." for each in words if each not in addresses]
    elif takes is Takes.SCOPES:
        unknown = [f"Google knows no scope {each}." for each in words if not is_known(full_name(each))]
    if unknown:
        raise InvalidScenarioError(unknown[0])


def _names(chosen: str) -> Markup:
    group = Markup('<optgroup label="{}">{}</optgroup>')
    phases = dict.fromkeys(kind.phase for kind in KINDS.values())
    return joined(
        group.format(phase, options({name: kind.title for name, kind in KINDS.items() if kind.phase == phase}, chosen))
        for phase in phases
    )
