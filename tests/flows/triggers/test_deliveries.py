"""Deliveries to an API endpoint: repeated ones are the same run, unsigned and unknown ones are refused."""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django.fixtures import Settings

from flows.definition import InputKind, PlacedTrigger, TriggerField, TriggerKind
from flows.models import Flow, Run
from flows.operations.make_hook import hook_of, make_hook, make_signing_secret, remove_signing_secret
from flows.operations.switch_flow import switch_flow
from kernel.redaction import redact
from tests.consents import Browser
from tests.flow_runs import Queue, build_flow, card, gave

pytestmark = pytest.mark.django_db(transaction=True)

TRIGGER = PlacedTrigger(
    kind=TriggerKind.API,
    fields=(
        TriggerField(name="email", label="Email"),
        TriggerField(name="days", label="Days", kind=InputKind.NUMBER, is_required=False),
    ),
)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 11, 25, 9, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def flow(ada: Browser, queue: Queue) -> Flow:
    made = build_flow(
        ada.actor,
        card("c1", "function.compose", inputs={"text": "{{trigger.email}} {{trigger.body.note}}"}),
        trigger=TRIGGER,
        saves_data=True,
    )
    return switch_flow(ada.actor, made.pk, on=True)


def deliver(secret: str, body: Any, **headers: str) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    return Client().post(f"/api/v1/hooks/{secret}", text, "application/json", headers=headers)


def signed(secret: str, delivery_id: str, body: str, moment: datetime) -> dict[str, str]:
    stamp = str(int(moment.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{delivery_id}.{stamp}.{body}".encode()
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {"webhook-id": delivery_id, "webhook-timestamp": stamp, "webhook-signature": f"v1,bm9uZQ== v1,{signature}"}


def test_200_deliveries_each_five_times_and_shuffled_are_200_runs(
    clock: time_machine.Traveller, ada: Browser, flow: Flow, settings: Settings, figure: Callable[[str], None]
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "hook": 10_000}
    secret = make_hook(ada.actor, flow.pk)
    signing = make_signing_secret(ada.actor, flow.pk)
    other = build_flow(ada.actor, trigger=TRIGGER, name="Unsigned")
    switch_flow(ada.actor, other.pk, on=True)
    unsigned = make_hook(ada.actor, other.pk)
    deliveries = [(number % 2, number) for number in range(200)] * 5
    random.Random(6).shuffle(deliveries)
    answers: dict[int, set[str]] = {}
    for is_signed, number in deliveries:
        body = json.dumps({"email": f"person{number}@acme.example"})
        headers = (
            signed(signing, f"msg_{number}", body, datetime(2026, 11, 25, 9, tzinfo=UTC))
            if is_signed
            else {"Idempotency-Key": f"key-{number}"}
        )
        answer = deliver(secret if is_signed else unsigned, body, **headers)
        assert answer.status_code == 202, answer.content
        answers.setdefault(number, set()).add(answer.json()["id"])
    assert all(len(ids) == 1 for ids in answers.values())
    assert Run.objects.count() == 200
    figure(f"API endpoint | {len(deliveries)} deliveries, each of 200 five times: {Run.objects.count()} runs")


def test_what_came_is_given_to_the_cards(ada: Browser, flow: Flow, queue: Queue) -> None:
    answer = deliver(make_hook(ada.actor, flow.pk), {"email": "ben@acme.example", "days": 3, "note": "soon"})
    queue.drain()
    run = Run.objects.get(pk=answer.json()["id"])
    assert gave(run, "c1")["text"] == "ben@acme.example soon"
    assert gave(run, "trigger")["days"] == 3


def test_a_form_will_do(ada: Browser, flow: Flow, queue: Queue) -> None:
    secret = make_hook(ada.actor, flow.pk)
    answer = Client().post(f"/api/v1/hooks/{secret}", {"email": "ben@acme.example", "note": "by form"})
    queue.drain()
    assert gave(Run.objects.get(pk=answer.json()["id"]), "c1")["text"] == "ben@acme.example by form"


def test_the_same_id_is_another_run_a_day_later(
    clock: time_machine.Traveller, ada: Browser, flow: Flow, queue: Queue
) -> None:
    secret = make_hook(ada.actor, flow.pk)
    first = deliver(secret, {"email": "x"}, **{"Idempotency-Key": "once"}).json()["id"]
    clock.shift(timedelta(hours=23))
    assert deliver(secret, {"email": "x"}, **{"Idempotency-Key": "once"}).json()["id"] == first
    clock.shift(timedelta(hours=2))
    assert deliver(secret, {"email": "x"}, **{"Idempotency-Key": "once"}).json()["id"] != first


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "input.rejected"),
        ({"email": ""}, 422, "input.rejected"),
        ({"email": "x", "days": "many"}, 422, "input.rejected"),
        ({"email": ["a", "b"]}, 422, "input.rejected"),
        ("[1, 2]", 422, "input.rejected"),
        ("{", 422, "input.rejected"),
        ("[" * 100_000, 422, "input.rejected"),
        ('{"email": "x", "note": NaN}', 422, "input.rejected"),
        ('{"email": "x", "note": 1e999}', 422, "input.rejected"),
        ('{"email": "x", "note": "\\ud800"}', 422, "input.rejected"),
        ('{"email": "x\\u0000"}', 422, "input.rejected"),
        ("x" * 1_000_001, 413, "hook.too_large"),
    ],
)
def test_what_cannot_be_taken_is_named_and_starts_nothing(
    ada: Browser, flow: Flow, body: Any, status: int, code: str
) -> None:
    answer = deliver(make_hook(ada.actor, flow.pk), body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("--x", "multipart/form-data"),
        ("--x\r\nbroken", "multipart/form-data; boundary=x"),
        ("email=a", "application/x-www-form-urlencoded; charset=latin-1"),
        ("&".join(f"field{number}=1" for number in range(1001)), "application/x-www-form-urlencoded"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused_as_everything_else(
    ada: Browser, flow: Flow, body: str, content_type: str
) -> None:
    answer = Client().generic("POST", f"/api/v1/hooks/{make_hook(ada.actor, flow.pk)}", body, content_type)
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert not Run.objects.exists()


def test_a_delivery_needs_neither_a_session_nor_a_form_token(ada: Browser, flow: Flow) -> None:
    browser = Client(enforce_csrf_checks=True)
    answer = browser.post(f"/api/v1/hooks/{make_hook(ada.actor, flow.pk)}", {"email": "x"})
    assert answer.status_code == 202
    assert not answer.cookies


def test_an_unknown_address_tells_nothing(flow: Flow, queue: Queue) -> None:
    answer = deliver("no-such-secret", {"email": "x"})
    assert (answer.status_code, answer.json()["code"]) == (404, "access.not_found")


def test_an_address_that_was_made_anew_answers_no_more(ada: Browser, flow: Flow) -> None:
    first = make_hook(ada.actor, flow.pk)
    second = make_hook(ada.actor, flow.pk)
    assert deliver(first, {"email": "x"}).status_code == 404
    assert deliver(second, {"email": "x"}).status_code == 202
    assert hook_of(ada.actor, flow.pk) == (second, False)


def test_a_flow_that_is_off_says_so(ada: Browser, flow: Flow) -> None:
    secret = make_hook(ada.actor, flow.pk)
    switch_flow(ada.actor, flow.pk, on=False)
    answer = deliver(secret, {"email": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "flow.is_off")


def test_only_a_signature_of_this_body_and_of_now_is_taken(
    clock: time_machine.Traveller, ada: Browser, flow: Flow
) -> None:
    now = datetime(2026, 11, 25, 9, tzinfo=UTC)
    secret, signing = make_hook(ada.actor, flow.pk), make_signing_secret(ada.actor, flow.pk)
    body = json.dumps({"email": "x"})
    right = signed(signing, "msg_1", body, now)
    wrong = {
        "unsigned": {},
        "other body": signed(signing, "msg_1", json.dumps({"email": "y"}), now),
        "other id": {**right, "webhook-id": "msg_2"},
        "other secret": signed("whsec_" + base64.b64encode(b"x" * 32).decode(), "msg_1", body, now),
        "too old": signed(signing, "msg_1", body, now - timedelta(minutes=6)),
        "too early": signed(signing, "msg_1", body, now + timedelta(minutes=6)),
        "no number": {**right, "webhook-timestamp": "soon"},
        "other letters": {**right, "webhook-signature": "v1,\xe9"},
    }
    for name, headers in wrong.items():
        answer = deliver(secret, body, **headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "hook.signature_refused"), name
    assert deliver(secret, body, **right).status_code == 202
    remove_signing_secret(ada.actor, flow.pk)
    assert deliver(secret, body).status_code == 202


def test_a_signed_delivery_that_is_sent_again_under_another_key_is_the_same_run(
    clock: time_machine.Traveller, ada: Browser, flow: Flow
) -> None:
    secret, signing = make_hook(ada.actor, flow.pk), make_signing_secret(ada.actor, flow.pk)
    body = json.dumps({"email": "x"})
    headers = signed(signing, "msg_1", body, datetime(2026, 11, 25, 9, tzinfo=UTC))
    answers = [deliver(secret, body, **headers, **{"Idempotency-Key": key}) for key in ("first", "second")]
    assert len({each.json()["id"] for each in answers}) == 1


def test_an_id_that_is_too_long_is_named(ada: Browser, flow: Flow) -> None:
    secret = make_hook(ada.actor, flow.pk)
    for name in ("Idempotency-Key", "webhook-id"):
        answer = deliver(secret, {"email": "x"}, **{name: "x" * 256})
        assert (answer.status_code, list(answer.json()["fields"])) == (422, [name])


def test_too_many_in_a_minute_are_put_off(ada: Browser, flow: Flow, settings: Settings) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "hook": 2}
    secret = make_hook(ada.actor, flow.pk)
    assert [deliver(secret, {"email": "x"}).status_code for _time in range(3)] == [202, 202, 429]


def test_the_secrets_are_masked_wherever_text_leaves(ada: Browser, flow: Flow) -> None:
    secret, signing = make_hook(ada.actor, flow.pk), make_signing_secret(ada.actor, flow.pk)
    assert secret not in redact(f"Not Found: /api/v1/hooks/{secret}")
    assert signing not in redact(f"signed with {signing}")
