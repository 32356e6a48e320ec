"""``manage.py run_flow``: a flow from a terminal, as with Run on its page."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.actor import Actor, Via
from access.command_line import find_person
from flows.command_line import address_of, failed, find_flow, pairs, read_objects
from flows.models import ENDED, Run, RunState
from flows.operations.start_flow_run import start_flow_run
from flows.queries import visible_run
from flows.run_status import run_status
from kernel.errors import ConsoleError, from_stored

PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    help = "Run a flow now. Prints the run's id; a worker runs it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("flow", help="its id or name")
        parser.add_argument(
            "--as", dest="person", metavar="EMAIL", help="who starts it; the run has the rights of the flow's owner"
        )
        parser.add_argument(
            "--input",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a field of the flow's trigger; given twice, the values are a list",
        )
        parser.add_argument("--json", metavar="FILE", help='a file, or - for standard input, with {"inputs"}')
        parser.add_argument("--idempotency-key", default="", metavar="KEY", help="the same key is the same run")
        parser.add_argument("--follow", action="store_true", help="wait until the run ends or needs a person")

    def handle(self, *_args: Any, **options: Any) -> None:
        actor = Actor.command()
        if options["person"]:
            actor = Actor(user=find_person(options["person"]), via=Via.COMMAND)
        given = read_objects(options["json"], "inputs") if options["json"] else {}
        fields = {**given.get("inputs", {}), **pairs(options["input"])}
        flow = find_flow(actor, options["flow"])
        try:
            run = start_flow_run(actor, flow.pk, fields=fields, idempotency_key=options["idempotency_key"])
        except ConsoleError as error:
            raise failed(error) from None
        self.stdout.write(str(run.pk))
        if options["follow"]:
            self._end(self._follow(actor, run))

    def _follow(self, actor: Actor, run: Run) -> Run:
        """Until the run ends or waits for a person; what waits for its time goes on by itself."""
        said = ""
        while True:
            status = run_status(run)
            if status.words != said:
                self.stderr.write(status.words)
                said = status.words
            if run.state in ENDED or (run.state == RunState.WAITING and status.until is None):
                return run
            time.sleep(PAUSE_SECONDS)
            run = visible_run(actor, run.pk)

    def _end(self, run: Run) -> None:
        """Exits with 1 unless the run is completed."""
        if run.state == RunState.COMPLETED:
            return
        if run.cause is None:
            raise CommandError(f"Run: {address_of(run)}")
        error = from_stored(run.cause)
        raise CommandError(f"{error}\n{error.remedy}\nRun: {address_of(run)}")
