"""``manage.py create_api_key EMAIL --name N --permission P``: the key alone on standard output, to be piped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.actor import Actor
from access.command_line import find_person
from access.operations.create_api_key import DEFAULT_DAYS, create_api_key
from access.permissions import PERMISSIONS
from kernel.errors import ConsoleError


class Command(BaseCommand):
    help = "Make an API key that acts for a person, and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the person it acts for; it can do nothing that they can't")
        parser.add_argument("--name", required=True, help="what it is for")
        parser.add_argument(
            "--permission",
            action="append",
            required=True,
            choices=list(PERMISSIONS),
            metavar="PERMISSION",
            help=f"may be given more than once: {', '.join(PERMISSIONS)}",
        )
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help="how long it is good (default: %(default)s)")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            made = create_api_key(
                Actor.command(),
                owner=find_person(options["email"]),
                name=options["name"],
                permissions=options["permission"],
                days=options["days"],
            )
        except ConsoleError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(made.secret)
        self.stderr.write(
            f"“{made.key.name}” acts for {made.key.owner.email} until {made.key.expires_at:%Y-%m-%d}. "
            "The key above is shown only now."
        )
