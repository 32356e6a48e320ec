"""Demo people and connections for a local console, made once."""

import time
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from access.actor import Actor, Via
from access.demo_people import DEMO_PASSWORD, DEMO_PEOPLE
from access.models import User
from access.operations.create_person import create_person
from connections.models import Connection
from connections.operations.get_access_token import get_access_token
from flows.operations.run_card import run_card
from kernel.errors import ConsoleError, ReauthorizationNeeded
from workflows_console.demo.connections import PAYROLL, PLAN, PRESS, TRAVEL, DemoConnection, connect

WAIT_SECONDS = 30
SEVEN_DAYS = "604799"


class Command(BaseCommand):
    help = "Make demo people of each role and connections in each status, by real consent at the sandbox."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.SANDBOX_URL or not settings.SHOW_DEMO_PEOPLE:
            raise CommandError("Demo data belongs to a local console with the sandbox. Start it with: make run")
        for person in DEMO_PEOPLE:
            create_person(email=person.email, name=person.name, password=DEMO_PASSWORD, roles=person.roles)
        there = set(Connection.objects.values_list("nickname", flat=True))
        missing = [demo for demo in PLAN if demo.nickname not in there]
        if missing:
            self._wait_for_google()
            for demo in missing:
                self._make(demo)
            self.stdout.write(f"{len(missing)} demo connections made by consent at {settings.SANDBOX_URL}")
        self.stdout.write(f"\nWorkflows Console: {settings.PUBLIC_URL}  (password of each: {DEMO_PASSWORD})")
        for person in DEMO_PEOPLE:
            self.stdout.write(f"  {person.email:<24} {', '.join(person.roles)}")
        self.stdout.write("")

    def _wait_for_google(self) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{settings.SANDBOX_URL}/_sandbox/api/healthz", timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.1)
        raise CommandError(f"The sandbox at {settings.SANDBOX_URL} didn't answer within {WAIT_SECONDS} seconds.")

    def _control(self, path: str, body: dict[str, Any]) -> None:
        response = requests.post(f"{settings.SANDBOX_URL}/_sandbox/api/{path}", json=body, timeout=10)
        response.raise_for_status()

    def _make(self, demo: DemoConnection) -> None:
        actor = Actor(user=User.objects.get(email=demo.owner), via=Via.COMMAND)
        if demo is TRAVEL:
            staged = {"name": "time_limited", "value": SEVEN_DAYS, "account": demo.account, "count": 1}
            self._control("scenarios", staged)
        connection = connect(actor, demo)
        if demo is PAYROLL:
            self._end_grant(connection, demo)
        if demo is PRESS:
            # The account has no Gmail license: the first card learns it, and the connection is blocked.
            options: dict[str, Any] = {}
            inputs = {"message_id": "19e1acd465710c93"}
            run_card(actor, card_key="gmail.read_email", connection_id=connection.pk, options=options, inputs=inputs)

    def _end_grant(self, connection: Connection, demo: DemoConnection) -> None:
        """The person removes the access at Google, and the next refresh learns it."""
        token = get_access_token(connection)
        self._control("revoke", {"account": demo.account})
        try:
            get_access_token(connection, stale=token)
        except ReauthorizationNeeded:
            return
        except ConsoleError as error:
            raise CommandError(str(error)) from None
