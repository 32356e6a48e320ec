"""A leg goes card by card, and a database that is away for a moment is no failure of the card's."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError

from kernel.ids import new_id
from workflows_console.worker import run_legs as module
from workflows_console.worker.run_legs import TRIES, _card

pytestmark = pytest.mark.django_db
RUN = new_id()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it waited, instead of waiting."""
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    return waited


@pytest.fixture
def card_gives(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[UUID, int]]]:
    """What ``take_step`` gives from now on, in order; returns the calls."""

    def give(*outcomes: bool | Exception) -> list[tuple[UUID, int]]:
        calls: list[tuple[UUID, int]] = []
        coming = iter(outcomes)

        def take_step(run_id: UUID, leg: int) -> bool:
            calls.append((run_id, leg))
            outcome = next(coming)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(module, "take_step", take_step)
        return calls

    return give


def test_a_database_that_is_away_for_a_moment_is_asked_again_and_longer_each_time(
    pauses: list[float], card_gives: Callable[..., list[tuple[UUID, int]]]
) -> None:
    calls = card_gives(OperationalError("too many clients"), InterfaceError("connection closed"), True)
    assert _card(str(RUN), 3) is True
    assert calls == [(RUN, 3)] * 3
    assert pauses == [0.2, 0.4]


def test_one_that_stays_away_ends_the_leg(
    pauses: list[float], card_gives: Callable[..., list[tuple[UUID, int]]]
) -> None:
    calls = card_gives(*[OperationalError("away")] * (TRIES + 1))
    with pytest.raises(OperationalError):
        _card(str(RUN), 1)
    assert (len(calls), len(pauses)) == (TRIES + 1, TRIES)


def test_any_other_failure_ends_the_leg_at_once(
    pauses: list[float], card_gives: Callable[..., list[tuple[UUID, int]]]
) -> None:
    calls = card_gives(DatabaseError("no such column"))
    with pytest.raises(DatabaseError):
        _card(str(RUN), 1)
    assert (len(calls), pauses) == (1, [])
