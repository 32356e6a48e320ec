"""``manage.py connections list|show``: what the Connections page shows, in a terminal."""

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.extensions import get_connector, short_scope
from connections.models import Connection, Status, nickname_key
from connections.readiness import card_readiness, coverage, state_of
from connections.schemas import ConnectionOut


class Command(BaseCommand):
    help = "List connections, or show one with what each card would meet."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="all connections, a line each")
        listing.add_argument("--status", choices=Status.values)
        showing = actions.add_parser("show", help="one connection")
        showing.add_argument("connection", help="its id or nickname")
        for each in (listing, showing):
            each.add_argument("--json", action="store_true", help="as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["action"] == "list":
            self._list(options["status"], as_json=options["json"])
        else:
            self._show(find_connection(options["connection"]), as_json=options["json"])

    def _list(self, status: str | None, *, as_json: bool) -> None:
        rows = Connection.objects.filter(deleted_at=None).select_related("owner").order_by("nickname_key")
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
