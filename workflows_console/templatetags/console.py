"""The parts that pages are made of: icons, statuses, findings, fields, times.

Each part has one template in ``templates/components/``; the names of tones and classes are
those of ``static/console/components.css``.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.template import Context
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from heroicons.templatetags.heroicons import heroicon_outline

from access.actor import actor_of
from connections.card_groups import CardGroup
from connections.card_groups import card_groups as group_cards
from connections.models import Connection
from connections.readiness import Coverage, Outlook
from connections.rights import mends_as
from kernel.clock import now
from kernel.errors import ConsoleError, Fixer, Retry
from workflows_console.moments import day_time, full_time, relative_time

register = template.Library()

# Our meaning of an icon -> the heroicon drawn for it, so that one meaning looks the same everywhere.
ICONS = {
    "audit": "document-text",
    "bad": "x-circle",
    "blocked": "lock-closed",
    "calendar": "calendar-days",
    "clock": "clock",
    "close": "x-mark",
    "code": "code-bracket",
    "copy": "document-duplicate",
    "dash": "minus",
    "down": "chevron-down",
    "download": "arrow-down-tray",
    "edit": "pencil",
    "event": "envelope",
    "flow": "rectangle-stack",
    "function": "variable",
    "help": "question-mark-circle",
    "history": "clock",
    "home": "home",
    "info": "information-circle",
    "insert": "arrow-right-end-on-rectangle",
    "link": "link",
    "menu": "bars-3",
    "minus": "minus-circle",
    "more": "ellipsis-horizontal",
    "note": "chat-bubble-bottom-center-text",
    "ok": "check-circle",
    "paused": "pause-circle",
    "plus": "plus",
    "practice": "beaker",
    "read": "eye",
    "reauth": "arrow-path",
    "right": "chevron-right",
    "run": "play-circle",
    "search": "magnifying-glass",
    "send": "paper-airplane",
    "settings": "adjustments-horizontal",
    "share": "user-plus",
    "sign_out": "arrow-right-start-on-rectangle",
    "test": "bolt",
    "todo": "ellipsis-horizontal-circle",
    "trash": "trash",
    "undo": "arrow-uturn-left",
    "unknown": "question-mark-circle",
    "unsupported": "user-minus",
    "up": "chevron-up",
    "upload": "arrow-up-tray",
    "usage": "squares-2x2",
    "wait": "clock",
    "warn": "exclamation-triangle",
}


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """An icon by its meaning, hidden from screen readers: a word goes with each. ``size`` may be ``small``."""
    classes = "icon icon--small" if size == "small" else "icon"
    return mark_safe(heroicon_outline(ICONS[name], size=None, **{"class": classes}))  # noqa: S308  (no outside data)


@dataclass(frozen=True)
class Look:
    tone: str
    icon: str
    label: str


# Of connections, then of runs and step runs, then of flows.
STATUS_LOOKS = {
    "active": Look("ok", "ok", "Active"),
    "limited": Look("warn", "warn", "Limited"),
    "needs_reauthorization": Look("bad", "reauth", "Needs reauthorization"),
    "blocked": Look("bad", "blocked", "Blocked"),
    "unsupported_account": Look("bad", "unsupported", "Unsupported account"),
    "paused": Look("idle", "paused", "Paused"),
    "queued": Look("idle", "todo", "Queued"),
    "running": Look("run", "run", "Running"),
    "waiting": Look("warn", "wait", "Waiting"),
    "completed": Look("ok", "ok", "Completed"),
    "failed": Look("bad", "bad", "Failed"),
    "canceled": Look("idle", "minus", "Canceled"),
    "outcome_unknown": Look("warn", "unknown", "Outcome unknown"),
    "not_run": Look("idle", "todo", "Not run"),
    "on": Look("ok", "ok", "On"),
    "off": Look("idle", "minus", "Off"),
}


@register.inclusion_tag("components/status.html")
def status(value: str, label: str = "", *, chip: bool = False) -> dict[str, Any]:
    """A status as icon, word and color; ``chip`` in the head of a page."""
    look = STATUS_LOOKS[str(value)]
    return {"look": look, "label": label or look.label, "chip": chip}


@register.filter
def tone_of(value: str) -> str:
    """The tone of a status."""
    return STATUS_LOOKS[str(value)].tone


@register.filter
def icon_of(value: str) -> str:
    """The icon of a status, for :func:`icon`."""
    return STATUS_LOOKS[str(value)].icon


_WHO = {
    Fixer.YOU: "You",
    Fixer.MAILBOX_OWNER: "The owner of the mailbox",
    Fixer.CONNECTION_MANAGER: "The owner of the connection, or a Connection Manager",
    Fixer.WORKSPACE_ADMINISTRATOR: "A Google Workspace administrator of the account's organization",
    Fixer.CLOUD_PROJECT_ADMINISTRATOR: "An administrator of the Google Cloud project",
    Fixer.OPERATOR: "Whoever operates this console",
    Fixer.NOBODY: "Nobody: it passes by itself",
}


@register.filter
def who(error: "ConsoleError | type[ConsoleError]") -> str:
    """Who can apply an error's remedy, in words."""
    return _WHO[error.fixer]


@register.simple_block_tag(end_name="endfinding", takes_context=True)
def finding(
    context: Context,
    content: str,
    error: ConsoleError,
    *,
    connection: Connection | None = None,
    tone: str = "",
    level: int = 3,
    id: str = "",  # noqa: A002  (the attribute's name)
    style: str = "",
) -> SafeString:
    """An error: title, cause, remedy, who. What stands between the tags are its buttons.

    ``style`` is ``inline`` (within a card), ``flat`` (within a panel) or empty. With the ``connection`` that
    it is about, it says so when the reader can apply the remedy themselves.
    """
    reader = mends_as(actor_of(context["request"]), error, connection) if connection else ""
    parts = {
        "error": error,
        "who": f"You, as {reader}" if reader else who(error),
        "actions": SafeString(content.strip()),
        "tone": tone or ("warn" if error.retry in {Retry.LATER, Retry.UNKNOWN_OUTCOME} else "bad"),
        "level": level,
        "id": id,
        "style": style,
    }
    return SafeString(render_to_string("components/finding.html", parts))


@register.simple_block_tag(end_name="endnotice")
def notice(content: str, tone: str = "idle", *, role: str = "") -> SafeString:
    """One line about the whole page: what stands between the tags, a paragraph and perhaps a link after it."""
    icons = {"ok": "ok", "warn": "warn", "bad": "bad"}
    context = {"content": content, "tone": tone, "role": role, "icon_name": icons.get(tone, "info")}
    return SafeString(render_to_string("components/notice.html", context))


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, label: str = "", help_text: str = "", **attributes: str) -> dict[str, Any]:
    """A form's field with label, help and errors. More attributes of the control follow by name, ``_`` for ``-``."""
    widget = bound.field.widget
    classes = {forms.Textarea: "textarea", forms.Select: "select", forms.CheckboxInput: ""}
    kind = next((name for cls, name in classes.items() if isinstance(widget, cls)), "input")
    given = str(widget.attrs.get("class", ""))
    attrs = {name.replace("_", "-"): value for name, value in attributes.items()}
    return {
        "field": bound,
        "control": bound.as_widget(attrs={**attrs, "class": f"{kind} {given}".strip()}),
        "label": label or bound.label,
        "help_text": help_text or bound.help_text,
        "is_choice": isinstance(widget, forms.CheckboxInput),
        "error_id": f"{bound.auto_id}_error",
        "help_id": f"{bound.auto_id}_helptext",
    }


OUTLOOKS = {
    Outlook.NOT_READY: Look("bad", "bad", "Not ready"),
    Outlook.COULD_NOT_CHECK: Look("warn", "unknown", "Could not check"),
    Outlook.NOT_CHECKED: Look("idle", "todo", "Not checked yet"),
    Outlook.NEEDS_SERVICE_ACCOUNT: Look("idle", "todo", "Needs a service account"),
    Outlook.READY: Look("ok", "ok", "Ready"),
}


@register.inclusion_tag("components/outlook.html")
def outlook(value: Outlook) -> dict[str, Any]:
    """A card's result as icon, word and color."""
    return {"look": OUTLOOKS[value]}


@register.filter
def outlook_look(value: Outlook) -> Look:
    return OUTLOOKS[value]


@register.simple_tag
def card_groups(coverage: Coverage) -> tuple[CardGroup, ...]:
    """A connection's cards by what is known of them."""
    return group_cards(coverage)


@register.inclusion_tag("components/coverage.html")
def coverage_bar(coverage: Coverage) -> dict[str, Any]:
    """How many action cards a connection serves, with one tick per card in the connector's order.

    A tick is half as high where the card needs a service account, which isn't chosen or isn't checked.
    """
    step = 6.25
    ticks = [
        {"x": f"{place * step:g}", "is_on": each.is_ready, "is_half": each.is_ready and each.outlook != Outlook.READY}
        for place, each in enumerate(coverage.actions)
    ]
    return {"coverage": coverage, "ticks": ticks}


@register.simple_tag
def moment(value: datetime | None, never: str = "never", *, day: bool = False) -> SafeString:
    """A time as people say it, with the full one in UTC behind it; ``day`` after a word such as *since* or *until*."""
    if value is None:
        return SafeString(never)
    words = day_time(value, now()) if day else relative_time(value, now())
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), full_time(value), words)


@register.filter
def address(text: str) -> SafeString:
    """An email address that wraps before its ``@`` and its dots, where there isn't room for it; other text as it is."""
    parts = re.split(r"(?=[@.])", text) if "@" in text else [text]
    return format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in parts))
