"""``python -m tests.stopping_worker <point> <folder>``: a worker whose cards stop at a named point, to be killed there.

Each run that arrives leaves a file named after its step in the folder. The point ``nowhere`` is a plain worker. Times
that a person would wait for are fractions of a second.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHORT = {
    "DRAFT_SETTLE_SECONDS": 0.3,
    "GMAIL_READ_SECONDS": 1,
    "CARD_RETRY_SECONDS": 0.1,
    "RUN_SWEEP_SECONDS": 1,
    "WORKER_STOP_SECONDS": 0,
}
POINTS = ("claimed", "prepared", "staged", "dispatching", "called", "recorded")
"""In the order in which a send passes them: the row is claimed; the message is made; the draft is there; the send is
recorded, before its call; the call is over, before that is recorded; it is recorded, before the next card."""
SEND = "gmail.send_email"
Wrapped = Callable[..., Any]
SENDS = ("gmail.users.drafts.send", "gmail.users.messages.send")


def main(point: str, folder: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workflows_console.settings.local")
    import django
    from django.conf import settings

    for name, value in SHORT.items():
        setattr(settings, name, value)
    settings.HOUSEKEEPING = {
        name: "* * * * * *" if name in {"follow_flow_runs", "adopt_runs"} else "0 0 1 1 *"
        for name in settings.HOUSEKEEPING
    }
    django.setup()
    stop_at(point, Path(folder))
    from django.core.management import call_command

    call_command("run_worker")


class Stopping:
    """Wraps what a send passes, so that it goes no further than the point."""

    def __init__(self, point: str, folder: Path) -> None:
        self.point, self.folder = point, folder
        self.current = threading.local()

    def arrive(self) -> None:
        (self.folder / getattr(self.current, "step", "unknown")).touch()
        time.sleep(3600)

    def run_step(self, original: Wrapped) -> Wrapped:
        def claimed(step: Any, **more: Any) -> None:
            self.current.step = str(step.pk)
            if self.point == "claimed" and step.card_key == SEND:
                self.arrive()
            original(step, **more)

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


if __name__ == "__main__":
    main(*sys.argv[1:])
