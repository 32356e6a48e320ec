"""``manage.py create_administrator EMAIL``: the first person of a console, or a further administrator."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.command_line import read_new_password
from access.models import User, normal_email
from access.operations.create_person import create_person
from access.permissions import Role
from kernel.errors import ConsoleError


class Command(BaseCommand):
    help = (
        "Make an administrator. The password comes from a prompt or from standard input; "
        "when it is empty, one is made and printed once. Who exists already gets the role and keeps the password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the address they sign in with")
        parser.add_argument("--name", default="", help="how the console shows them")

    def handle(self, *_args: Any, **options: Any) -> None:
        email = normal_email(options["email"])
        roles = [Role.ADMINISTRATOR]
        if User.objects.filter(email=email).exists():
            create_person(email=email, name="", password="", roles=roles)
            self.stdout.write(f"{email} is an administrator. The password is the one they had.")
            return
        password = read_new_password()
        try:
            create_person(email=email, name=options["name"], password=password.value, roles=roles)
        except ConsoleError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{email} is an administrator.")
        if password.is_generated:
            self.stdout.write(f"Password, shown only now: {password.value}")
