"""What stands around every page: the navigation, the person, and in local mode the sandbox bar."""

from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from access import policy
from access.actor import Actor, actor_of
from access.models import User
from connections.attention import count_attention
from connections.queries import MOST_COUNTED


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of the navigation. ``attention`` counts what needs a person."""

    title: str
    icon: str
    url: str
    is_current: bool
    attention: int = 0

    @property
    def attention_text(self) -> str:
        return f"{MOST_COUNTED:,}+" if self.attention > MOST_COUNTED else str(self.attention)


class Navigation:
    """Worked out only when a template asks, so that fragments and error pages cost nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def sandbox_url(self) -> str | None:
        return settings.SANDBOX_URL

    @cached_property
    def actor(self) -> Actor | None:
        """The actor, when somebody is signed in."""
        user = getattr(self._request, "user", None)
        return actor_of(self._request) if isinstance(user, User) else None

    @property
    def person(self) -> User | None:
        return self.actor.user if self.actor else None

    @property
    def initials(self) -> str:
        words = str(self.person or "").replace("@", " ").split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def roles(self) -> list[str]:
        return sorted(str(role) for role in self.actor.roles) if self.actor else []

    @cached_property
    def entries(self) -> list[Entry]:
        """Only pages that the actor may open."""
        actor = self.actor
        if actor is None:
            return []
        entries = [self._entry("Home", "home", "home")]
        if policy.may(actor, "flow.view"):
            entries.append(self._entry("Flows", "flow", "flows"))
        if policy.may(actor, "connection.view"):
            entries.append(self._entry("Connections", "link", "connections", attention=count_attention(actor)))
        if policy.may(actor, "run.view"):
            entries.append(self._entry("Execution History", "history", "history", also="/runs/"))
        if policy.may(actor, "audit.view"):
            entries.append(self._entry("Audit", "audit", "audit"))
        entries.append(self._entry("Settings", "settings", "settings"))
        return entries

    def _entry(self, title: str, icon: str, route: str, *, attention: int = 0, also: str = "") -> Entry:
        """``also`` begins the addresses of further pages that belong to the entry."""
        url = reverse(route)
        path = self._request.path
        is_current = path == url if route == "home" else path.startswith((url, also or url))
        return Entry(title=title, icon=icon, url=url, is_current=is_current, attention=attention)


def context(request: HttpRequest) -> dict[str, Navigation]:
    """The context processor of every page."""
    return {"navigation": Navigation(request)}
