"""``manage.py purge_history``: remove now what the policy no longer keeps, as the worker does each hour."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from access.actor import Actor
from connections.models import Policy
from connections.operations.purge_attempts import purge_attempts
from flows.operations.purge_runs import purge_runs


class Command(BaseCommand):
    help = "Remove what passed through runs, and authorizations, that are older than the policy keeps them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        actor = Actor.command()
        runs = purge_runs(actor, progress=lambda done: self.stderr.write(f"Runs: {done}"))
        attempts = purge_attempts(actor)
        days = Policy.current().retention_days
        if options["json"]:
            self.stdout.write(json.dumps({"runs": runs, "authorizations": attempts, "retention_days": days}))
        else:
            self.stdout.write(
                f"Removed what is older than {days} days. Runs' inputs and outputs: {runs}. Authorizations: {attempts}."
            )
