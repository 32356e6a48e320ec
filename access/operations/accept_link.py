"""Set a password by a one-time link."""

from dataclasses import replace

from django.db import transaction

from access import audit
from access.actor import Actor
from access.errors import LinkEnded
from access.models import LinkPurpose, OneTimeLink, PersonSession, User
from access.operations.create_person import check_person
from kernel.clock import now

EVENTS = {LinkPurpose.INVITATION: "invitation.accepted", LinkPurpose.PASSWORD: "person.password_set"}


def find_link(link_hash: str) -> OneTimeLink:
    """The link behind that fingerprint, if it still works. :raises LinkEnded: it doesn't."""
    link = (
        OneTimeLink.objects.select_related("user")
        .filter(hash=link_hash, expires_at__gt=now(), user__is_active=True)
        .first()
    )
    if link is None:
        raise LinkEnded
    return link


def accept_link(actor: Actor, *, link_hash: str, name: str, password: str) -> User:
    """The person, with their new password; their sessions elsewhere end. An empty name leaves the one they have.

    :raises LinkEnded: the link was used meanwhile, has expired, or was replaced.
    :raises InputRejected: the password is too weak, or the name too long.
    """
    person = find_link(link_hash).user
    person.name = " ".join(name.split()) or person.name
    check_person(person, password)
    person.set_password(password)
    with transaction.atomic():
        link = OneTimeLink.objects.select_for_update().filter(hash=link_hash, expires_at__gt=now()).first()
        if link is None:
            raise LinkEnded
        link.delete()
        person.save(update_fields=["name", "password"])
        PersonSession.objects.filter(user=person).end()
        about = {"kind": "person", "object_id": str(person.pk), "name": person.email}
        audit.record(replace(actor, user=person), EVENTS[LinkPurpose(link.purpose)], **about, difference=None)
    return person
