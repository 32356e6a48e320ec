"""What New Connection and Reauthorize share: a form of scopes that is checked while it is filled in."""

from django.http import HttpRequest

from connections.extensions import Connector
from connections.forms import Entries


def is_htmx(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]  # set by django-htmx's middleware


def changed(request: HttpRequest, entries: Entries, connector: Connector) -> Entries | None:
    """The entries after *Use it* or *Add scope*, or nothing when neither was pressed."""
    line, _, suggestion = request.POST.get("take", "").partition(" ")
    if line.isdecimal() and suggestion:
        return entries.taking(int(line), suggestion)
    if request.POST.get("add"):
        return entries.adding(request.POST["add"], connector)
    return None


def focus_of(request: HttpRequest) -> str:
    """What has the focus after a change: the box whose line was replaced, or the scope that was added."""
    return "manual" if "take" in request.POST else request.POST.get("add", "")
