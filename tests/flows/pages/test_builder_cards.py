"""The builder changes a draft: cards added, filled in, moved, copied and removed, and their connections."""

from datetime import timedelta
from typing import Any

import pytest

from access.actor import Actor
from access.models import User
from connections.models import Connection, Sharing
from connections.operations.pause_connection import pause_connection
from flows.definition import Definition, InputKind, PlacedCard, PlacedTrigger, TriggerField, TriggerKind
from flows.models import DraftEdit
from flows.operations.edit_flow import edit_flow
from kernel.clock import now
from tests.factories import ConnectionFactory, UserFactory
from tests.flows.fake_roles import CLERK, CLOUD, READ, FakeCloud
from tests.flows.pages.conftest import Builder
from tests.read_pages import words_of

pytestmark = pytest.mark.django_db

SEND, SEARCH, COMPOSE = "gmail.send_email", "gmail.search_emails", "function.compose"


def order(builder: Builder) -> list[str]:
    return [each.card.removeprefix("gmail.").removeprefix("function.") for each in builder.draft.cards]


# ------------------------------------------------------------------ added


def test_cards_are_added_where_the_plus_stands(builder: Builder) -> None:
    first = builder.add(COMPOSE)
    builder.add("function.if_error", place=first)
    builder.add("function.continue_if", place="trigger")
    assert order(builder) == ["continue_if", "compose", "if_error"]
    branch = builder.draft.cards[2]
    inside = builder.add(COMPOSE, place=f"{branch.id}.try")
    builder.add(COMPOSE, place=inside)
    assert [each.card for each in builder.card(branch.id).blocks["try"]] == [COMPOSE, COMPOSE]


@pytest.mark.parametrize("place", ["c9", "c1.nowhere"])
def test_a_place_that_is_not_there_takes_no_card(builder: Builder, place: str) -> None:
    builder.add(COMPOSE)
    assert builder.press("add_to_flow", key=COMPOSE, place=place).status_code == 404
    assert [each.blocks for each in builder.draft.cards] == [{}]
    assert "Add after" not in builder.words(add=place)


def test_a_card_that_there_is_not_is_said(builder: Builder) -> None:
    response = builder.client.post(f"/flows/{builder.flow.pk}/add/", {"edit": "1", "key": "gmail.fax"}, follow=True)
    assert "Nothing was done. There is no such card." in words_of(response)


def test_a_new_card_has_no_connection_where_there_is_none_and_asks_for_one(builder: Builder) -> None:
    card_id = builder.add(SEND)
    assert builder.card(card_id).connection is None
    page = builder.open(card=card_id, new="1")
    assert "Send Email needs a Gmail connection" in words_of(page)
    address = f"/connections/new/gmail/?return_to=%2Fflows%2F{builder.flow.pk}%2Fcards%2F{card_id}%2F"
    assert f'href="{address}" autofocus' in page.text


def test_a_new_card_takes_the_connection_that_was_used_last(builder: Builder, person: User) -> None:
    for nickname, days in (("Old", 9), ("Latest", 1), ("Older", 20)):
        ConnectionFactory(owner=person, nickname=nickname, last_used_at=now() - timedelta(days=days))
    card_id = builder.add(SEND)
    assert builder.card(card_id).connection == Connection.objects.get(nickname="Latest").pk


def test_a_new_card_takes_the_connection_that_the_flow_uses(builder: Builder, person: User, actor: Actor) -> None:
    used = ConnectionFactory(owner=person, nickname="Used here", last_used_at=now() - timedelta(days=90))
    card_id = builder.add(SEND)
    ConnectionFactory(owner=person, nickname="Used elsewhere", last_used_at=now())
    assert builder.card(builder.add(SEARCH, place=card_id)).connection == used.pk
    assert "Readiness with Used here , which this flow already uses" in builder.words(add=card_id)


def test_an_active_connection_comes_before_a_paused_one(builder: Builder, person: User, actor: Actor) -> None:
    paused = ConnectionFactory(owner=person, nickname="Paused", last_used_at=now())
    pause_connection(actor, paused.pk)
    works = ConnectionFactory(owner=person, nickname="Works")
    assert builder.card(builder.add(SEND)).connection == works.pk


def test_a_connection_of_somebody_else_is_never_taken(builder: Builder) -> None:
    ConnectionFactory(nickname="Somebody's")
    assert builder.card(builder.add(SEND)).connection is None


def test_an_administrator_builds_with_connections_that_the_owner_may_use_too(builder: Builder, person: User) -> None:
    ada = UserFactory(administrator=True)
    private = ConnectionFactory(owner=ada, nickname="Ada's alone")
    shared = ConnectionFactory(owner=ada, nickname="Ada's, shared", sharing=Sharing.EVERYONE)
    theirs = Builder(ada, builder.flow)
    card_id = theirs.add(SEND)
    assert theirs.card(card_id).connection == shared.pk
    assert "Ada's alone" not in theirs.words(card=card_id)
    theirs.press("choose_flow_connection", card_id, connection=str(private.pk))
    assert "isn't shared with" in theirs.words(card=card_id)


def test_who_may_not_use_a_flows_connection_neither_tests_with_it_nor_asks_google(
    builder: Builder, cloud: FakeCloud, person: User
) -> None:
    ConnectionFactory(owner=person, nickname="Ben's alone", requested_scopes=[CLOUD, READ])
    card_id = builder.add("fake.act")
    mine = builder.open(card=card_id).text
    assert 'hx-trigger="load"' in mine
    assert "Test this card" in mine
    theirs = Builder(UserFactory(administrator=True), builder.flow).open(card=card_id).text
    assert "Ben&#x27;s alone" in theirs
    assert 'hx-trigger="load"' not in theirs
    assert "Test this card" not in theirs
    assert cloud.asked == []


def test_without_scripts_a_button_lists_what_google_has(builder: Builder, cloud: FakeCloud, person: User) -> None:
    ConnectionFactory(owner=person, requested_scopes=[CLOUD, READ])
    card_id = builder.add("fake.act")
    response = builder.keep(card_id, project="archive", user_email="ben@acme.example", list="yes")
    page = builder.client.get(response.headers["Location"]).text
    assert f'<option value="{CLERK}">' in page
    assert builder.card(card_id).options == {"project": "archive"}


# ------------------------------------------------------------------ filled in


def test_what_is_filled_in_is_kept_as_texts_and_what_is_empty_left_out(
    builder: Builder, connection: Connection
) -> None:
    card_id = builder.add(SEND)
    values: dict[str, Any] = {
        "body_is_html": "no",
        "to": "ben@acme.example\r\n\r\n{{trigger.context.time}}",
        "subject": "  ",
        "body": "One\r\nTwo",
        "card-note": " Sent in the morning. ",
    }
    builder.keep(card_id, **values)
    card = builder.card(card_id)
    assert card.options == {"body_is_html": "no"}
    assert card.inputs == {"to": ["ben@acme.example", "{{trigger.context.time}}"], "body": "One\nTwo"}
    assert card.note == "Sent in the morning."
    page = builder.open(card=card_id).text
    assert 'name="to" rows="1" data-chips' in page
    assert "\nben@acme.example\n{{trigger.context.time}}</textarea>" in page
    assert DraftEdit.objects.filter(flow=builder.flow).latest("pk").what == "Send Email changed"


def test_a_field_that_does_not_count_is_left_out(builder: Builder, connection: Connection) -> None:
    card_id = builder.add(SEARCH)
    builder.keep(card_id, result_set="all_matching_emails", limit="7")
    assert builder.card(card_id).inputs == {"limit": "7"}
    builder.keep(card_id, result_set="first_matching_email", limit="7")
    assert builder.card(card_id).inputs == {}


def test_a_choice_offers_the_outputs_that_fit_it_and_a_deciding_one_none(
    builder: Builder, connection: Connection
) -> None:
    first = builder.add("function.if_else")
    card_id = builder.add(SEARCH, place=first)
    builder.keep(card_id, result_set="first_matching_email", include_spam_and_trash="{{c1.result}}")
    assert builder.card(card_id).inputs == {"include_spam_and_trash": "{{c1.result}}"}
    page = builder.open(card=card_id).text
    assert '<option value="{{c1.result}}" selected>2 Result</option>' in page
    options = page.partition('name="result_set"')[2].partition("</select>")[0]
    assert "optgroup" not in options


def test_a_file_is_a_text_or_an_output_and_one_that_is_there_is_kept(builder: Builder, connection: Connection) -> None:
    card_id = builder.add("gmail.send_email_with_attachment")
    texts = {"to": "ben@acme.example", "body_is_html": "no", "file.file_name": "a.txt"}
    builder.keep(card_id, **texts, **{"file.file_content": "Hello {{trigger.context.time}}"})
    assert builder.card(card_id).inputs["file"]["file_content"] == {"text": "Hello {{trigger.context.time}}"}
    builder.keep(card_id, **texts, **{"file.file_content": " {{trigger.context.time}} "})
    assert builder.card(card_id).inputs["file"]["file_content"] == "{{trigger.context.time}}"
    builder.flow.draft["cards"][0]["inputs"]["file"]["file_content"] = "SGVsbG8="
    builder.flow.save()
    assert "A file is kept. What you enter takes its place." in builder.words(card=card_id)
    builder.keep(card_id, **texts, **{"file.file_content": ""})
    assert builder.card(card_id).inputs["file"]["file_content"] == "SGVsbG8="


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ('{"a": "{{trigger.context.time}}"}', {"a": "{{trigger.context.time}}"}),
        ('{"a": {{trigger.context.time}}}', '{"a": {{trigger.context.time}}}'),
        ("{{trigger.context}}", "{{trigger.context}}"),
        ('["no", "object"]', '["no", "object"]'),
    ],
)
def test_json_is_kept_as_an_object_where_it_is_one(
    builder: Builder, connection: Connection, typed: str, kept: Any
) -> None:
    card_id = builder.add("gmail.custom_api_action")
    builder.keep(card_id, request_type="GET", relative_url="/v1/users/me/labels", query=typed)
    assert builder.card(card_id).inputs["query"] == kept


def test_a_secret_is_sealed_never_shown_and_kept_until_another_is_entered(
    builder: Builder, cloud: FakeCloud, connection: Connection
) -> None:
    card_id = builder.add("fake.act")
    builder.keep(card_id, user_email="ben@acme.example", password="hunter-2")
    sealed = builder.card(card_id).inputs["password"]
    assert sealed.keys() == {"secret"}
    page = builder.open(card=card_id)
    assert "hunter-2" not in page.text + str(builder.flow.draft)
    assert "A value is kept, and never shown." in words_of(page)
    builder.keep(card_id, user_email="cleo@acme.example", password="")
    assert builder.card(card_id).inputs == {"user_email": "cleo@acme.example", "password": sealed}
    builder.keep(card_id, user_email="cleo@acme.example", password="hunter-3")
    assert builder.card(card_id).inputs["password"] != sealed


def test_a_for_each_collects_an_output_of_its_own_block(builder: Builder) -> None:
    loop = builder.add("function.for_each")
    inside = builder.add(COMPOSE, place=f"{loop}.each")
    inner_loop = builder.add("function.for_each", place=inside)
    too_deep = builder.add(COMPOSE, place=f"{inner_loop}.each")
    page = builder.open(card=loop).text
    offered = page.partition('name="result"')[2].partition("</select>")[0]
    assert f"{{{{{inside}.text}}}}" in offered
    assert f"{{{{{inner_loop}.results}}}}" in offered
    assert f"{{{{{too_deep}.text}}}}" not in offered
    builder.keep(loop, list="a\nb", result=f"{{{{{inside}.text}}}}")
    assert builder.card(loop).options == {"result": f"{{{{{inside}.text}}}}"}
    assert "Result 3 Text" in builder.words()


# ------------------------------------------------------------------ moved, copied, removed


def test_cards_are_moved_copied_and_removed(builder: Builder) -> None:
    first = builder.add(COMPOSE)
    builder.keep(first, text="Hello")
    second = builder.add("function.continue_if", place=first)
    builder.press("change_flow_card", second, change="up")
    assert order(builder) == ["continue_if", "compose"]
    builder.press("change_flow_card", second, change="down")
    builder.press("change_flow_card", first, change="copy")
    assert order(builder) == ["compose", "compose", "continue_if"]
    assert builder.draft.cards[1].inputs == {"text": "Hello"}
    builder.press("change_flow_card", first, change="remove")
    assert order(builder) == ["compose", "continue_if"]


def test_undo_takes_changes_back_one_by_one(builder: Builder) -> None:
    first = builder.add(COMPOSE)
    builder.keep(first, text="Hello")
    builder.press("undo_flow")
    assert builder.card(first).inputs == {}
    builder.press("undo_flow")
    assert builder.draft.cards == ()
    response = builder.press("undo_flow")
    assert (response.status_code, "There is nothing to undo" in words_of(response)) == (409, True)


def test_a_draft_that_somebody_changed_meanwhile_is_left_as_it_is(builder: Builder) -> None:
    card_id = builder.add(COMPOSE)
    response = builder.press("change_flow_card", card_id, edit=1, change="remove")
    assert response.status_code == 302
    assert "This was changed meanwhile, so nothing was done." in builder.words()
    assert len(builder.draft.cards) == 1


def test_what_was_typed_meanwhile_stays_on_the_page_to_be_kept_after_all(builder: Builder) -> None:
    card_id = builder.add(COMPOSE)
    response = builder.press("flow_card", card_id, edit=1, text="Typed in vain?")
    assert response.status_code == 409
    assert ">\nTyped in vain?</textarea>" in response.text
    assert f'name="edit" value="{builder.flow.edit}"' in response.text
    assert "Show the flow as it is now" in words_of(response)
    assert builder.card(card_id).inputs == {}


def test_what_a_definition_cannot_hold_is_said_and_nothing_kept(builder: Builder) -> None:
    card_id = builder.add(COMPOSE)
    response = builder.press("flow_card", card_id, text="x" * 100_001)
    assert response.status_code == 422
    assert "Give a text of at most 100,000 characters." in words_of(response)
    assert builder.card(card_id).inputs == {}


# ------------------------------------------------------------------ connections


def test_another_connection_is_chosen_from_those_one_may_use(
    builder: Builder, connection: Connection, person: User
) -> None:
    card_id = builder.add(SEND)
    other = ConnectionFactory(owner=person, nickname="Payroll notices")
    hidden = ConnectionFactory(nickname="Somebody's")
    page = builder.words(card=card_id)
    assert "Payroll notices" in page
    assert "Somebody's" not in page
    builder.press("choose_flow_connection", card_id, connection=str(other.pk))
    assert builder.card(card_id).connection == other.pk
    assert builder.press("choose_flow_connection", card_id, connection=str(hidden.pk)).status_code == 404
    assert builder.press("choose_flow_connection", card_id, connection="none").status_code == 404
    assert builder.card(card_id).connection == other.pk


def test_a_connection_that_is_not_shared_any_more_is_not_shown_but_named_in_the_finding(
    builder: Builder, person: User
) -> None:
    shared = ConnectionFactory(nickname="Lent", sharing=Sharing.EVERYONE)
    card_id = builder.add(SEND)
    assert builder.card(card_id).connection == shared.pk
    Connection.objects.update(sharing=Sharing.PRIVATE)
    page = builder.words()
    assert "A connection that you can’t see" in page
    assert "Lent isn't shared with" in page


# ------------------------------------------------------------------ what starts it


def test_what_starts_the_flow_is_replaced_and_keeps_its_fields_and_note(
    builder: Builder, connection: Connection, actor: Actor
) -> None:
    fields = (TriggerField(name="leaver", label="Leaver"),)
    definition = Definition(trigger=PlacedTrigger(fields=fields, note="By hand"))
    edit_flow(actor, builder.flow.pk, edit=1, definition=definition, what="Made")
    assert builder.add("trigger.api") == "trigger"
    assert builder.draft.trigger == PlacedTrigger(kind=TriggerKind.API, fields=fields, note="By hand")
    builder.add("trigger.schedule")
    assert builder.draft.trigger.schedule == {"every": "day", "at": "09:00"}
    builder.add("gmail.new_email")
    assert (builder.draft.trigger.card, builder.draft.trigger.connection) == ("gmail.new_email", connection.pk)
    builder.keep("trigger", query="is:unread", labels="hr\nIT", time_zone="Europe/Berlin")
    assert builder.draft.trigger.options == {"query": "is:unread", "labels": ["hr", "IT"]}
    assert builder.draft.time_zone == "Europe/Berlin"


def test_fields_of_the_trigger_get_names_of_their_own(builder: Builder) -> None:
    for label in ("Leaver", "leaver!", "Context", "Körper", "2nd"):
        builder.keep("trigger", **{"added-label": label, "added-kind": "list", "add": "yes", **kept_fields(builder)})
    fields = builder.draft.trigger.fields
    assert [each.name for each in fields] == ["leaver", "leaver_2", "context_2", "k_rper", "field_2nd"]
    assert {each.kind for each in fields} == {InputKind.LIST}
    values = kept_fields(builder) | {"label-leaver": "Who leaves", "kind-leaver": "text"}
    del values["required-leaver"]
    builder.keep("trigger", **values, remove="leaver_2")
    first, second, *_rest = builder.draft.trigger.fields
    assert (first.name, first.label, first.kind, first.is_required) == ("leaver", "Who leaves", InputKind.TEXT, False)
    assert second.name == "context_2"


def kept_fields(builder: Builder) -> dict[str, str]:
    """The rows of the form as they stand."""
    values: dict[str, str] = {}
    for each in builder.draft.trigger.fields:
        values |= {f"label-{each.name}": each.label, f"kind-{each.name}": each.kind, f"required-{each.name}": "yes"}
    return values


def test_a_schedule_is_kept_as_it_is_entered_and_what_is_wrong_stands_beside_it(builder: Builder) -> None:
    builder.add("trigger.schedule")
    builder.keep("trigger", every="week", at="08:30", count="1", day="1", weekday=["0", "4"])
    assert builder.draft.trigger.schedule == {"every": "week", "at": "08:30", "count": 1, "day": 1, "weekdays": [0, 4]}
    assert "Every week on Monday and Friday at 08:30, UTC time." in builder.words()
    builder.keep("trigger", every="minute", at="08:30", count="ninety", day="1")
    assert builder.draft.trigger.schedule["count"] == "ninety"
    assert "Enter a whole number from 1 to 59." in builder.words(card="trigger")
    assert "1 finding stops this flow" in builder.words()


def test_an_unknown_time_zone_is_not_kept(builder: Builder) -> None:
    builder.keep("trigger", time_zone="Mars/Olympus")
    assert builder.draft.time_zone == "UTC"


def test_a_card_that_this_console_does_not_have_is_said_and_can_be_removed(builder: Builder, actor: Actor) -> None:
    definition = Definition(cards=(PlacedCard(id="c1", card="fax.send"),))
    edit_flow(actor, builder.flow.pk, edit=1, definition=definition, what="Made")
    assert "There is no such card" in builder.words()
    assert "This console has no such card" in builder.words(card="c1")
    assert builder.press("flow_card", "c1", text="x").status_code == 404
    builder.press("change_flow_card", "c1", change="remove")
    assert builder.draft.cards == ()
