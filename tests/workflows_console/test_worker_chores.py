"""A chore that fails, or is still at work, stops nothing; and no record of it holds anything but how it went."""

import pytest
from django.db import OperationalError, connection
from django.db.models import QuerySet

from access.models import AuditEntry
from access.operations.create_person import create_person
from workflows_console.logging import RedactingFormatter
from workflows_console.worker.chores import CHORES, Chore, do

pytestmark = pytest.mark.django_db


def chore(*outcomes: int | Exception) -> Chore:
    coming = iter(outcomes)

    def work() -> int:
        outcome = next(coming)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return Chore(name="example", work=work)


def test_it_says_how_much_there_was_to_do() -> None:
    example = chore(0, 7)
    assert [do(example), do(example)] == ["done: 0", "done: 7"]


def test_a_failure_is_logged_without_secrets_recorded_by_its_kind_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    example = chore(OperationalError("disk full, token=ya29.canary-canary-canary"), 1)
    assert do(example) == "failed: OperationalError"
    assert do(example) == "done: 1"
    assert "canary" in caplog.text  # as pytest sees it; our formatter is what writes it
    line = RedactingFormatter().format(caplog.records[0])
    assert "housekeeping.failed" in line
    assert "disk full" in line
    assert "canary" not in line


def test_a_turn_that_comes_while_the_one_before_is_at_work_does_nothing() -> None:
    turns: list[str] = []
    slow = Chore(name="slow", work=lambda: turns.append(do(slow)) or 1)  # type: ignore[func-returns-value]
    assert do(slow) == "done: 1"
    assert turns == ["still at work"]


@pytest.mark.parametrize("each", CHORES, ids=lambda each: each.name)
def test_every_chore_has_nothing_to_do_on_an_empty_console(each: Chore) -> None:
    assert do(each) == "done: 0"


def test_it_leaves_the_connection_of_whoever_is_inside_a_transaction() -> None:
    held = connection.connection
    do(chore(0))
    assert connection.connection is held
    assert connection.in_atomic_block


def test_a_broken_audit_trail_is_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    create_person(email="ada@console.example", name="Ada", password="a-long-password", roles=[])
    trail = next(each for each in CHORES if each.name == "verify_audit_trail")
    there = AuditEntry.objects.count()
    assert there > 0
    assert do(trail) == f"done: {there}"
    assert "audit.chain_broken" not in caplog.text
    QuerySet(AuditEntry).update(actor_name="Somebody else")
    do(trail)
    assert "audit.chain_broken" in caplog.text
