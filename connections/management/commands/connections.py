"""``manage.py connections``: list, show, check, pause, resume and delete them in a terminal."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.actor import Actor
from connections.api.upkeep import CheckOut
from connections.extensions import get_connector, short_scope
from connections.models import Connection, Status, nickname_key
from connections.operations.check_connection import CheckResult, check_connection
from connections.operations.delete_connection import delete_connection
from connections.operations.pause_connection import pause_connection
from connections.operations.resume_connection import resume_connection
from connections.readiness import card_readiness, coverage, state_of
from connections.schemas import ConnectionOut
from kernel.errors import ConsoleError


class Command(BaseCommand):
    help = "List connections, show one with what each card would meet, test, pause, resume or delete it."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="all connections, a line each")
        listing.add_argument("--status", choices=Status.values)
        showing = actions.add_parser("show", help="one connection")
        showing.add_argument("connection", help="its id or nickname")
        checking = actions.add_parser("check", help="ask Google whether one works, or all; no content is read")
        checking.add_argument("connection", nargs="?", help="its id or nickname")
        checking.add_argument("--all", action="store_true", help="every connection")
        pausing = actions.add_parser("pause", help="stop every use of one; its grant stays")
        pausing.add_argument("connection", help="its id or nickname")
        resuming = actions.add_parser("resume", help="let a paused one be used again")
        resuming.add_argument("connection", help="its id or nickname")
        deleting = actions.add_parser("delete", help="delete one, and revoke its grant if nothing else shares it")
        deleting.add_argument("connection", help="its id or nickname")
        deleting.add_argument("--confirm", metavar="NICKNAME", default="", help="needed when something uses it")
        for each in (listing, showing, checking):
            each.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["action"] == "list":
            self._list(options["status"], as_json=options["json"])
            return
        if options["action"] == "check":
            self._check(options["connection"], every=options["all"], as_json=options["json"])
            return
        connection = find_connection(options["connection"])
        if options["action"] == "show":
            self._show(connection, as_json=options["json"])
            return
        try:
            self._change(connection, options)
        except ConsoleError as error:
            raise CommandError(f"{error.cause} {error.remedy}") from None

    def _check(self, name: str | None, *, every: bool, as_json: bool) -> None:
        """Exits with 1 when one of them doesn't work."""
        if bool(name) == every:
            raise CommandError("Name one connection, or give --all.", returncode=2)
        chosen = (
            [find_connection(name)] if name else Connection.objects.filter(deleted_at=None).order_by("nickname_key")
        )
        results = [check_connection(Actor.command(), each.pk) for each in chosen]
        if as_json:
            out = [{"id": str(each.connection.pk), **CheckOut.of(each).model_dump(mode="json")} for each in results]
            self.stdout.write(json.dumps(out, indent=2))
        else:
            self._show_checks(results)
        if not all(each.is_fine for each in results):
            raise CommandError("Not every connection works.")

    def _show_checks(self, results: Iterable[CheckResult]) -> None:
        for result in results:
            connection = result.connection
            self.stdout.write(f"{connection.nickname}  ({connection.get_status_display()})")
            for step in (*result.steps, *result.roles):
                self.stdout.write(f"  {step.fact:<36} {step.answer}")
                if step.error:
                    self.stdout.write(f"    {step.error.cause} {step.error.remedy}")

    def _change(self, connection: Connection, options: dict[str, Any]) -> None:
        actor = Actor.command()
        if options["action"] == "delete":
            revocation = delete_connection(actor, connection.pk, confirmation=options["confirm"])
            self.stdout.write(f"{connection.nickname} is deleted, its tokens are destroyed.")
            self.stdout.write(f"The grant of {connection.account_email}: {revocation.get_state_display()}.")
            return
        change = pause_connection if options["action"] == "pause" else resume_connection
        changed = change(actor, connection.pk)
        self.stdout.write(f"{changed.nickname} is {changed.get_status_display().lower()}.")

    def _list(self, status: str | None, *, as_json: bool) -> None:
        rows = Connection.objects.filter(deleted_at=None).select_related("owner", "paused_by").order_by("nickname_key")
        if status:
            rows = rows.filter(status=status)
        if as_json:
            out = [ConnectionOut.of(row, get_connector(row.connector)).model_dump(mode="json") for row in rows]
            self.stdout.write(json.dumps(out, indent=2))
            return
        for row in rows:
            covered = coverage(state_of(row), get_connector(row.connector))
            self.stdout.write(
                f"{row.pk}  {row.nickname:<28}  {row.account_email:<32}  {row.get_status_display():<22}  "
                f"{covered.served} of {covered.total} cards"
            )

    def _show(self, connection: Connection, *, as_json: bool) -> None:
        connector = get_connector(connection.connector)
        out = ConnectionOut.of(connection, connector).model_dump(mode="json")
        if as_json:
            self.stdout.write(json.dumps(out, indent=2))
            return
        self.stdout.write(f"{connection.nickname}  ({connection.get_status_display()})")
        self.stdout.write(f"  account  {connection.account_email}, {connection.get_account_type_display()}")
        self.stdout.write(f"  owner    {connection.owner.email}")
        self.stdout.write(f"  granted  {', '.join(map(short_scope, connection.granted_scopes))}")
        state = state_of(connection)
        for card in connector.cards:
            readiness = card_readiness(state, card)
            self.stdout.write(f"  {card.title:<28}  {'Ready' if readiness.is_ready else 'Not ready'}")
            for finding in readiness.findings:
                self.stdout.write(f"    {finding.cause} {finding.remedy}")


def find_connection(name: str) -> Connection:
    """A connection by id or nickname. :raises CommandError: there is none, or more than one connector has it."""
    rows = Connection.objects.filter(deleted_at=None)
    try:
        found = list(rows.filter(pk=UUID(name)))
    except ValueError:
        found = list(rows.filter(nickname_key=nickname_key(name)))
    if len(found) != 1:
        raise CommandError(f"There is no connection {name!r}. List them: manage.py connections list")
    return found[0]
