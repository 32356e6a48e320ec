"""The demo's flows: three examples to open, run and change."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from access.actor import Actor, Via
from access.models import AuditEntry, User
from flows.operations.import_flow import import_flow
from flows.operations.save_flow import save_flow
from workflows_console.demo.connections import ADA

FOLDER = Path(__file__).parent / "examples"


def examples() -> Iterator[dict[str, Any]]:
    """Each as somebody would import it."""
    for path in sorted(FOLDER.glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def make_flows() -> int:
    """Import and save what no earlier start has. Returns how many. What people renamed or deleted isn't made again."""
    actor = Actor(user=User.objects.get(email=ADA), via=Via.COMMAND)
    there = set(AuditEntry.objects.filter(event="flow.imported", via=Via.COMMAND).values_list("object_name", flat=True))
    made = 0
    for document in examples():
        if document["name"] not in there:
            flow = import_flow(actor, document)
            save_flow(actor, flow.pk, edit=flow.edit, saves_data=True)
            made += 1
    return made
