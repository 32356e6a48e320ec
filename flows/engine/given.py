"""What a reference means at one place of a run: the value that was recorded, with its type."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flows.catalog import title_of
from flows.definition import Definition, Place, walk
from flows.engine.run_steps import RunSteps
from flows.engine.sealed_values import INPUTS, OUTPUTS
from flows.engine.walk import failed_within
from flows.functions import for_each, if_error
from flows.mapping import NOTHING, Given, as_text
from flows.models import RunState, StepRun
from flows.outputs import output_type
from flows.references import Ref, refs_in
from kernel.errors import from_stored

_TURN = re.compile(r"(c[0-9]+)\.each\[([0-9]+)\]")


@dataclass(frozen=True)
class Recorded:
    """The lookup for ``mapping.fill``, at one path of a run."""

    definition: Definition
    steps: RunSteps
    path: str

    def __call__(self, ref: Ref) -> Given:
        """The value; :data:`NOTHING` where its card didn't run."""
        card_id = self.path.rsplit("/", 1)[-1]
        declared = output_type(self.definition, card_id, ref)
        value = _at(self.outputs_of(ref.card), ref.path)
        return Given(kind=declared.kind if declared else None, value=value) if value is not None else NOTHING

    def outputs_of(self, card_id: str) -> Mapping[str, Any]:
        place = self._place(card_id)
        path = self.path_of(place) if place else card_id
        step = self.steps.get(path)
        if step is None or step.state != RunState.COMPLETED:
            return {}
        if place is None:  # the trigger
            return self.steps.opened(step, OUTPUTS)
        is_around = f"/{self.path}".find(f"/{card_id}.") >= 0
        if place.card.card == for_each.card.key:
            return self._turn(path, step) if is_around else {"results": self._results(place, path, step)}
        if place.card.card == if_error.card.key:
            failed = failed_within(place.card, path, self.steps)
            return _error(failed) if is_around else {"failed": failed is not None}
        return self.steps.opened(step, OUTPUTS)

    def _place(self, card_id: str) -> Place | None:
        return next((each for each in walk(self.definition) if each.card.id == card_id), None)

    def path_of(self, place: Place) -> str:
        """Where the card ran, in the same turns of For Each as this one."""
        turns = dict(_TURN.findall(self.path))
        around = [
            f"{card.id}.each[{turns.get(card.id, 0)}]" if card.card == for_each.card.key else f"{card.id}.{block}"
            for card, block in place.around
        ]
        return "/".join([*around, place.card.id])

    def _turn(self, path: str, step: StepRun) -> Mapping[str, Any]:
        index = int(dict(_TURN.findall(self.path))[path.rsplit("/", 1)[-1]])
        return {"item": self.steps.opened(step, INPUTS)["list"][index], "number": index + 1}

    def _results(self, place: Place, path: str, step: StepRun) -> list[Any]:
        """What was chosen inside, of every turn that came so far, in one list: texts, or objects."""
        ref = next(refs_in(place.card.options.get("result", "")), None)
        inner = self._place(ref.card) if ref else None
        if ref is None or inner is None:
            return []
        turns = range(len(self.steps.opened(step, INPUTS)["list"]))
        inside = [Recorded(self.definition, self.steps, f"{path}.each[{index}]/{ref.card}") for index in turns]
        self.steps.read([each.path_of(inner) for each in inside])
        values = (_at(each.outputs_of(ref.card), ref.path) for each in inside)
        items = (item for value in values for item in (value if isinstance(value, list) else [value]))
        return [item if isinstance(item, Mapping) else as_text(item) for item in items if item is not None]


def _error(failed: StepRun | None) -> Mapping[str, Any]:
    if failed is None or failed.cause is None:
        return {}
    error = from_stored(failed.cause)
    return {
        "message": error.cause,
        "code": error.code,
        "card": title_of(failed.card_key),
        "run": str(failed.run_id),
    }


def _at(values: Any, path: tuple[str, ...]) -> Any:
    found = values
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
