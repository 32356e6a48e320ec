"""What commands take from whoever types them: a person, a new password."""

import getpass
import sys
from dataclasses import dataclass, field

from django.core.management.base import CommandError

from access.models import User
from kernel.ids import new_secret


def find_person(email: str) -> User:
    """The person of that address. :raises CommandError: there is none."""
    try:
        return User.objects.get_by_natural_key(email)
    except User.DoesNotExist:
        raise CommandError(f"There is nobody with the address {email}.") from None


@dataclass(frozen=True, kw_only=True)
class NewPassword:
    """``is_generated`` when the person has to be told it."""

    value: str = field(repr=False)
    is_generated: bool


def read_new_password() -> NewPassword:
    """Asked for twice on a terminal, otherwise the first line of standard input; made up when that is empty.

    :raises CommandError: the two entries differ.
    """
    if sys.stdin.isatty():
        value = getpass.getpass("New password (leave empty to have one made): ")
        if value and getpass.getpass("The same again: ") != value:
            raise CommandError("The two passwords differ. Nothing was changed.")
    else:
        value = sys.stdin.readline().rstrip("\r\n")
    return NewPassword(value=value or new_secret(), is_generated=not value)
