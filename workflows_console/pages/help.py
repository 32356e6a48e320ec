"""What the console's words mean: accounts, roles, and every error with its remedy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from access.permissions import PERMISSIONS, Reach, Role
from kernel.errors import ConsoleError, Fixer, error_classes

# A field that stands alone is the whole sentence; the code's title says what it is about.
_FIELD = re.compile(r"\{(\w+)[^}]*\}")
_WHOLE = re.compile(r"^\{\w+\}$")


@dataclass(frozen=True, kw_only=True)
class ErrorHelp:
    """An error class in words, with the names of its fields where an instance has their values."""

    code: str
    title: str
    cause: str
    remedy: str
    fixer: Fixer


def _words(template: str) -> str:
    """The template with its fields named, empty when it is nothing but one field."""
    return "" if _WHOLE.match(template) else _FIELD.sub(lambda match: f"[{match[1].replace('_', ' ')}]", template)


def _errors() -> Iterator[ErrorHelp]:
    for cls in error_classes(ConsoleError):
        yield ErrorHelp(
            code=cls.code,
            title=cls.title,
            cause=_words(cls.cause_template),
            remedy=_words(cls.remedy_template),
            fixer=cls.fixer,
        )


# What a person does -> the permission that lets them.
_ABILITIES = {
    "See connections and their status": "connection.view",
    "Use a connection, run cards": "card.run",
    "Create connections": "connection.create",
    "Share and delete connections": "connection.delete",
    "Reauthorize, test and pause connections": "connection.reauthorize",
    "Build flows": "flow.edit",
    "Run flows": "flow.run",
    "See runs, resume, release and cancel them": "run.resolve",
    "See and export the audit trail": "audit.view",
    "Manage people, policy and API keys": "people.manage",
}


def _extent(reach: Reach, permission: str) -> str:
    if not reach:
        return "–"
    if permission == "connection.create":
        return "yes"
    if reach.all:
        return "all" if permission == "connection.view" else "yes"
    return "own and shared" if reach.own and reach.shared else "own" if reach.own else "shared"


def _roles() -> dict[str, Any]:
    rows = [
        (ability, [_extent(PERMISSIONS[name].get(role, Reach()), name) for role in Role])
        for ability, name in _ABILITIES.items()
    ]
    return {"names": [str(role) for role in Role], "rows": rows}


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "help.html", {"errors": list(_errors()), "roles": _roles()})
