"""Reads of people, their sessions and keys for Settings."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from access import policy
from access.actor import Actor
from access.models import ApiKey, OneTimeLink, PersonSession, RoleAssignment, User
from kernel.clock import now
from kernel.errors import NotFound

PAGE_SIZE = 50

_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """A person as a list shows them."""

    person: User
    roles: list[str]
    has_mfa: bool

    @property
    def state(self) -> str:
        """*active*, *invited* or *deactivated*."""
        if not self.person.is_active:
            return "deactivated"
        return "invited" if self.person.is_invited else "active"


@dataclass(frozen=True, kw_only=True)
class PersonDetails(PersonRow):
    sessions: list[PersonSession]
    keys: int
    link: OneTimeLink | None


@dataclass(frozen=True, kw_only=True)
class SessionRow:
    session: PersonSession
    is_this: bool

    @property
    def browser(self) -> str:
        """The browser and its system in a few words; what it says of itself where neither is known."""
        told = self.session.browser
        words = [_first(told, _BROWSERS), _first(told, _SYSTEMS)]
        return " on ".join(word for word in words if word) or told or "Unknown browser"


def _first(told: str, known: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in known if mark in told), "")


def list_people(actor: Actor, *, search: str, page: str) -> tuple[Page[User], list[PersonRow]]:
    """The page and its rows, by name. :raises NotPermitted: the actor may not manage people."""
    policy.require(actor, "people.manage")
    people = _people().order_by("name", "email")
    if search.strip():
        people = people.filter(Q(name__icontains=search.strip()) | Q(email__icontains=search.strip()))
    found = Paginator(people, PAGE_SIZE).get_page(page)
    return found, [PersonRow(**_facts(person)) for person in found]


def person_details(actor: Actor, person_id: UUID) -> PersonDetails:
    """:raises NotPermitted: the actor may not manage people. :raises NotFound: there is no such person."""
    policy.require(actor, "people.manage")
    person = _people().filter(pk=person_id).first()
    if person is None:
        raise NotFound(kind="person")
    return PersonDetails(
        **_facts(person),
        sessions=list(PersonSession.objects.filter(user=person).alive()),
        keys=working_keys().filter(owner=person).count(),
        link=OneTimeLink.objects.filter(user=person, expires_at__gt=now()).first(),
    )


def _people() -> QuerySet[User]:
    second = Authenticator.objects.filter(user_id=OuterRef("pk"), type=Authenticator.Type.TOTP)
    roles = Prefetch("role_assignments", RoleAssignment.objects.order_by("role"))
    return User.objects.annotate(has_mfa=Exists(second)).prefetch_related(roles)


def _facts(person: User) -> dict[str, Any]:
    roles = [each.role for each in person.role_assignments.all()]
    return {"person": person, "roles": roles, "has_mfa": person.has_mfa}  # type: ignore[attr-defined]  # as annotated


def own_sessions(actor: Actor, *, current: str | None) -> list[SessionRow]:
    """The person's own, the one in use first."""
    rows = [
        SessionRow(session=each, is_this=each.session_key == current)
        for each in PersonSession.objects.filter(user=actor.person).alive()
    ]
    return sorted(rows, key=lambda row: not row.is_this)


def second_factor(person: User) -> Authenticator | None:
    """The authenticator app that the person set up."""
    found: Authenticator | None = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).first()
    return found


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    key: ApiKey

    @property
    def id(self) -> str:
        return str(self.key.pk)

    @property
    def state(self) -> str:
        """*active*, *idle* (its owner is deactivated), *expired* or *revoked*."""
        if self.key.revoked_at:
            return "revoked"
        if self.key.expires_at <= now():
            return "expired"
        return "active" if self.key.owner.is_active else "idle"


def working_keys() -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(revoked_at=None, expires_at__gt=now())


def list_keys(actor: Actor, *, page: str, limit: int = PAGE_SIZE) -> tuple[Page[ApiKey], list[KeyRow]]:
    """Everybody's keys, newest first. :raises NotPermitted: the actor may not manage keys."""
    policy.require(actor, "api_key.manage")
    keys = ApiKey.objects.select_related("owner").order_by("-created_at", "-pk")
    found = Paginator(keys, limit).get_page(page)
    return found, [KeyRow(key=key) for key in found]
