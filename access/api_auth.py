"""Who calls the HTTP API: a key in the Authorization header, or else the session of a person."""

from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest
from ninja.errors import AuthenticationError, HttpError
from ninja.security import HttpBearer, SessionAuth
from ninja.utils import check_csrf

from access.actor import Actor, Via, address_of, request_id_of
from access.models import ApiKey, User
from kernel.clock import now
from kernel.ids import fingerprint

TOUCH_EVERY = timedelta(minutes=1)
"""A key's last use is written at most so often."""


class KeyAuth(HttpBearer):
    """``Authorization: Bearer wfc_…``. Whoever sends that header is never taken for the session's person."""

    def __call__(self, request: HttpRequest) -> Actor | None:
        if not request.headers.get(self.header):
            return None
        actor = super().__call__(request)
        if actor is None:
            raise AuthenticationError
        return _accepted(request, actor)

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:
        moment = now()
        key = (
            ApiKey.objects.select_related("owner")
            .filter(hash=fingerprint(token), revoked_at=None, expires_at__gt=moment, owner__is_active=True)
            .first()
        )
        if key is None:
            return None
        ApiKey.objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=moment - TOUCH_EVERY), pk=key.pk).update(
            last_used_at=moment
        )
        return _actor(request, key.owner, key)


class PersonAuth(SessionAuth):
    """The session cookie, with the CSRF token in ``X-CSRFToken`` on whatever isn't only read."""

    def __call__(self, request: HttpRequest) -> Actor | None:
        user = request.user
        if not isinstance(user, User):
            return None
        if check_csrf(request):
            raise HttpError(403, "The session's CSRF token is missing or wrong. Send it as X-CSRFToken")
        return _accepted(request, _actor(request, user))


def _actor(request: HttpRequest, user: User, key: ApiKey | None = None) -> Actor:
    return Actor(user=user, via=Via.API, key=key, address=address_of(request), request_id=request_id_of(request))


def _accepted(request: HttpRequest, actor: Actor) -> Actor:
    request.actor = actor  # type: ignore[attr-defined]
    return actor


session_or_key = [KeyAuth(), PersonAuth()]
