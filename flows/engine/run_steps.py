"""What a run has recorded, read as it is asked for: a run of many turns isn't read whole at each of its cards."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flows.engine.sealed_values import open_values
from flows.models import StepRun


@dataclass(frozen=True)
class RunSteps:
    """The steps of one run by their paths, each read and opened at most once."""

    run_id: UUID
    _read: dict[str, StepRun | None] = field(default_factory=dict)
    _opened: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def get(self, path: str) -> StepRun | None:
        """The step; None where its card didn't begin."""
        if path not in self._read:
            self.read([path])
        return self._read[path]

    def read(self, paths: Iterable[str]) -> None:
        """Read these at once, where several will be asked for."""
        wanted = [path for path in paths if path not in self._read]
        rows = StepRun.objects.filter(run=self.run_id, path__in=wanted).select_related("run__owner", "connection")
        found = {step.path: step for step in rows}
        self._read.update({path: found.get(path) for path in wanted})

    def opened(self, step: StepRun, name: str) -> Mapping[str, Any]:
        """Its options, inputs or outputs in clear. :raises VaultFailure:"""
        key = step.path, name
        if key not in self._opened:
            self._opened[key] = open_values(step, name)
        return self._opened[key]

    def last(self, within: str = "") -> str:
        """The path of the card that began last, of those whose path begins so; empty where none did."""
        begun = StepRun.objects.filter(run=self.run_id, path__startswith=within)
        return begun.order_by("-position").values_list("path", flat=True).first() or ""
