"""What commands about flows and runs take from whoever types them, and how they end."""

import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import CommandError
from django.urls import reverse

from access.actor import Actor
from flows.flow_queries import visible_flow
from flows.models import Flow, Run
from flows.queries import visible_run
from kernel.errors import ConsoleError, InputRejected, NotFound

USAGE = 2


def failed(error: ConsoleError) -> CommandError:
    """The end of a command that met this error; what was typed wrongly ends it with its own code."""
    code = USAGE if isinstance(error, InputRejected) else 1
    return CommandError(f"{error}\n{error.remedy}", returncode=code)


def pairs(texts: list[str]) -> dict[str, Any]:
    """``name=value`` texts by name; a name given twice has a list. :raises CommandError: one is no such text."""
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise CommandError(f"{text!r} is not NAME=VALUE.", returncode=USAGE)
        if name not in values:
            values[name] = value
        else:
            values[name] = [*(values[name] if isinstance(values[name], list) else [values[name]]), value]
    return values


def read_objects(place: str, *names: str) -> dict[str, dict[str, Any]]:
    """The objects of these names in a JSON file, or of standard input for ``-``. :raises CommandError: it is none."""
    try:
        given = json.loads(sys.stdin.read() if place == "-" else Path(place).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"--json: {error}", returncode=USAGE) from None
    is_right = isinstance(given, dict) and given.keys() <= set(names)
    if not is_right or not all(isinstance(each, dict) for each in given.values()):
        shape = ", ".join(f'"{name}": {{…}}' for name in names)
        raise CommandError(f"--json takes {{{shape}}}.", returncode=USAGE)
    return dict(given)


def find_flow(actor: Actor, name: str) -> Flow:
    """A flow that the actor may know of, by id or name. :raises CommandError: there is none, or more than one."""
    try:
        return visible_flow(actor, UUID(name))
    except ValueError:
        found = list(Flow.objects.visible_to(actor).filter(name__iexact=name)[:2])
    except NotFound:
        found = []
    if len(found) > 1:
        raise CommandError(f"More than one flow is called {name!r}. Give the id: it ends the address of the flow.")
    if not found:
        raise CommandError(f"There is no flow {name!r}.")
    return found[0]


def find_run(actor: Actor, name: str) -> Run:
    """A run by its id. :raises CommandError: there is none that the actor may know of."""
    try:
        return visible_run(actor, UUID(name))
    except (ValueError, NotFound):
        raise CommandError(f"There is no run {name!r}. List them: manage.py runs list") from None


def address_of(run: Run) -> str:
    """The address of the run's page."""
    return f"{settings.PUBLIC_URL}{reverse('run', args=[run.pk])}"
