"""``manage.py runs``: list, show, resume, release and cancel them in a terminal."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.actor import Actor
from flows.command_line import failed, find_flow, find_run
from flows.history import MOST_COUNTED, RunFilters, RunRow, list_runs
from flows.models import RunState, Trigger
from flows.operations.cancel_run import cancel_run
from flows.operations.decide_outcome import Choice, decide_outcome
from flows.operations.follow_run import follow_run
from flows.operations.release_run import release_run
from flows.operations.resume_run import resume_run
from flows.run_schemas import RunLineOut, RunOut
from kernel.errors import ConsoleError

MOST_LISTED = 1000


class Command(BaseCommand):
    help = "List runs, show one card by card, resume, release or cancel it. What passed through them is never shown."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="runs, the newest first, a line each")
        listing.add_argument("--search", default="", help="flow, card, connection, account, owner or id")
        listing.add_argument("--state", choices=RunState.values, default="")
        listing.add_argument("--trigger", choices=Trigger.values, default="", help="what started it")
        listing.add_argument("--flow", help="its id or name")
        listing.add_argument("--card", default="", metavar="KEY", help="a card that ran, such as gmail.send_email")
        listing.add_argument("--limit", type=int, default=50, metavar="N", help=f"at most {MOST_LISTED}; else 50")
        showing = actions.add_parser("show", help="one run")
        resuming = actions.add_parser("resume", help="go on at the failed card, or decide what became of a message")
        resuming.add_argument("--decision", choices=list(Choice), help="where the outcome is unknown")
        releasing = actions.add_parser("release", help="try now what one waits for")
        canceling = actions.add_parser("cancel", help="end one where it stands; a card under way is still recorded")
        for each in (showing, resuming, releasing, canceling):
            each.add_argument("run", help="its id")
        for each in (listing, showing):
            each.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            if options["action"] == "list":
                self._list(options)
            elif options["action"] == "show":
                self._show(options["run"], as_json=options["json"])
            else:
                self._change(options)
        except ConsoleError as error:
            raise failed(error) from None

    def _list(self, options: dict[str, Any]) -> None:
        actor, limit = Actor.command(), options["limit"]
        if not 1 <= limit <= MOST_LISTED:
            raise CommandError(f"--limit takes 1 to {MOST_LISTED}.", returncode=2)
        filters = RunFilters(
            search=options["search"],
            state=options["state"],
            trigger=options["trigger"],
            card=options["card"],
            flow=find_flow(actor, options["flow"]).pk if options["flow"] else None,
        )
        page = list_runs(actor, filters, limit=limit)
        if options["json"]:
            out = [RunLineOut.of(row).model_dump(mode="json") for row in page.rows]
            self.stdout.write(json.dumps(out, indent=2))
        else:
            for row in page.rows:
                self.stdout.write(_line(row))
        if page.has_next:
            total = f"more than {MOST_COUNTED:,}" if page.total > MOST_COUNTED else f"{page.total:,}"
            self.stderr.write(f"The newest {len(page.rows)} of {total}. More with --limit.")

    def _show(self, name: str, *, as_json: bool) -> None:
        actor = Actor.command()
        out = RunOut.of(actor, follow_run(actor, find_run(actor, name).pk)).model_dump(mode="json")
        if as_json:
            self.stdout.write(json.dumps(out, indent=2))
            return
        self.stdout.write(f"{out['flow_name'] or out['card']}  ({out['status']})")
        for label, value in _facts(out):
            self.stdout.write(f"  {label:<9} {value}")
        for step in out["steps"]:
            self.stdout.write(f"  {step['path']:<24} {step['title']:<28} {step['state']}")
            self._problem(step["problem"])
        if not out["steps"]:
            self._problem(out["problem"])
        if out["decisions"]:
            self.stdout.write(f"  Decide: manage.py runs resume {out['id']} --decision {'|'.join(out['decisions'])}")

    def _problem(self, problem: dict[str, Any] | None) -> None:
        if problem:
            self.stdout.write(f"    {problem['detail']} {problem['remedy']}")

    def _change(self, options: dict[str, Any]) -> None:
        actor, action = Actor.command(), options["action"]
        run_id = find_run(actor, options["run"]).pk
        if action == "resume" and options["decision"]:
            run = decide_outcome(actor, run_id, options["decision"])
        else:
            change = {"resume": resume_run, "release": release_run, "cancel": cancel_run}[action]
            run = change(actor, run_id)
        self.stdout.write(f"The run is {run.get_state_display().lower()}.")


def _line(row: RunRow) -> str:
    place = f"  at {row.at_card}" if row.at_card else ""
    started = f"{row.run.created_at:%Y-%m-%d %H:%M:%S}"
    return f"{row.run.pk}  {started}  {row.status.words:<22}  {row.title}{place}  by {row.starter}"


def _facts(out: dict[str, Any]) -> list[tuple[str, str]]:
    facts = [
        ("run", out["id"]),
        ("owner", out["owner"]),
        ("started", f"{out['started_at'] or 'not yet'}, by {out['started_by']}"),
        ("ended", out["ended_at"]),
        ("version", out["version"]),
        ("waits", out["waiting_since"] and f"since {out['waiting_since']}"),
        ("goes on", out["checked_at"]),
    ]
    return [(label, str(value)) for label, value in facts if value]
