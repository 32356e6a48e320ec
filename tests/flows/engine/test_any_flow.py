"""Any flow of function cards goes the way that a plain reading of it goes, though the runner keeps nothing but rows."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.definition import PlacedCard, PlacedTrigger, TriggerKind
from flows.models import RunState
from tests.flow_runs import build_flow, card, paths, start
from tests.flows.engine.conftest import Runner
from tests.flows.engine.placed import catch, compose, each

pytestmark = pytest.mark.django_db(transaction=True)

BODY = {"none": [], "one": ["a"], "three": ["a", "b", "c"], "broken": "no list", "yes": "yes"}


@dataclass(frozen=True)
class Drawn:
    """A card before it has an id. ``kind`` says what it does, ``blocks`` what lies in it."""

    kind: str
    blocks: tuple[tuple["Drawn", ...], ...] = field(default=())


def blocks(count: int, inner: st.SearchStrategy[Drawn]) -> st.SearchStrategy[tuple[tuple[Drawn, ...], ...]]:
    return st.tuples(*[st.lists(inner, max_size=3).map(tuple)] * count)


PLAIN = st.sampled_from(["compose", "compose", "goes on", "stops", "fails"]).map(Drawn)
ANY = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.builds(Drawn, st.sampled_from(["then", "else", "catch"]), blocks(2, inner)),
        st.builds(Drawn, st.sampled_from(["none", "one", "three"]), blocks(1, inner)),
    ),
    max_leaves=6,
)


def placed(drawn: tuple[Drawn, ...], ids: Iterator[int]) -> tuple[PlacedCard, ...]:
    return tuple(_placed(meant, f"c{next(ids)}", ids) for meant in drawn)


def _placed(drawn: Drawn, card_id: str, ids: Iterator[int]) -> PlacedCard:
    inner = [placed(block, ids) for block in drawn.blocks]
    match drawn.kind:
        case "compose":
            return compose(card_id)
        case "goes on" | "stops":
            other = "yes" if drawn.kind == "goes on" else "no"
            return card(card_id, "function.continue_if", inputs=compared(other))
        case "fails":
            return each(card_id, "{{trigger.body.broken}}")
        case "then" | "else":
            other = "yes" if drawn.kind == "then" else "no"
            named = {"then": inner[0], "else": inner[1]}
            return card(card_id, "function.if_else", inputs=compared(other), blocks=named)
        case "catch":
            return catch(card_id, inner[0], inner[1])
        case _:
            return each(card_id, f"{{{{trigger.body.{drawn.kind}}}}}", *inner[0])


def compared(other: str) -> dict[str, str]:
    return {"value": "{{trigger.body.yes}}", "compared_with": other}


class Stopped(Exception):
    """A Continue If let no further card run."""


class Failed(Exception):
    """A card failed."""


def expected(drawn: tuple[Drawn, ...], cards: tuple[PlacedCard, ...], before: str, went: list[str]) -> None:
    """Lists where the cards go. :raises Stopped: :raises Failed:"""
    for meant, placed_card in zip(drawn, cards, strict=True):
        went.append(f"{before}{placed_card.id}")
        if meant.kind == "stops":
            raise Stopped
        if meant.kind == "fails":
            raise Failed
        _expected_within(meant, placed_card, went[-1], went)


def _expected_within(meant: Drawn, placed_card: PlacedCard, path: str, went: list[str]) -> None:
    inner = list(zip(meant.blocks, placed_card.blocks.values(), strict=True))
    match meant.kind:
        case "then":
            expected(*inner[0], f"{path}.then/", went)
        case "else":
            expected(*inner[1], f"{path}.else/", went)
        case "catch":
            try:
                expected(*inner[0], f"{path}.try/", went)
            except Failed:
                expected(*inner[1], f"{path}.error/", went)
        case "none" | "one" | "three":
            for index in range(len(BODY[meant.kind])):
                with suppress(Stopped):
                    expected(*inner[0], f"{path}.each[{index}]/", went)


@given(drawn=st.lists(ANY, min_size=1, max_size=4).map(tuple))
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[*HealthCheck])
def test_it_runs_the_cards_that_a_plain_reading_runs(drawn: tuple[Drawn, ...], runner: Runner) -> None:
    cards = placed(drawn, iter(range(1, 1000)))
    went: list[str] = []
    state = RunState.FAILED
    with suppress(Failed):
        with suppress(Stopped):
            expected(drawn, cards, "", went)
        state = RunState.COMPLETED
    flow = build_flow(runner.actor, *cards, trigger=PlacedTrigger(kind=TriggerKind.API))
    run = runner.work(start(runner.actor, flow, body=BODY))
    assert (paths(run), run.state) == (went, state)
