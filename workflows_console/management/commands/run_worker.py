"""``manage.py run_worker``: runs of flows and housekeeping, until it is told to stop."""

import os
import signal
import sys
from threading import Event
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from workflows_console.health import database_state
from workflows_console.worker.engine import start_engine, stop_engine
from workflows_console.worker.engine_database import TooFewConnections
from workflows_console.worker.heartbeat import NameLost, NameTaken, beat, say_stopped, take_name

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Run the worker: runs of flows, their triggers, and housekeeping, as long as it is let."

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda _number, _frame: stop.set())
        state = database_state()
        if state != "ok":
            raise CommandError(f"The worker can't start: {state}. Run manage.py migrate first.")
        name = settings.WORKER_NAME
        try:
            instance = take_name(name, stop.wait)
        except NameTaken:
            raise CommandError(
                f"A worker named {name} is at work. Give this one another name: WORKER_NAME={name}-2"
            ) from None
        if instance is None:
            return
        try:
            start_engine(name)
        except TooFewConnections as error:
            say_stopped(instance)
            raise CommandError(str(error)) from None
        log.info("worker.started", name=name)
        exit_code = 0
        while not stop.wait(settings.WORKER_HEARTBEAT_SECONDS):
            try:
                beat(instance)
            except NameLost:
                log.error("worker.name_lost", name=name)  # noqa: TRY400  (there is nothing to trace)
                exit_code = 1
                break
            except DatabaseError:
                log.exception("worker.heartbeat_failed", name=name)
        stop_engine()
        say_stopped(instance)
        log.info("worker.stopped", name=name)
        sys.stdout.flush()
        sys.stderr.flush()
        # A chore that is still under way would keep the interpreter until it is done.
        os._exit(exit_code)
