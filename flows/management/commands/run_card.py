"""``manage.py run_card``: a card from a terminal, as from its page."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.actor import Actor, Via
from access.command_line import find_person
from connections.management.commands.connections import find_connection
from flows.catalog import get_card
from flows.command_line import USAGE, address_of, failed, pairs, read_objects
from flows.derive.field_types import Kind, find_field
from flows.derive.plain_values import plain_value
from flows.models import Run, RunState
from flows.operations.follow_run import follow_run
from flows.operations.run_card import run_card
from flows.queries import RunDetails, run_details
from kernel.clock import now
from kernel.errors import ConsoleError

LONGEST_NAP_SECONDS = 5.0


class Command(BaseCommand):
    help = "Run one card with a connection and print its outputs as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("card", help="the card's key, such as gmail.read_email")
        parser.add_argument("--connection", required=True, help="its id or nickname")
        parser.add_argument("--as", dest="person", required=True, metavar="EMAIL", help="whose rights the run has")
        parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
        parser.add_argument(
            "--input",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="given twice, the values are a list; a field inside another is file.file_name=invoice.pdf",
        )
        parser.add_argument(
            "--file", action="append", default=[], metavar="NAME=PATH", help="file.file_content=invoice.pdf"
        )
        parser.add_argument(
            "--json", metavar="FILE", help='a file, or - for standard input, with {"options", "inputs"}'
        )
        parser.add_argument("--follow", action="store_true", help="wait while a lost answer is being checked")

    def handle(self, *_args: Any, **options: Any) -> None:
        actor = Actor(user=find_person(options["person"]), via=Via.COMMAND)
        given = read_objects(options["json"], "options", "inputs") if options["json"] else {}
        try:
            run = run_card(
                actor,
                card_key=options["card"],
                connection_id=find_connection(options["connection"]).pk,
                options={**given.get("options", {}), **pairs(options["option"])},
                inputs={**given.get("inputs", {}), **_nested(_inputs(options))},
            )
        except ConsoleError as error:
            raise failed(error) from None
        if options["follow"]:
            run = self._follow(actor, run)
        self._print(run_details(actor, run))

    def _follow(self, actor: Actor, run: Run) -> Run:
        """Until the run ends or asks for a decision."""
        while checked_at := run_details(actor, run).checked_at:
            wait = (checked_at - now()).total_seconds()
            if wait > 0:
                self.stderr.write(f"Google's answer was lost. It is looked for in {wait:.0f} seconds.")
                time.sleep(min(wait, LONGEST_NAP_SECONDS))
            run = follow_run(actor, run.pk)
        return run

    def _print(self, details: RunDetails) -> None:
        address = address_of(details.run)
        if details.run.state == RunState.COMPLETED:
            self.stdout.write(json.dumps(details.outputs or {}, indent=2, ensure_ascii=False))
            if details.step.note:
                self.stderr.write(details.step.note)
            return
        if details.error:
            where = f"Decide on the page of the run: {address}" if details.may_decide else f"Run: {address}"
            raise CommandError(f"{details.error}\n{details.error.remedy}\n{where}")
        raise CommandError(f"Google's answer was lost and is being checked. Follow the run: {address}")


def _inputs(options: dict[str, Any]) -> dict[str, Any]:
    """What ``--input`` and ``--file`` say, a file as base64. It gives its name too, where none is given."""
    inputs = pairs(options["input"])
    for name, path in pairs(options["file"]).items():
        declared = find_field(get_card(options["card"]).inputs, name)
        if declared is None or declared.kind is not Kind.FILE or not isinstance(path, str):
            raise CommandError(f"--file: {name} takes no file, or got several.", returncode=USAGE)
        try:
            with Path(path).open("rb") as file:
                # One byte too many is enough to be refused
                inputs[name] = plain_value(file.read(declared.spec.most_bytes + 1 if declared.spec.most_bytes else -1))
        except OSError as error:
            raise CommandError(f"--file: {error}", returncode=USAGE) from None
        if declared.spec.file_name_in:
            inputs.setdefault(f"{name.rpartition('.')[0]}.{declared.spec.file_name_in}".lstrip("."), Path(path).name)
    return inputs


def _nested(values: dict[str, Any]) -> dict[str, Any]:
    """``{"file.file_name": …}`` as ``{"file": {"file_name": …}}``."""
    nested: dict[str, Any] = {}
    for name, value in values.items():
        *path, last = name.split(".")
        place = nested
        for each in path:
            place = place.setdefault(each, {})
            if not isinstance(place, dict):
                raise CommandError(f"{name}: {each} has a value of its own already.", returncode=USAGE)
        place[last] = value
    return nested
