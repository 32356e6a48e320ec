"""A flow's run whose card, or whose flow, isn't there any more."""

import pytest

from flows.definition import read_definition
from flows.errors import CardUnknown, FlowHasFindings
from flows.findings import definition_findings
from flows.models import FlowVersion, RunState
from flows.operations.start_flow_run import start_flow_run
from kernel.errors import from_stored
from tests.consents import Browser
from tests.flow_runs import Queue, build_flow, card

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_card_that_this_console_does_not_have_is_found_and_does_not_run(ada: Browser, queue: Queue) -> None:
    flow = build_flow(ada.actor, card("c1", "gmail.fold_letter"))
    (finding,) = definition_findings(read_definition(flow.draft))
    assert isinstance(finding.error, CardUnknown)
    assert str(finding) == "Card 2, gmail.fold_letter: This console has no card gmail.fold_letter."
    with pytest.raises(FlowHasFindings) as refused:
        start_flow_run(ada.actor, flow.pk, fields={})
    assert "no card gmail.fold_letter" in refused.value.cause


def test_a_card_that_was_taken_away_while_a_run_was_queued_fails_it(ada: Browser, queue: Queue) -> None:
    flow = build_flow(ada.actor, card("c1", "function.compose", inputs={"text": "x"}))
    run = start_flow_run(ada.actor, flow.pk, fields={})
    definition = {**flow.draft, "cards": [{**flow.draft["cards"][0], "card": "gmail.fold_letter"}]}
    FlowVersion.objects.update(definition=definition)
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert from_stored(run.cause or {}).code == "flow.card_unknown"


def test_a_run_whose_version_is_gone_says_that_the_flow_was_deleted(ada: Browser, queue: Queue) -> None:
    flow = build_flow(ada.actor, card("c1", "function.compose", inputs={"text": "x"}))
    run = start_flow_run(ada.actor, flow.pk, fields={})
    FlowVersion.objects.all().delete()
    queue.drain()
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert from_stored(run.cause or {}).code == "run.flow_deleted"
    assert from_stored(run.cause or {}).cause == "Test was deleted while this run was under way."
