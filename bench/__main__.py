"""``make bench``: run every comparison and print its ratio."""

import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workflows_console.settings.test")
os.environ.setdefault("WORKFLOWS_ENV", "test")


def microseconds(work: Callable[[], object], rounds: int) -> float:
    """The median time of one call."""
    times = []
    for _round in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def compare(title: str, ours: Callable[[], object], other: Callable[[], object], rounds: int = 500) -> None:
    """Both, interleaved by halves so that a busy machine slows both down."""
    first = microseconds(ours, rounds), microseconds(other, rounds)
    second = microseconds(ours, rounds), microseconds(other, rounds)
    mine, theirs = (first[0] + second[0]) / 2, (first[1] + second[1]) / 2
    print(f"{title:<58} {mine:9.1f} µs against {theirs:9.1f} µs   ratio {mine / theirs:.2f}")


def main() -> None:
    import django

    django.setup()
    from bench import transport, vault

    vault.run(compare)
    transport.run(compare)


main()
