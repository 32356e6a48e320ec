"""What New Connection holds while a person fills it in. The operation judges it; nothing is judged here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django import forms
from django.http import QueryDict

from connections.extensions import IDENTITY_SCOPES, Connector, short_scope
from connections.models import ConsentAttempt, Outcome, ScopeMode


@dataclass(frozen=True, kw_only=True)
class Entries:
    """Everything typed and ticked. ``chosen`` are offered scopes by full name, ``manual`` the lines below them.

    ``attempt`` is the id of the earlier authorization that they came from, if any.
    """

    nickname: str = ""
    description: str = ""
    scope_mode: str = ScopeMode.DEFAULT
    chosen: tuple[str, ...] = ()
    manual: str = ""
    attempt: str = ""

    @property
    def manual_lines(self) -> list[str]:
        return self.manual.splitlines()

    @property
    def scopes(self) -> tuple[str, ...]:
        """What customizing asks for."""
        return (*self.chosen, *(line.strip() for line in self.manual_lines if line.strip()))

    def taking(self, line: int, scope: str) -> "Entries":
        """With that line (from 1) replaced."""
        lines = self.manual_lines
        if 0 < line <= len(lines):
            lines[line - 1] = scope
        return replace(self, manual="\n".join(lines))

    def adding(self, scope: str, connector: Connector) -> "Entries":
        """With one more scope: ticked where it is offered, else as a line."""
        if scope in {each.scope for each in connector.scope_texts}:
            return replace(self, scope_mode=ScopeMode.CUSTOM, chosen=(*self.chosen, scope))
        lines = [*self.manual_lines, short_scope(scope)]
        return replace(self, scope_mode=ScopeMode.CUSTOM, manual="\n".join(lines))


def empty_entries(connector: Connector) -> Entries:
    """A form nobody has touched; customizing starts from the default scopes."""
    return Entries(chosen=connector.default_scopes)


def typed_entries(data: QueryDict) -> Entries:
    return Entries(
        nickname=data.get("nickname", ""),
        description=data.get("description", ""),
        scope_mode=data.get("scope_mode", ""),
        chosen=tuple(data.getlist("scope")),
        manual=data.get("manual", ""),
        attempt=data.get("attempt", ""),
    )


def kept_entries(attempt: ConsentAttempt, connector: Connector) -> Entries:
    """What an earlier authorization asked for. After a success the nickname is left out: it is taken."""
    is_custom = attempt.form["scope_mode"] == ScopeMode.CUSTOM
    offered = {each.scope for each in connector.scope_texts}
    asked = [scope for scope in attempt.scopes if scope not in IDENTITY_SCOPES]
    return Entries(
        nickname="" if attempt.outcome == Outcome.SUCCEEDED else attempt.form["nickname"],
        description=attempt.form["description"],
        scope_mode=attempt.form["scope_mode"],
        chosen=tuple(scope for scope in asked if scope in offered) if is_custom else connector.default_scopes,
        manual="\n".join(short_scope(scope) for scope in asked if scope not in offered) if is_custom else "",
        attempt=str(attempt.pk),
    )


class GeneralForm(forms.Form):
    """The General tab. Never bound: it only shows what was typed and what the operation said of it."""

    nickname = forms.CharField(
        label="Connection Nickname",
        help_text="How people find it in flows. You can't have two of the same name.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    description = forms.CharField(
        label="Description",
        required=False,
        help_text="What it is for, so that others know when to choose it.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, entries: Entries, problems: Mapping[str, Sequence[str]]) -> None:
        super().__init__(
            initial={"nickname": entries.nickname, "description": entries.description}, use_required_attribute=False
        )
        for name in self.fields.keys() & problems.keys():
            self.errors[name] = self.error_class(problems[name])
