"""The checklist of google-facts.md as tests: each case says which row it proves."""

from collections.abc import Callable
from typing import TypeVar

Case = TypeVar("Case", bound=Callable[..., object])

ALL_ROWS = frozenset(range(1, 60))

# Rows that no case proves yet. This list may only shrink.
ROWS_TO_COME: frozenset[int] = frozenset()

# Rows of which a part is proven, and what is to come of them.
PARTLY_PROVEN: dict[int, str] = {}


def row(*numbers: int) -> Callable[[Case], Case]:
    """Record on a test which rows of the checklist it proves."""
    unknown = set(numbers) - ALL_ROWS
    if unknown:
        message = f"no such row of the checklist: {sorted(unknown)}"
        raise ValueError(message)

    def record(case: Case) -> Case:
        case.fidelity_rows = numbers  # type: ignore[attr-defined]
        return case

    return record
