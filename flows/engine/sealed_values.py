"""What passes through a step, sealed under its run's data key."""

import json
from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from flows.models import Run, StepRun
from kernel.clock import now
from vault.cipher import Context
from vault.operations.destroy_data_key import destroy_data_key
from vault.operations.open_sealed import open_sealed
from vault.operations.seal import seal
from vault.operations.verify_sealed import SealedValue

PURPOSE = "run"
OPTIONS, INPUTS, OUTPUTS = "options", "inputs", "outputs"


def _context(step_id: UUID, run_id: UUID, field: str) -> Context:
    """A value opens only for its step, its field and its run."""
    return Context(
        table="flows_steprun",
        row=str(step_id),
        field=field,
        purpose=PURPOSE,
        connector="",
        subject=str(run_id),
        version=1,
    )


def seal_values(step_id: UUID, run_id: UUID, field: str, values: dict[str, Any]) -> bytes:
    plaintext = json.dumps(values).encode()
    return seal(purpose=PURPOSE, owner=run_id, context=_context(step_id, run_id, field), plaintext=plaintext)


def open_values(step: StepRun, field: str) -> dict[str, Any]:
    """The values in clear; empty where none were recorded. :raises VaultFailure: the run's key was destroyed."""
    sealed = getattr(step, f"sealed_{field}")
    if sealed is None:
        return {}
    opened = open_sealed(
        purpose=PURPOSE, owner=step.run_id, context=_context(step.pk, step.run_id, field), sealed=bytes(sealed)
    )
    values: dict[str, Any] = json.loads(opened)
    return values


def destroy_values(run_ids: Collection[UUID]) -> None:
    """Make everything unreadable that passed through some runs, and empty their rows. The runs themselves stay."""
    for run_id in run_ids:
        destroy_data_key(purpose=PURPOSE, owner=run_id)
    StepRun.objects.filter(run__in=run_ids).update(sealed_options=b"", sealed_inputs=b"", sealed_outputs=None)
    Run.objects.filter(pk__in=run_ids).update(data_removed_at=now())


def sealed_steps() -> Iterator[SealedValue]:
    """All that steps keep sealed, for the vault's verification."""
    for step in StepRun.objects.order_by("pk").iterator():
        for field in (OPTIONS, INPUTS, OUTPUTS):
            sealed = getattr(step, f"sealed_{field}")
            if sealed:  # what was purged is empty
                context = _context(step.pk, step.run_id, field)
                yield SealedValue(owner=step.run_id, context=context, sealed=bytes(sealed))
