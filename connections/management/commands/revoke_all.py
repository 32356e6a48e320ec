"""``manage.py revoke_all``: end every grant at once."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.actor import Actor
from connections.operations.revoke_all import revoke_all

CONFIRMATION = "revoke all"


class Command(BaseCommand):
    help = "Destroy every token here and revoke every grant at Google. Each connection then needs reauthorization."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="don't ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not options["yes"] and not self._is_confirmed():
            raise CommandError("Nothing was changed.")
        ended = revoke_all(Actor.command(), self._say)
        self.stdout.write(
            f"Ended {ended.grants} grants of {ended.connections} connections: {ended.revoked} revoked at Google"
            f", {ended.waiting} wait for Google, {ended.without_token} without a token to revoke with."
        )
        if ended.waiting:
            self.stdout.write("The worker goes on trying for 24 hours.")

    def _is_confirmed(self) -> bool:
        self.stdout.write("Every connection will need reauthorization, and every run waits until then.")
        self.stdout.write(f"Type {CONFIRMATION!r} to go on:")
        return sys.stdin.readline().strip() == CONFIRMATION

    def _say(self, done: int, total: int) -> None:
        self.stdout.write(f"{done} of {total} grants")
