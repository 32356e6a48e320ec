"""The parts of the control pages about Google Cloud: roles, and domain-wide delegation."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from google_sandbox.cloud.roles import ROLES
from google_sandbox.control.parts import CODE, ERROR, NOTE, TITLE, button, options, section, table
from google_sandbox.oauth.scopes import short_text

MEMBER = Markup('<a class="breakable" href="/_sandbox/accounts/{0}/#roles">{0}</a>')
GRANT = Markup("""    <form class="panel__foot sandbox__inline" method="post" action="/_sandbox/accounts/{email}/roles/grant">
      <div class="field"><label class="field__label" for="role">Role</label><select class="select" id="role" name="role">{roles}</select></div>
      <div class="field"><label class="field__label" for="on">On</label><select class="select" id="on" name="on">{resources}</select></div>
      <button class="button" type="submit">Grant the role</button>
    </form>""")  # noqa: E501  (lines of HTML)

REGISTER = Markup("""    <form class="panel__foot stack stack--tight" method="post" action="/_sandbox/delegations/register">
      <div class="sandbox__inline">
        <div class="field"><label class="field__label" for="domain">Organization</label><select class="select" id="domain" name="domain">{domains}</select></div>
        <div class="field"><label class="field__label" for="service_account">Service account</label><select class="select" id="service_account" name="service_account">{accounts}</select></div>
        <div class="field sandbox__main"><label class="field__label" for="scopes">Scopes</label><input class="input" id="scopes" name="scopes" value="{scopes}" autocomplete="off" required aria-describedby="scopes-help{described}"{invalid}></div>
        <button class="button" type="submit">Register</button>
      </div>
      {error}
      <p class="field__help" id="scopes-help">Short names will do, as <code>gmail.settings.basic</code>. They replace what the organization registered for this service account before.</p>
    </form>""")  # noqa: E501  (lines of HTML)


@dataclass(frozen=True)
class DelegationForm:
    """What was typed, to be shown again, and why it was refused."""

    values: Mapping[str, str] = field(default_factory=dict)
    error: str = ""

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def scopes(self) -> list[str]:
        return self["scopes"].replace(",", " ").split()


def all_roles(found: Iterable[Mapping[str, str]], resources: Mapping[str, str]) -> Markup:
    """Who has what, on the control page."""
    rows = [
        (MEMBER.format(each["member"]), *_role(each, resources), _withdraw(each, resources, back="home"))
        for each in found
    ]
    note = NOTE.format("Open an account to grant one.")
    heads = ("Account", "Role", "On", "")
    return section("roles", "Roles", table("Roles", heads, rows, "Nobody has a role."), note=note)


def roles_of(email: str, found: Iterable[Mapping[str, str]], resources: Mapping[str, str]) -> Markup:
    """What one account has, on its page, with the form that grants more."""
    rows = [(*_role(each, resources), _withdraw(each, resources, back="account")) for each in found]
    form = GRANT.format(
        email=email,
        roles=options({name: role.title for name, role in ROLES.items()}),
        resources=options(resources),
    )
    return section("roles", "Roles", table("Roles", ("Role", "On", ""), rows, "This account has no role."), form)


def delegations(
    found: Iterable[Mapping[str, Any]], form: DelegationForm, domains: Sequence[str], accounts: Sequence[str]
) -> Markup:
    rows = [
        (
            TITLE.format(each["service_account"], f"Client id {each['client_id']}"),
            each["domain"],
            CODE.format(", ".join(short_text(scope) for scope in each["scopes"])),
            button(
                "/_sandbox/delegations/remove",
                "Remove",
                label=f"Remove the delegation of {each['domain']} to {each['service_account']}",
                domain=each["domain"],
                service_account=each["service_account"],
            ),
        )
        for each in found
    ]
    register = REGISTER.format(
        domains=options({each: each for each in domains}, form["domain"]),
        accounts=options({each: each for each in accounts}, form["service_account"]),
        scopes=form["scopes"],
        described=" scopes-error" if form.error else "",
        invalid=Markup(' aria-invalid="true"') if form.error else "",
        error=ERROR.format("scopes-error", form.error) if form.error else "",
    )
    heads = ("Service account", "Organization", "Scopes", "")
    shown = table("Delegations", heads, rows, "No organization has registered a service account.")
    return section("delegations", "Domain-wide delegation", shown, register)


def _role(binding: Mapping[str, str], resources: Mapping[str, str]) -> tuple[Markup, str]:
    return TITLE.format(ROLES[binding["role"]].title, binding["role"]), resources[binding["resource"]]


def _withdraw(binding: Mapping[str, str], resources: Mapping[str, str], *, back: str) -> Markup:
    title = ROLES[binding["role"]].title
    return button(
        f"/_sandbox/accounts/{binding['member']}/roles/withdraw",
        "Withdraw",
        label=f"Withdraw {title} on {resources[binding['resource']]} from {binding['member']}",
        role=binding["role"],
        on=binding["resource"],
        back=back,
    )
