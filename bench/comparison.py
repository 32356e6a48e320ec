"""Two ways of doing one thing, timed side by side."""

import statistics
import time
from collections.abc import Callable
from typing import Protocol

ROUNDS, CALLS = 30, 40


class Compare(Protocol):
    """What a bench calls: a title, our way, the other way."""

    def __call__(self, title: str, ours: Callable[[], object], other: Callable[[], object]) -> None: ...


def _microseconds(work: Callable[[], object]) -> float:
    """The mean of some calls."""
    start = time.perf_counter()
    for _call in range(CALLS):
        work()
    return (time.perf_counter() - start) / CALLS * 1e6


def compare(title: str, ours: Callable[[], object], other: Callable[[], object]) -> None:
    """Print both medians and their ratio. The rounds alternate, so that a busy machine slows both down."""
    _microseconds(ours), _microseconds(other)
    rounds = [(_microseconds(ours), _microseconds(other)) for _round in range(ROUNDS)]
    mine, theirs = (statistics.median(times) for times in zip(*rounds, strict=True))
    ratio = statistics.median(first / second for first, second in rounds)
    print(f"{title:<44} {mine:9.1f} µs  against {theirs:9.1f} µs   ratio {ratio:5.2f}")
