"""The tabs of Settings, whatever the person may open and nothing else; and the way back to them."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse

from access import policy
from access.actor import Actor, actor_of

register = template.Library()


@dataclass(frozen=True, kw_only=True)
class Tab:
    label: str
    url: str
    is_current: bool


# Label, route, and the permission that opens it; none when everybody has it.
_TABS = (
    ("Sign-in", "settings", ""),
    ("People", "people", "people.manage"),
    ("API keys", "api_keys", "api_key.manage"),
    ("Policy", "policy", "policy.manage"),
    ("Google client", "google_client", "policy.manage"),
    ("Vault keys", "vault_keys", "policy.manage"),
    ("Workers", "workers", "policy.manage"),
    ("About", "about", ""),
)


def open_tabs(actor: Actor, current: str = "") -> list[Tab]:
    """The tabs that the actor may open; ``current`` is the route of the one that the page belongs to."""
    return [
        Tab(label=label, url=reverse(route), is_current=route == current)
        for label, route, permission in _TABS
        if not permission or policy.may(actor, permission)
    ]


@register.inclusion_tag("components/tabs.html", takes_context=True)
def settings_tabs(context: dict[str, Any], current: str) -> dict[str, Any]:
    """``current`` is the route of the tab that the page belongs to."""
    return {"label": "Settings", "tabs": open_tabs(actor_of(context["request"]), current)}


@register.inclusion_tag("components/crumbs.html")
def settings_crumbs(tab: str, here: object) -> dict[str, object]:
    """The way back to the tab of that route, from a page behind it."""
    label = next(label for label, route, _ in _TABS if route == tab)
    return {"url": reverse(tab), "parent": label, "here": here}
