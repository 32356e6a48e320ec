"""A page in a test, as it is read."""

import html
import re
from typing import Any

from django.test import Client

from access.models import User


def open_page(person: User, path: str, **options: Any) -> Any:
    """The page's answer to that person."""
    return signed_in(person).get(path, **options)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def words_of(response: Any) -> str:
    """What stands on the page itself: entities resolved, tags and runs of blanks left out."""
    page = response.content.decode()
    main = page.partition("<main")[2].partition("</main>")[0] or page
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def links_of(response: Any) -> set[str]:
    """Where its links and buttons lead."""
    return {html.unescape(each) for each in re.findall(r'(?:href|action)="([^"]+)"', response.content.decode())}
