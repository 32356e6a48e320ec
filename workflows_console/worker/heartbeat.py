"""The name that a worker holds, and the sign of life under it."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from kernel.clock import now
from kernel.ids import new_id
from workflows_console.models import WorkerHeartbeat

FORGOTTEN_AFTER = timedelta(days=7)


class NameTaken(Exception):
    """Another worker is at work under this name."""


class NameLost(Exception):
    """Another worker has taken the name: this one was silent for too long, and must stop."""


def take_name(name: str, wait: Callable[[float], bool]) -> UUID | None:
    """Take the name for this process, and return what marks it as the holder; None when told to stop meanwhile.

    A holder that was killed leaves a sign of life that looks fresh. So it is watched: another one proves that the
    holder lives, and none until it counts as dead frees the name.

    :param wait: waits so many seconds; True when the worker is to stop.
    :raises NameTaken:
    """
    first_seen: WorkerHeartbeat | None = None
    while True:
        row = WorkerHeartbeat.objects.filter(name=name).first()
        if row is None or not _seems_alive(row):
            instance = _take(name, row)
            if instance:
                return instance
            continue
        first_seen = first_seen or row
        if (row.instance, row.beaten_at) != (first_seen.instance, first_seen.beaten_at):
            raise NameTaken
        if wait(settings.WORKER_HEARTBEAT_SECONDS / 5):
            return None


def _seems_alive(row: WorkerHeartbeat) -> bool:
    return row.stopped_at is None and row.beaten_at > now() - timedelta(seconds=settings.WORKER_SILENT_SECONDS)


def _take(name: str, row: WorkerHeartbeat | None) -> UUID | None:
    """The mark, or None when another process was quicker."""
    moment, instance = now(), new_id()
    values = {
        "instance": instance,
        "host": socket.gethostname(),
        "started_at": moment,
        "beaten_at": moment,
        "stopped_at": None,
        "adopted_until": None,
    }
    if row:
        held = WorkerHeartbeat.objects.filter(name=name, instance=row.instance, beaten_at=row.beaten_at)
        return instance if held.update(**values) else None
    try:
        with transaction.atomic():
            WorkerHeartbeat.objects.create(name=name, **values)
    except IntegrityError:
        return None
    return instance


def beat(instance: UUID) -> None:
    """Give a sign of life. :raises NameLost:"""
    if not WorkerHeartbeat.objects.filter(instance=instance).update(beaten_at=now()):
        raise NameLost


def say_stopped(instance: UUID) -> None:
    """The last word of a worker that ends in order."""
    moment = now()
    WorkerHeartbeat.objects.filter(instance=instance).update(beaten_at=moment, stopped_at=moment)


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """A worker as Settings shows it. One that neither stopped nor gave a sign of life for long is missing."""

    name: str
    host: str
    started_at: datetime
    beaten_at: datetime
    stopped_at: datetime | None
    is_missing: bool


def heartbeats() -> list[Heartbeat]:
    """Every worker that was ever heard from, by name."""
    return [
        Heartbeat(
            name=row.name,
            host=row.host,
            started_at=row.started_at,
            beaten_at=row.beaten_at,
            stopped_at=row.stopped_at,
            is_missing=row.stopped_at is None and not _seems_alive(row),
        )
        for row in WorkerHeartbeat.objects.all()
    ]


def forget_workers() -> int:
    """Remove the names of workers that were last heard from a week ago."""
    count, _each = WorkerHeartbeat.objects.filter(beaten_at__lt=now() - FORGOTTEN_AFTER).delete()
    return count


def silence() -> timedelta | None:
    """How long ago any worker was last heard from; None when none ever was."""
    last = WorkerHeartbeat.objects.aggregate(last=Max("beaten_at"))["last"]
    return None if last is None else now() - last
