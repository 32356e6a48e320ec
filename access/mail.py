"""The mail that brings a one-time link."""

from typing import Final

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from access.models import LinkPurpose
from access.operations.links import NewLink

log = structlog.get_logger(__name__)

SUBJECTS: Final = {
    LinkPurpose.INVITATION: "You are invited to Workflows Console",
    LinkPurpose.PASSWORD: "A new password for Workflows Console",
}


def link_url(link: NewLink) -> str:
    """The address that the person opens."""
    return f"{settings.PUBLIC_URL}{reverse('one_time_link', args=[link.secret])}"


def mail_link(link: NewLink, *, by: str) -> bool:
    """Whether it went out. Without a mail server, or when that refuses, an administrator hands the link over."""
    if not settings.MAIL_IS_SET_UP:
        return False
    text = render_to_string("access/link_mail.txt", {"link": link, "url": link_url(link), "by": by})
    try:
        send_mail(SUBJECTS[link.purpose], text, None, [link.person.email])
    except OSError as error:  # SMTP's own errors are among these
        log.warning("mail.not_sent", person=str(link.person.pk), reason=type(error).__name__)
        return False
    return True
