"""``manage.py make_vault_ring``: a key ring for a console that has none yet."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from vault.ring_file import complete_ring, new_ring


class Command(BaseCommand):
    help = (
        "Make a key ring with a key of each purpose, in a file for its owner alone (0600). In a file that holds a ring "
        "already, only purposes without a key get one."
    )
    requires_system_checks = ()  # they ask for the ring that is to be made

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            default=settings.VAULT_KEY_RING_FILE,
            help="the file, VAULT_KEY_RING_FILE if not given; - prints a new ring, for a secret manager",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        place = options["file"]
        if not place:
            raise CommandError("Name a file, or set VAULT_KEY_RING_FILE.", returncode=2)
        if place == "-":
            self.stdout.write(new_ring(settings.VAULT_PURPOSES), ending="")
            return
        try:
            made = complete_ring(Path(place), settings.VAULT_PURPOSES)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it holds something that is no key ring"
            raise CommandError(f"{place} can't be written: {reason}. Nothing was changed.") from None
        told = f"Made keys for: {', '.join(made)}." if made else "Each purpose has its key already."
        self.stdout.write(f"{place}: {told}")
