"""Links with which a person sets a password, once: to begin with, or because they forgot theirs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from access.models import LinkPurpose, OneTimeLink, User
from kernel.clock import now
from kernel.ids import fingerprint, new_secret


@dataclass(frozen=True, kw_only=True)
class NewLink:
    """Whoever holds ``secret`` may set the person's password until then. Nobody can read it again."""

    person: User
    purpose: LinkPurpose
    secret: str = field(repr=False)
    expires_at: datetime


def new_link(person: User) -> NewLink:
    """A link in place of every earlier one of the person. Belongs into the transaction of whoever wants it."""
    purpose = LinkPurpose.INVITATION if person.is_invited else LinkPurpose.PASSWORD
    secret = new_secret()
    expires_at = now() + timedelta(days=settings.ONE_TIME_LINK_DAYS)
    OneTimeLink.objects.filter(user=person).delete()
    OneTimeLink.objects.create(user=person, purpose=purpose, hash=fingerprint(secret), expires_at=expires_at)
    return NewLink(person=person, purpose=purpose, secret=secret, expires_at=expires_at)
