"""``manage.py verify_vault``: whether everything that is sealed opens."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.actor import Actor
from workflows_console.operations.verify_vault import verify_vault


class Command(BaseCommand):
    help = "Open everything that is sealed, change nothing, and name table and row of what doesn't open."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        verified = verify_vault(Actor.command(), lambda done: self.stderr.write(f"Opened: {done}"))
        if options["json"]:
            failed = [asdict(place) for place in verified.failed]
            self.stdout.write(json.dumps({"opened": verified.opened, "failed": failed}, indent=2))
        else:
            for table, count in verified.opened.items():
                self.stdout.write(f"{table:<32}{count} opened")
            self.stdout.write(f"{sum(verified.opened.values())} opened, {len(verified.failed)} don't open.")
            for place in verified.failed:
                self.stdout.write(f"{place.table:<32}row {place.row}, {place.field}: doesn't open")
        if verified.failed:
            raise CommandError(f"{len(verified.failed)} sealed values don't open.")
