"""``manage.py set_password EMAIL``: for people who forgot theirs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.actor import Actor
from access.command_line import find_person, read_new_password
from access.operations.set_password import set_password
from kernel.errors import ConsoleError


class Command(BaseCommand):
    help = (
        "Give a person a new password and end their sessions. It comes from a prompt or from standard input; "
        "when it is empty, one is made and printed once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address they sign in with")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            person = find_person(options["email"])
            password = read_new_password()
            set_password(Actor.command(), person=person, password=password.value)
        except ConsoleError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{person.email} has a new password. Their sessions have ended.")
        if password.is_generated:
            self.stdout.write(f"Password, shown only now: {password.value}")
