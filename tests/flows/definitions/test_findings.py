"""What is wrong with a definition is said before it runs, with the card's number and title, and the field."""

from dataclasses import replace
from typing import Any

import pytest

from flows.definition import Definition, InputKind, PlacedCard, TriggerField, TriggerKind
from flows.errors import FieldInvalid
from flows.field_findings import NO_LIST, NO_OUTPUT, NO_RESULT
from flows.findings import Finding, definition_findings
from flows.mapping import LIST_IN_TEXT
from tests.flow_runs import card
from tests.flows.definitions.cards import (
    ALL,
    CONNECTION,
    FIRST,
    compose,
    flow,
    for_each,
    gmail,
    if_else,
    if_error,
    search,
)

NOT_COUNTED = "Leave this out: it doesn't count with the options chosen."
IN_LIST = "A list of objects can't become a list of texts: use For Each and choose one of their outputs."
CHANGED = "Choose an output again."
EVERY_KIND = tuple(TriggerField(name=each.value, label=each.value.title(), kind=each) for each in InputKind)


def send(card_id: str = "c2", key: str = "send_email", options: Any = None, **inputs: Any) -> PlacedCard:
    given = {"to": ["ben@acme.example"], **inputs}
    return gmail(card_id, key, options=options or {"body_is_html": False}, inputs=given)


def attach(file: Any) -> Definition:
    return after_search(send(key="send_email_with_attachment", file=file))


def after_search(*cards: PlacedCard) -> Definition:
    """Cards after a search for all emails, in a flow that asks for a field of every kind."""
    return flow(search("c1"), *cards, fields=EVERY_KIND)


def alias(options: Any, **inputs: Any) -> Definition:
    given = {"user_email": "ada@acme.example", "send_as_email": "info@acme.example", **inputs}
    return flow(gmail("c1", "add_send_as_alias", options=options, inputs=given))


def ask(**inputs: Any) -> Definition:
    given = {"relative_url": "/v1/users/me/labels", **inputs}
    return after_search(gmail("c2", "custom_api_action", options={"request_type": "GET"}, inputs=given))


def compare(value: Any = "", options: Any = None) -> Definition:
    return after_search(card("c2", "function.continue_if", options=options or {}, inputs={"value": value}))


def schedule(**values: Any) -> Definition:
    return flow(kind=TriggerKind.SCHEDULE, schedule=values)


def event(key: str = "gmail.new_email", connection: Any = CONNECTION, **options: Any) -> Definition:
    return flow(kind=TriggerKind.EVENT, card=key, connection=connection, options=options)


def again(ref: str) -> str:
    return f"No card before this one gives {ref}. {CHANGED}"


Said = tuple[int, str, str, str]
"""Number, title, field, and the cause."""


def said(finding: Finding) -> Said:
    return finding.number, finding.title, finding.field, finding.error.cause


SEND, SEARCH, COMPOSE, EACH = "Send Email", "Search Emails", "Compose", "For Each"
ALIAS, ASK, IF = "Add Send-As Alias", "Custom API Action", "Continue If"
FILE = "Send Email with Attachment"

CASES: dict[str, tuple[Definition, Said]] = {
    "a card that there is not": (flow(card("c1", "gmail.gone")), (2, "gmail.gone", "", "no card gmail.gone")),
    "a card without a name": (flow(card("c1", "")), (2, "", "", "no card without a name")),
    "an event among the cards": (
        flow(gmail("c1", "new_email")),
        (2, "New Email", "", "no card gmail.new_email"),
    ),
    "no connection": (
        flow(replace(send("c1"), connection=None)),
        (2, SEND, "connection", "Send Email runs with a connection, and none was chosen."),
    ),
    "a block that the card has not": (
        flow(PlacedCard(id="c1", card="function.compose", inputs={"text": "x"}, blocks={"then": ()})),
        (2, COMPOSE, "then", "There is no such block"),
    ),
    # ---------------------------------------------------------------- values
    "an option that is needed": (flow(search("c1", {})), (2, SEARCH, "result_set", "Choose Result Set.")),
    "an option that there is not": (
        flow(search("c1", FIRST | {"resultset": "x"})),
        (2, SEARCH, "resultset", "Did you mean result_set?"),
    ),
    "no choice": (flow(search("c1", {"result_set": "some"})), (2, SEARCH, "result_set", "Choose one of: first_")),
    "an option that is a list": (flow(search("c1", {"result_set": ["x"]})), (2, SEARCH, "result_set", "Choose one of")),
    "an option that is an object": (
        flow(search("c1", {"result_set": {"x": "y"}})),
        (2, SEARCH, "result_set", "Choose one of"),
    ),
    "an input that is needed": (flow(send("c1", to=[])), (2, SEND, "to", "Send Email, To: Enter To.")),
    "blanks": (flow(send("c1", to=["  ", ""])), (2, SEND, "to", "Send Email, To: Enter To.")),
    "an input that there is not": (flow(send("c1", tow="x")), (2, SEND, "tow", "Send Email, tow: Send Email takes no")),
    "an object as a text": (flow(send("c1", subject={"a": 1})), (2, SEND, "subject", "one text, not an object")),
    "a list as a text": (flow(send("c1", subject=["a"])), (2, SEND, "subject", "one text, not a list")),
    "a secret where there is none": (
        flow(send("c1", subject={"secret": str(CONNECTION)})),
        (2, SEND, "subject", "one text, not an object"),
    ),
    "a list in a list": (flow(send("c1", to=[["a"]])), (2, SEND, "to", "one text, not a list")),
    "no number": (flow(gmail("c1", "search_emails", options=ALL, inputs={"limit": "many"})), (2, SEARCH, "limit", "1")),
    "a number out of range": (
        flow(gmail("c1", "search_emails", options=ALL, inputs={"limit": 0})),
        (2, SEARCH, "limit", "Enter a whole number from 1 to"),
    ),
    "no yes or no": (flow(send("c1", options={"body_is_html": "perhaps"})), (2, SEND, "body_is_html", "yes or no")),
    "a field that does not count": (
        flow(gmail("c1", "search_emails", options=FIRST, inputs={"limit": 5})),
        (2, SEARCH, "limit", f"Search Emails, Limit: {NOT_COUNTED}"),
    ),
    "an output in a field that does not count": (
        flow(gmail("c1", "search_emails", options=FIRST, inputs={"limit": "{{trigger.n}}"}), fields=EVERY_KIND),
        (2, SEARCH, "limit", f"Search Emails, Limit: {NOT_COUNTED}"),
    ),
    "a secret in a field that does not count": (
        alias({"alias_type": "domain"}, password={"secret": str(CONNECTION)}),
        (2, ALIAS, "password", f"Add Send-As Alias, Password: {NOT_COUNTED}"),
    ),
    "an output in a field that there is not": (
        after_search(send(tow="{{trigger.text}}")),
        (3, SEND, "tow", "Send Email takes no such field here."),
    ),
    "no file": (attach({"file_name": "a.txt"}), (3, FILE, "file.file_content", "File, File Content: Choose a file")),
    "no base64": (
        attach({"file_name": "a.txt", "file_content": "Hello!"}),
        (3, FILE, "file.file_content", "File, File Content: This takes the content of a file as base64"),
    ),
    "no object": (attach("a.txt"), (3, FILE, "file", "an object with fields of its own")),
    "a field that an object has not": (
        attach({"file_name": "a.txt", "file_content": "QQ==", "size": 1}),
        (3, FILE, "file.size", "File, size: Send Email with Attachment takes no such field"),
    ),
    "no JSON": (ask(body="{"), (3, ASK, "body", "This is no JSON")),
    "a list as JSON": (ask(body=["a"]), (3, ASK, "body", "Enter a JSON object")),
    "outputs in a list as JSON": (ask(body=["{{trigger.text}}"]), (3, ASK, "body", "Enter a JSON object")),
    "no text to compose": (flow(compose("c1", "")), (2, COMPOSE, "text", "Compose, Text: Enter Text.")),
    "no comparison": (compare("x", {"comparison": "rhymes"}), (3, IF, "comparison", "Choose one of: equals")),
    # ---------------------------------------------------------------- references
    "an output of a later card": (flow(compose("c1", "{{c2.text}}"), compose("c2")), (2, COMPOSE, "text", "c2.text")),
    "an output of itself": (flow(compose("c1", "{{c1.text}}")), (2, COMPOSE, "text", again("c1.text"))),
    "an output of a card that is gone": (flow(compose("c1", "{{c7.text}}")), (2, COMPOSE, "text", again("c7.text"))),
    "an output that the card has not": (
        after_search(compose("c2", "Hello {{c1.subject}}")),
        (3, COMPOSE, "text", again("c1.subject")),
    ),
    "a field that the trigger has not": (flow(compose("c1", "{{trigger.name}}")), (2, COMPOSE, "text", "trigger.name")),
    "an output inside a list": (after_search(send(subject="{{c1.emails.subject}}")), (3, SEND, "subject", CHANGED)),
    "an item outside its For Each": (
        flow(for_each("c1", ["a"], compose("c2")), compose("c3", "{{c1.item}}")),
        (4, COMPOSE, "text", again("c1.item")),
    ),
    "a card within a For Each from outside": (
        flow(for_each("c1", ["a"], compose("c2")), compose("c3", "{{c2.text}}")),
        (4, COMPOSE, "text", again("c2.text")),
    ),
    "a card in the other branch": (
        flow(if_else("c1", then=(compose("c2"),), other=(compose("c3", "{{c2.text}}"),))),
        (4, COMPOSE, "text", again("c2.text")),
    ),
    "an error outside its block": (
        flow(if_error("c1", tried=(compose("c2", "{{c1.message}}"),))),
        (3, COMPOSE, "text", again("c1.message")),
    ),
    "a list as a text by reference": (after_search(send(subject="{{trigger.list}}")), (3, SEND, "subject", "For Each")),
    "a list among words": (
        after_search(send(subject="Re: {{trigger.list}}")),
        (3, SEND, "subject", f"Send Email, Subject: {LIST_IN_TEXT}"),
    ),
    "objects as a list of texts": (after_search(send(to=["{{c1.emails}}"])), (3, SEND, "to", IN_LIST)),
    "objects as the only item": (after_search(send(to="{{c1.emails}}")), (3, SEND, "to", IN_LIST)),
    "an object as a text by reference": (
        after_search(send(subject="{{trigger.context}}")),
        (3, SEND, "subject", "An object can't become a text."),
    ),
    "yes or no as a number": (
        after_search(gmail("c2", "search_emails", options=ALL, inputs={"limit": "{{trigger.boolean}}"})),
        (3, SEARCH, "limit", "Yes or no can't become a number."),
    ),
    "words where a number is": (
        after_search(gmail("c2", "search_emails", options=ALL, inputs={"limit": "{{trigger.number}}0"})),
        (3, SEARCH, "limit", "This takes a number, not words with an output among them."),
    ),
    "a list as a file": (
        attach({"file_name": "a.txt", "file_content": "{{trigger.list}}"}),
        (3, FILE, "file.file_content", f"File, File Content: {LIST_IN_TEXT}"),
    ),
    "a list among the words of a file": (
        attach({"file_name": "a.txt", "file_content": {"text": "{{trigger.list}}"}}),
        (3, FILE, "file.file_content", LIST_IN_TEXT),
    ),
    "an output that is gone in a file's name": (
        attach({"file_name": "{{c9.text}}.txt", "file_content": "QQ=="}),
        (3, FILE, "file.file_name", f"File, File Name: {again('c9.text')}"),
    ),
    "a text as JSON": (ask(body="{{trigger.text}}"), (3, ASK, "body", "A text can't become an object.")),
    "a list among the words of JSON": (
        ask(body={"note": "All: {{trigger.list}}"}),
        (3, ASK, "body", f"Custom API Action, Body: {LIST_IN_TEXT}"),
    ),
    "an output that is gone deep in JSON": (
        ask(body={"note": [{"deep": "{{c9.text}}"}]}),
        (3, ASK, "body", again("c9.text")),
    ),
    "a list among the words that are compared": (compare("Re: {{trigger.list}}"), (3, IF, "value", LIST_IN_TEXT)),
    "an output in a function's option": (
        compare("x", {"comparison": "{{trigger.text}}"}),
        (3, IF, "comparison", f"Continue If, Comparison: {NO_OUTPUT}"),
    ),
    "an output in an option that decides": (
        flow(search("c1", {"result_set": "{{trigger.text}}"}), fields=EVERY_KIND),
        (2, SEARCH, "result_set", f"Search Emails, Result Set: {NO_OUTPUT}"),
    ),
    # ---------------------------------------------------------------- For Each
    "no list": (flow(for_each("c1", [])), (2, EACH, "list", "Enter List.")),
    "a text instead of a list": (
        after_search(for_each("c2", "{{trigger.text}}")),
        (3, EACH, "list", f"For Each, List: {NO_LIST}"),
    ),
    "a text as the only item": (after_search(for_each("c2", ["{{trigger.text}}"])), (3, EACH, "list", NO_LIST)),
    "an object instead of a list": (after_search(for_each("c2", "{{trigger.context}}")), (3, EACH, "list", NO_LIST)),
    "words instead of a list": (flow(for_each("c1", "abc")), (2, EACH, "list", NO_LIST)),
    "a list that is gone": (flow(for_each("c1", "{{c9.emails}}")), (2, EACH, "list", again("c9.emails"))),
    "results of a card outside": (
        flow(compose("c1"), for_each("c2", ["a"], result="{{c1.text}}")),
        (3, EACH, "result", f"For Each, Result: {NO_RESULT}"),
    ),
    "results that the card has not": (
        flow(for_each("c1", ["a"], compose("c2"), result="{{c2.subject}}")),
        (2, EACH, "result", NO_RESULT),
    ),
    "results of a turn within": (
        flow(for_each("c1", ["a"], for_each("c2", ["b"], compose("c3")), result="{{c3.text}}")),
        (2, EACH, "result", NO_RESULT),
    ),
    "results that name themselves": (flow(for_each("c1", ["a"], result="{{c1.results}}")), (2, EACH, "result", "")),
    "results in words": (flow(for_each("c1", ["a"], compose("c2"), result="c2")), (2, EACH, "result", NO_RESULT)),
    "results that are a list": (flow(for_each("c1", ["a"], compose("c2"), result=["c2"])), (2, EACH, "result", "")),
    # ---------------------------------------------------------------- the trigger
    "no schedule": (schedule(), (1, "Schedule", "schedule.every", "Schedule, Every: Choose one of: minute")),
    "a schedule of lists": (schedule(every=["day"]), (1, "Schedule", "schedule.every", "Choose one of")),
    "never": (schedule(every="minute", count=0), (1, "Schedule", "schedule.count", "from 1 to 59")),
    "half an hour": (schedule(every="hour", count=0.5), (1, "Schedule", "schedule.count", "from 1 to 23")),
    "a time that there is not": (schedule(every="day", at="24:00"), (1, "Schedule", "schedule.at", "time of day")),
    "a time in numbers": (schedule(every="day", at=900), (1, "Schedule", "schedule.at", "such as 08:30")),
    "no day of the week": (schedule(every="week", weekdays=[]), (1, "Schedule", "schedule.weekdays", "one day")),
    "an eighth day": (schedule(every="week", weekdays=[7]), (1, "Schedule", "schedule.weekdays", "one day")),
    "days in words": (schedule(every="week", weekdays="0"), (1, "Schedule", "schedule.weekdays", "one day")),
    "the 32nd": (schedule(every="month", day=32), (1, "Schedule", "schedule.day", "from 1 to 31")),
    "yes as a day": (schedule(every="month", day=True), (1, "Schedule", "schedule.day", "from 1 to 31")),
    "no event": (event(""), (1, "", "", "no card without a name")),
    "an event that there is not": (event("gmail.gone"), (1, "gmail.gone", "", "no card gmail.gone")),
    "a card as the event": (event("gmail.send_email"), (1, SEND, "", "no card gmail.send_email")),
    "a function as the event": (event("function.compose"), (1, COMPOSE, "", "no card function.compose")),
    "an event without a connection": (event(connection=None), (1, "New Email", "connection", "none was chosen")),
    "an event's option that there is not": (event(subject="x"), (1, "New Email", "subject", "takes no such field")),
    "an event's option out of range": (event(schedule=0), (1, "New Email", "schedule", "from 1 to")),
    "an output in an event's option": (event(query="{{c1.text}}"), (1, "New Email", "query", f"Query: {NO_OUTPUT}")),
    "an output in an event's number": (
        event(schedule="{{trigger.x}}"),
        (1, "New Email", "schedule", f"New Email, Schedule: {NO_OUTPUT}"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_is_found_where_it_is(case: str) -> None:
    definition, (number, title, field, cause) = CASES[case]
    (found,) = definition_findings(definition)
    assert said(found)[:3] == (number, title, field)
    assert cause in found.error.cause
    assert found.error.remedy
    named = "" if isinstance(found.error, FieldInvalid) else f"{title}: "
    assert str(found) == f"Card {number}, {named}{found.error.cause}"


FINE: dict[str, Definition] = {
    "nothing": flow(),
    "every kind among words": after_search(
        compose("c2", "{{trigger.text}} {{trigger.number}} {{trigger.boolean}} {{trigger.datetime}} {{trigger.list}}")
    ),
    "a number as a list": after_search(send(to="{{trigger.number}}")),
    "a list among items": after_search(send(to=["ada@acme.example", "{{trigger.list}}"])),
    "a text as a number": after_search(gmail("c2", "search_emails", options=ALL, inputs={"limit": "{{trigger.text}}"})),
    "a text as an option": after_search(send(options={"body_is_html": "{{trigger.text}}"})),
    "a secret": alias(
        {"alias_type": "custom"}, smtp_host="smtp.acme.example", port=465, password={"secret": str(CONNECTION)}
    ),
    "words as a file": attach({"file_name": "{{trigger.text}}.txt", "file_content": "Total: {{trigger.number}}"}),
    "an output as a file": attach({"file_name": "a.txt", "file_content": "{{trigger.text}}"}),
    "a file as base64": attach({"file_name": "a.txt", "file_content": "SGVsbG8="}),
    "a text as a file": attach({"file_name": "a.txt", "file_content": {"text": "Hello {{trigger.text}}"}}),
    "outputs in JSON": ask(body={"all": "{{c1.emails}}", "some": ["{{trigger.list}}"], "note": "<{{trigger.text}}>"}),
    "an object as JSON": ask(body="{{trigger.context}}"),
    "anything compared": compare("{{c1.emails}}"),
    "braces that are none": flow(compose("c1", r"\{{c9.text}} {{ not a reference }} {{c9}}")),
    "an item that is an object": after_search(for_each("c2", "{{c1.emails}}", compose("c3", "{{c2.item.subject}}"))),
    "items that are written out": flow(for_each("c1", ["a", "b"], compose("c2", "{{c1.number}}: {{c1.item}}"))),
    "lists put together": after_search(for_each("c2", ["{{trigger.list}}", "{{trigger.list}}"])),
    "results": after_search(
        for_each("c2", "{{c1.emails}}", compose("c3"), result="{{c3.text}}"), send("c4", to="{{c2.results}}")
    ),
    "a card in a block, later": flow(if_else("c1", then=(compose("c2"),)), compose("c3", "{{c2.text}}")),
    "the error in its block": flow(if_error("c1", error=(compose("c2", "{{c1.message}} {{c1.card}}"),))),
    "inside a body": flow(send("c1", subject="{{trigger.body.anything.at_all}}"), kind=TriggerKind.API),
    "a schedule": schedule(every="week", weekdays=[0, 4], at="08:30"),
    "an event": event(query="is:unread", schedule=1, labels=["INBOX"]),
}


@pytest.mark.parametrize("case", FINE)
def test_nothing_is_found_where_nothing_is_wrong(case: str) -> None:
    assert [str(each) for each in definition_findings(FINE[case])] == []


def test_all_that_is_wrong_is_said_in_the_order_of_the_page() -> None:
    inner = send("c3", to=[], subject="{{c9.text}}", limit=1)
    definition = flow(for_each("c2", "{{trigger.list}}", inner, compose("c4", "")), gmail("c5", "read_email"))
    found = [(each.card_id, each.number, each.field) for each in definition_findings(definition)]
    assert found == [
        ("c2", 2, "list"),
        ("c3", 3, "limit"),
        ("c3", 3, "to"),
        ("c3", 3, "subject"),
        ("c4", 4, "text"),
        ("c5", 5, "message_id"),
    ]
