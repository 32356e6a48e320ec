"""Demo people, connections and flows for a local console, made once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from access.demo_people import DEMO_PASSWORD, DEMO_PEOPLE
from access.operations.create_person import create_person
from kernel.errors import ConsoleError
from workflows_console.demo.connections import make, to_do
from workflows_console.demo.consent import NotConsented
from workflows_console.demo.flows import make_flows
from workflows_console.demo.sandbox import SandboxSilent, wait_for_sandbox


class Command(BaseCommand):
    help = "Make demo people of each role, connections in each status by real consent at the sandbox, example flows."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.SANDBOX_URL or not settings.SHOW_DEMO_PEOPLE:
            raise CommandError("Demo data belongs to a local console with the sandbox. Start it with: make run")
        for person in DEMO_PEOPLE:
            create_person(email=person.email, name=person.name, password=DEMO_PASSWORD, roles=person.roles)
        self._make_connections()
        made = make_flows()
        if made:
            self.stdout.write(f"{made} example flows made")
        self.stdout.write(f"\nWorkflows Console: {settings.PUBLIC_URL}  (password of each: {DEMO_PASSWORD})")
        for person in DEMO_PEOPLE:
            self.stdout.write(f"  {person.email:<24} {', '.join(person.roles)}")
        self.stdout.write("")

    def _make_connections(self) -> None:
        missing = list(to_do())
        if not missing:
            return
        try:
            wait_for_sandbox()
        except SandboxSilent:
            raise CommandError(f"The sandbox at {settings.SANDBOX_URL} doesn't answer. Is it started?") from None
        made = 0
        for demo, connection in missing:
            try:
                make(demo, connection)
            except (ConsoleError, NotConsented) as error:
                # A policy may refuse it, or a person may have taken the nickname: no reason to keep the console down.
                self.stderr.write(f"Left out: the demo connection {demo.nickname}. {error}")
            else:
                made += 1
        self.stdout.write(f"{made} demo connections made by consent at {settings.SANDBOX_URL}")
