"""Who acts: a person on a page, a key at the API, a command, or the console itself."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from access.models import ApiKey, RoleAssignment, User
from access.permissions import Role
from kernel.ids import new_id


class Via(StrEnum):
    PAGE = "page"
    API = "api"
    COMMAND = "command"
    CONSOLE = "console"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """``user`` is None for somebody who isn't signed in, and for the console itself."""

    user: User | None
    via: Via
    key: ApiKey | None = None
    address: str = ""
    request_id: str = ""

    @classmethod
    def console(cls) -> "Actor":
        """The console itself, when nobody asked: a grant that ended, a scope that Google took back."""
        return cls(user=None, via=Via.CONSOLE)

    @classmethod
    def command(cls) -> "Actor":
        """A command on the server that acts for no person, with an administrator's rights."""
        return cls(user=None, via=Via.COMMAND)

    @cached_property
    def roles(self) -> frozenset[Role]:
        if self.user is None:
            # Whoever can run a command holds the database anyway; owning or being shared with still needs a person.
            return frozenset({Role.ADMINISTRATOR} if self.via is Via.COMMAND else ())
        if not self.user.is_active:
            return frozenset()
        rows = RoleAssignment.objects.filter(user=self.user).values_list("role", flat=True)
        return frozenset(Role(role) for role in rows)

    @property
    def user_id(self) -> UUID | None:
        return self.user.pk if self.user else None

    @property
    def name(self) -> str:
        if self.user:
            return self.user.email
        return {Via.CONSOLE: "Workflows Console", Via.COMMAND: "Command on the server"}.get(self.via, "Not signed in")

    @property
    def person(self) -> User:
        """The user, where one is certain to be there."""
        if self.user is None:
            raise LookupError("nobody is signed in")
        return self.user


def actor_of(request: HttpRequest) -> Actor:
    """The actor of a page's or API's request; one object for the whole request."""
    known: Actor | None = getattr(request, "actor", None)
    if known is None:
        user = request.user if isinstance(request.user, User) else None
        known = Actor(user=user, via=Via.PAGE, address=address_of(request), request_id=request_id_of(request))
        request.actor = known  # type: ignore[attr-defined]
    return known


def address_of(request: HttpRequest) -> str:
    """Where the request came from; forwarded addresses count as far as ``TRUSTED_PROXY_COUNT`` says."""
    return str(get_adapter().get_client_ip(request))


def request_id_of(request: HttpRequest) -> str:
    """One id for everything that a request causes."""
    known: str | None = getattr(request, "request_id", None)
    if known is None:
        known = new_id().hex
        request.request_id = known  # type: ignore[attr-defined]
    return known
