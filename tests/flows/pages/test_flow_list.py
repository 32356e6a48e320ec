"""The list of flows, and what is done from it: made, renamed, copied, exported, imported, deleted."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from access.actor import Actor, Via
from access.models import User
from connections.models import Connection, nickname_key
from flows.models import Flow, Run, RunState, Trigger
from flows.operations.create_flow import create_flow
from flows.operations.switch_flow import switch_flow
from kernel.clock import now
from tests.factories import ConnectionFactory, UserFactory
from tests.flow_runs import build_flow, card
from tests.flows.pages.conftest import Builder
from tests.read_pages import open_page, signed_in, words_of

pytestmark = pytest.mark.django_db

SENDING: dict[str, Any] = {"options": {"body_is_html": "no"}, "inputs": {"to": ["ben@acme.example"]}}


def listed(person: User, **query: str) -> list[str]:
    """Names in the order of the list."""
    response = open_page(person, reverse("flows", query=query))
    assert response.status_code == 200
    return [line.row.flow.name for line in response.context["lines"]]


def words(person: User, **query: str) -> str:
    return words_of(open_page(person, reverse("flows", query=query)))


# ------------------------------------------------------------------ the list


def test_without_flows_it_says_what_one_is_and_leads_to_the_first(person: User) -> None:
    page = open_page(person, reverse("flows"))
    assert "No flows yet" in words_of(page)
    assert f'href="{reverse("new_flow")}"' in page.text
    assert "A Flow Builder can make one." in words(UserFactory(operator=True))


def test_it_shows_how_each_flow_stands(person: User, actor: Actor) -> None:
    create_flow(actor, name="Draft only", description="For later")
    saved = build_flow(actor, card("c1", "function.compose", inputs={"text": "x"}), name="Saved")
    switch_flow(actor, saved.pk, on=True)
    Flow.objects.filter(pk=saved.pk).update(edit=saved.edit + 2)
    moment = now()
    Run.objects.create(
        owner=person,
        trigger=Trigger.NOW,
        via="page",
        flow=saved,
        state=RunState.COMPLETED,
        started_at=moment,
        ended_at=moment,
    )
    page = words(person)
    assert "Draft only For later Off Never saved Run now never" in page
    assert "Saved On 2 changes not saved Run now Completed just now" in page


def test_it_is_searched_filtered_and_sorted_by_its_address(person: User, actor: Actor) -> None:
    for name, about in (("Offboarding", "leavers"), ("Digest", "weekly"), ("Answers", "weekly too")):
        create_flow(actor, name=name, description=about)
    switch_flow(actor, build_flow(actor, name="Always").pk, on=True)
    assert listed(person) == ["Always", "Answers", "Digest", "Offboarding"]
    assert listed(person, sort="-name") == ["Offboarding", "Digest", "Answers", "Always"]
    assert listed(person, sort="-changed")[-1] == "Offboarding"
    assert listed(person, search="WEEKLY") == ["Answers", "Digest"]
    assert listed(person, state="on") == ["Always"]
    assert listed(person, search="nothing such") == []
    assert "No flow matches" in words(person, search="nothing such")
    assert listed(person, state="sideways", sort="mass", page="99") == ["Always", "Answers", "Digest", "Offboarding"]


def test_a_search_changes_the_table_alone_and_the_address(person: User, actor: Actor) -> None:
    create_flow(actor, name="Offboarding")
    headers = {"HX-Request": "true", "HX-Trigger-Name": "search"}
    response = open_page(person, reverse("flows", query={"search": "off"}), headers=headers)
    assert "<html" not in response.text
    assert response.headers["HX-Replace-Url"] == "/flows/?search=off"
    assert ">1 flow</p>" in response.text


def test_whose_flows_one_sees_follows_from_the_role(person: User, actor: Actor) -> None:
    create_flow(actor, name="Ben's")
    ada = UserFactory(name="Ada", administrator=True)
    create_flow(Actor(user=ada, via=Via.PAGE), name="Ada's")
    operator = UserFactory(operator=True)
    assert listed(person) == ["Ben's"]
    assert listed(operator) == listed(ada) == ["Ada's", "Ben's"]
    assert listed(ada, owner=person.email) == ["Ben's"]
    assert "Duplicate" not in words(operator)
    assert "Duplicate" in words(ada)
    assert open_page(UserFactory(auditor=True), reverse("flows")).status_code == 403


def test_more_than_a_page_is_paged(person: User, actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.pages.flows.PAGE_SIZE", 2)
    for number in range(5):
        create_flow(actor, name=f"Flow {number}")
    assert listed(person, page="3") == ["Flow 4"]
    assert "5–5 of 5" in words(person, page="3")


# ------------------------------------------------------------------ made, renamed, copied, deleted


def test_a_flow_is_made_with_a_name(person: User) -> None:
    client = signed_in(person)
    refused = client.post(reverse("new_flow"), {"name": " ", "description": "x"})
    assert (refused.status_code, "Enter a name for the flow." in words_of(refused)) == (422, True)
    response = client.post(reverse("new_flow"), {"name": "Offboarding", "description": "Leavers"})
    flow = Flow.objects.get()
    assert response.headers["Location"] == reverse("flow", args=[flow.pk])
    assert (flow.name, flow.description, flow.owner) == ("Offboarding", "Leavers", person)


def test_a_flow_is_renamed(builder: Builder) -> None:
    refused = builder.press("rename_flow", name="x" * 101, description="")
    assert (refused.status_code, "Use at most 100 characters" in words_of(refused)) == (422, True)
    builder.press("rename_flow", name="Handover", description="Of a mailbox")
    builder.flow.refresh_from_db()
    assert (builder.flow.name, builder.flow.description) == ("Handover", "Of a mailbox")


def test_a_copy_is_opened_off_and_not_saved(builder: Builder) -> None:
    builder.add("function.compose")
    response = builder.press("duplicate_flow")
    copy = Flow.objects.get(name="Copy of Leaver handover")
    assert response.headers["Location"] == reverse("flow", args=[copy.pk])
    assert (copy.draft, copy.published, copy.is_on) == (builder.flow.draft, None, False)


def test_a_flow_is_deleted_after_saying_what_goes_with_it(builder: Builder) -> None:
    run = Run.objects.create(owner=builder.person, trigger=Trigger.NOW, via="page", flow=builder.flow)
    page = open_page(builder.person, reverse("delete_flow", args=[builder.flow.pk]))
    assert "1 run under way is canceled." in words_of(page)
    response = builder.client.post(reverse("delete_flow", args=[builder.flow.pk]), follow=True)
    assert "Leaver handover is deleted. 1 run canceled." in words_of(response)
    run.refresh_from_db()
    assert (Flow.objects.count(), run.state) == (0, "canceled")


# ------------------------------------------------------------------ taken out and brought in


def upload(person: User, content: bytes) -> Any:
    file = SimpleUploadedFile("flow.json", content, content_type="application/json")
    return signed_in(person).post(reverse("import_flow"), {"file": file}, follow=True)


def test_what_was_exported_is_imported_by_somebody_else(builder: Builder, connection: Connection) -> None:
    builder.keep(builder.add("gmail.send_email"), body_is_html="no", to="ben@acme.example")
    response = open_page(builder.person, reverse("export_flow", args=[builder.flow.pk]))
    assert response.headers["Content-Disposition"] == 'attachment; filename="leaver-handover.flow.json"'
    other = UserFactory(flow_builder=True)
    Connection.objects.filter(pk=connection.pk).update(nickname="Renamed", nickname_key="renamed")
    theirs = ConnectionFactory(owner=other, nickname="IT Service DESK")
    Connection.objects.filter(pk=theirs.pk).update(nickname_key=nickname_key(theirs.nickname))
    shown = upload(other, response.content)
    assert "Leaver handover is imported. It is off, and not saved yet." in words_of(shown)
    flow = Flow.objects.get(owner=other)
    (placed,) = flow.draft["cards"]
    assert (placed["connection"], placed["inputs"]) == (str(theirs.pk), {"to": ["ben@acme.example"]})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This is no flow that was exported from a Workflows Console."),
        (b"{", "This is no flow that was exported from a Workflows Console."),
        (b"\xff\xfe", "This is no flow that was exported from a Workflows Console."),
        (b"[" * 100_000, "This is no flow that was exported from a Workflows Console."),
        (b'{"format": "something else"}', "This is no flow that was exported from a Workflows Console."),
        (b'{"format": "workflows-console-flow", "format_version": 2}', "exported from a newer console"),
    ],
)
def test_what_is_no_flow_is_refused_and_nothing_is_made(person: User, content: bytes, said: str) -> None:
    response = upload(person, content)
    assert (response.status_code, said in words_of(response)) == (422, True), words_of(response)
    assert not Flow.objects.exists()


def test_no_file_and_a_huge_one_are_refused(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    response = signed_in(person).post(reverse("import_flow"))
    assert (response.status_code, "Choose a file." in words_of(response)) == (422, True)
    monkeypatch.setattr("flows.pages.flow_forms.MOST_BYTES", 10)
    assert upload(person, b'{"format": "workflows-console-flow"}').status_code == 422


def test_of_many_mistakes_the_first_are_named(person: User) -> None:
    cards = [{"id": "wrong", "card": 1} for _each in range(20)]
    document = {"format": "workflows-console-flow", "format_version": 1, "name": "x", "definition": {"cards": cards}}
    response = upload(person, json.dumps(document).encode())
    assert "cards[0].id: Give an id of its own, such as c1." in words_of(response)
    assert "more." in words_of(response)
