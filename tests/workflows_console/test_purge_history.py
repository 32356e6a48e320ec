"""``manage.py purge_history`` does at once what the worker does each hour."""

import json
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from access.actor import Actor, Via
from access.models import AuditEntry
from flows.operations.run_card import run_card
from kernel.clock import now
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.flows.fake_mail import FakeMail, arguments, fake_cards

pytestmark = pytest.mark.django_db


@pytest.fixture
def history() -> None:
    """A card run and an unfinished authorization of thirty-one days ago."""
    person = UserFactory(flow_builder=True)
    with time_machine.travel(now() - timedelta(days=31)), fake_cards(FakeMail()):
        run_card(Actor(user=person, via=Via.API), **arguments(ConnectionFactory(owner=person)))
        attempt = Browser(person).ask()
    attempt.outcome = "expired"
    attempt.save()


def called(*arguments: str) -> tuple[str, str]:
    out, progress = StringIO(), StringIO()
    call_command("purge_history", *arguments, stdout=out, stderr=progress)
    return out.getvalue(), progress.getvalue()


def test_it_says_what_it_removed(history: None) -> None:
    words = "Removed what is older than 30 days. Runs' inputs and outputs: 1. Authorizations: 1.\n"
    assert called() == (words, "Runs: 1\n")
    events = AuditEntry.objects.filter(via="command").values_list("event", flat=True)
    assert set(events) == {"run.data_removed", "authorization.history_removed"}


def test_as_json_standard_output_holds_nothing_else(history: None) -> None:
    out, _progress = called("--json")
    assert json.loads(out) == {"runs": 1, "authorizations": 1, "retention_days": 30}


def test_a_second_time_there_is_nothing(history: None) -> None:
    called()
    out, progress = called("--json")
    assert (json.loads(out)["runs"], json.loads(out)["authorizations"], progress) == (0, 0, "")
