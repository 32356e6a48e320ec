"""``python -m tests.stopping_worker``: real workers whose cards stop at a named point, to be killed there.

It reads jobs from its input, one JSON object a line, and does each in a process of its own, whose id it prints. It is
loaded once and forked for each job, or most of such a test would be Python starting. Times that a person would wait
for are fractions of a second.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

SHORT: dict[str, Any] = {
    "DRAFT_SETTLE_SECONDS": 0.3,
    "GMAIL_READ_SECONDS": 1,
    "CARD_RETRY_SECONDS": 0.1,
    "RUN_SWEEP_SECONDS": 1,
    "WORKER_STOP_SECONDS": 0,
    "WORKER_HEARTBEAT_SECONDS": 0.1,
    "WORKER_SILENT_SECONDS": 0.5,
}
POINTS = ("claimed", "prepared", "staged", "dispatching", "called", "recorded")
"""In the order in which a send passes them: the row is claimed; the message is made; the draft is there; the send is
recorded, before its call; the call is over, before that is recorded; it is recorded, before the next card."""
NOWHERE = "nowhere"
SEND = "gmail.send_email"
SENDS = ("gmail.users.drafts.send", "gmail.users.messages.send")
OWNER = "kim@console.example"
Wrapped = Callable[..., Any]


# ------------------------------------------------------------------ jobs


def work(*, name: str, point: str, folder: str, settings: dict[str, Any]) -> None:
    """A worker. It leaves a file ``<step>.arrived`` in the folder for each card that stops, until there is ``go``."""
    from django.conf import settings as ours
    from django.core.management import call_command

    for setting, value in (settings | {"WORKER_NAME": name}).items():
        setattr(ours, setting, value)
    if point != NOWHERE:
        stop_at(point, Path(folder))
    call_command("run_worker")


def make_flows(*, accounts: dict[str, str], grants: list[str]) -> dict[str, str]:
    """A flow for each account and grant, which sends one mail and has a card after it. Their ids by both words."""
    from access.actor import Actor, Via
    from access.operations.create_person import create_person
    from access.permissions import Role
    from tests.flow_runs import asks_for, build_flow, card
    from workflows_console.demo.connections import DemoConnection, _connect

    roles = [Role.ADMINISTRATOR]
    actor = Actor(user=create_person(email=OWNER, name="Kim", password="a-long-password", roles=roles), via=Via.COMMAND)
    mail = {"to": ["ben@acme.example"], "subject": "{{trigger.subject}}", "body": "Once."}
    flows = {}
    for account, address in accounts.items():
        for grant in grants:
            name = f"{account} {grant}"
            connection = _connect(actor, DemoConnection(nickname=name, owner=OWNER, account=address, scopes=(grant,)))
            sends = card("c1", SEND, connection, options={"body_is_html": False}, inputs=mail)
            after = card("c2", "function.compose", inputs={"text": "{{c1.message_id}}"})
            flows[name] = str(build_flow(actor, sends, after, trigger=asks_for("subject"), name=name).pk)
    return flows


def start_runs(*, runs: Iterable[tuple[str, str]]) -> list[str]:
    """A run for each subject and flow, queued. Their ids."""
    from uuid import UUID

    from access.actor import Actor, Via
    from access.models import User
    from flows.operations.start_flow_run import start_flow_run

    actor = Actor(user=User.objects.get(email=OWNER), via=Via.COMMAND)
    return [str(start_flow_run(actor, UUID(flow), fields={"subject": subject}).pk) for subject, flow in runs]


# ------------------------------------------------------------------ where a worker stops


class Stopping:
    """Wraps what a send passes, so that it goes no further than the point."""

    def __init__(self, point: str, folder: Path) -> None:
        self.point, self.folder = point, folder
        self.current = threading.local()

    def arrive(self) -> None:
        (self.folder / f"{self.current.step}.arrived").touch()
        while not (self.folder / "go").exists():
            time.sleep(0.05)

    def run_step(self, original: Wrapped) -> Wrapped:
        def claimed(step: Any, **more: Any) -> None:
            self.current.step = step.pk
            if self.point == "claimed" and step.card_key == SEND:
                self.arrive()
            original(step, **more)
            (self.folder / f"{step.pk}.left").touch()

        return claimed

    def record(self, original: Wrapped) -> Wrapped:
        def recorded(step: Any, **values: Any) -> None:
            original(step, **values)
            if values.get("phase") == self.point:
                self.arrive()

        return recorded

    def complete(self, original: Wrapped) -> Wrapped:
        def completed(step: Any, *values: Any) -> None:
            original(step, *values)
            if self.point == "recorded" and step.card_key == SEND:
                self.arrive()

        return completed

    def call(self, original: Wrapped) -> Wrapped:
        def called(client: Any, what: str, request: Any, **more: Any) -> Any:
            try:
                return original(client, what, request, **more)
            finally:
                if self.point == "called" and request.methodId in SENDS:
                    self.arrive()

        return called


def stop_at(point: str, folder: Path) -> None:
    from flows.engine import once_only, run_flow, run_step
    from gmail_connector.client import GmailClient

    stopping = Stopping(point, folder)
    places: tuple[tuple[Any, str], ...] = (
        (run_flow, "run_step"),
        (once_only, "record"),
        (run_step, "complete"),
        (GmailClient, "call"),
    )
    for place, name in places:
        setattr(place, name, getattr(stopping, name)(getattr(place, name)))


# ------------------------------------------------------------------ one process for each job


def prepare() -> None:
    import django
    from django.conf import settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workflows_console.settings.local")
    for name, value in SHORT.items():
        setattr(settings, name, value)
    settings.HOUSEKEEPING = {
        name: "* * * * * *" if name in {"follow_flow_runs", "adopt_runs"} else "0 0 1 1 *"
        for name in settings.HOUSEKEEPING
    }
    django.setup()
    from tests import flow_runs  # noqa: F401
    from workflows_console.management.commands import run_worker  # noqa: F401  (loads DBOS)

    assert threading.active_count() == 1  # or a fork would lose the others


def main() -> None:
    prepare()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        process = os.fork()
        if not process:
            do(json.loads(line))
        print(process, flush=True)


def do(job: dict[str, Any]) -> None:
    """Do the job and end. What it returns goes into a file, there at once as a whole."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    answer = job.pop("answer", None)
    try:
        jobs: dict[str, Wrapped] = {"work": work, "make_flows": make_flows, "start_runs": start_runs}
        result = jobs[job.pop("do")](**job)
        if answer:
            partly = Path(f"{answer}.partly")
            partly.write_text(json.dumps(result))
            partly.rename(answer)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
