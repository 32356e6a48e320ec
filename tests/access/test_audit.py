"""The audit trail: complete, in order, without secrets, and a change to it shows."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.db import connections as databases
from django.db.transaction import TransactionManagementError

from access import audit
from access.actor import Actor, Via
from access.audit_chain import ChainCheck, verify_chain
from access.models import ApiKey, AppendOnly, AuditEntry, AuditHead, User
from kernel.clock import now
from kernel.redaction import MASK
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def record(event: str = "thing.changed", actor: Actor | None = None, **options: Any) -> AuditEntry:
    with transaction.atomic():
        audit.record(
            actor or Actor.console(), event, **({"kind": "thing", "object_id": "1", "name": "A thing"} | options)
        )
    return AuditEntry.objects.order_by("-sequence")[0]


def tamper(sequence: int, column: str, value: str) -> None:
    """Go round the model, as somebody with the database would."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE access_auditentry SET {column} = %s WHERE sequence = %s", [value, sequence])


def test_an_entry_says_who_what_where_and_by_which_way() -> None:
    user: User = UserFactory()
    key = ApiKey(owner=user, name="Nightly")
    actor = Actor(user=user, via=Via.API, key=key, address="192.0.2.7", request_id="abc")
    entry = record("thing.renamed", actor, difference={"name": ["Old", "New"]})
    assert (entry.actor_user_id, entry.actor_name, entry.actor_key) == (user.pk, user.email, key.pk)
    assert (entry.via, entry.address, entry.request_id) == ("api", "192.0.2.7", "abc")
    assert (entry.event, entry.object_kind, entry.object_id, entry.object_name) == (
        "thing.renamed",
        "thing",
        "1",
        "A thing",
    )
    assert entry.difference == {"name": ["Old", "New"]}


def test_outside_a_transaction_nothing_is_recorded() -> None:
    with pytest.raises(TransactionManagementError):
        audit.record(Actor.console(), "thing.changed", kind="thing", object_id="1", name="A thing")
    assert not AuditEntry.objects.exists()


def test_an_entry_goes_with_its_transaction() -> None:
    record()

    def fail_halfway() -> None:
        with transaction.atomic():
            audit.record(Actor.console(), "thing.changed", kind="thing", object_id="1", name="A thing")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail_halfway()
    record()
    assert list(AuditEntry.objects.values_list("sequence", flat=True)) == [2, 1]
    assert verify_chain() == ChainCheck(checked=2, total=2)


@pytest.mark.parametrize(
    "secret", ["ya29.a0AfB_byC-canary", "1//0gCanaryCanaryCanary", "GOCSPX-canary-canary", "wfc_canaryCanaryCanary"]
)
def test_what_looks_like_a_secret_is_masked_at_any_depth(secret: str) -> None:
    entry = record(name=f"Thing {secret}", difference={"a": [{"b": f"x {secret}"}], secret: 1})
    assert secret not in str(entry.difference) + entry.object_name
    assert entry.difference["a"] == [{"b": f"x {MASK}"}]


def test_what_json_does_not_bring_back_is_refused() -> None:
    with pytest.raises(TypeError):
        record(difference={"at": now()})


def test_entries_are_never_changed_or_deleted() -> None:
    entry = record()
    attempts: list[Callable[[], Any]] = [
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(event="x"),
        lambda: AuditEntry.objects.bulk_update([entry], ["event"]),
    ]
    for attempt in attempts:
        with pytest.raises(AppendOnly):
            attempt()
    assert AuditEntry.objects.get().event == "thing.changed"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("event", "thing.kept"),
        ("actor_name", "mallory@console.example"),
        ("actor_user_id", "7" * 32),
        ("actor_key", "7" * 32),
        ("via", "page"),
        ("object_kind", "other"),
        ("object_id", "2"),
        ("object_name", "Another thing"),
        ("difference", '{"n": 9}'),
        ("address", "203.0.113.9"),
        ("request_id", "other"),
        ("at", "2026-01-01 00:00:00"),
        ("hash", "0" * 64),
        ("previous_hash", "0" * 64),
    ],
)
def test_a_changed_value_shows(column: str, value: str) -> None:
    for number in range(4):
        record(difference={"n": number})
    tamper(2, column, value)
    assert verify_chain().broken_at == 2


def test_a_changed_entry_with_a_hash_that_fits_shows_at_the_next() -> None:
    for _number in range(4):
        record()
    entry = AuditEntry.objects.get(sequence=2)
    entry.event = "thing.kept"
    tamper(2, "event", entry.event)
    tamper(2, "hash", audit.hash_of(entry))
    assert verify_chain().broken_at == 2


@pytest.mark.parametrize(("gone", "broken_at"), [(1, 1), (2, 2), (4, 4)])
def test_a_removed_entry_shows(gone: int, broken_at: int) -> None:
    for _number in range(4):
        record()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM access_auditentry WHERE sequence = %s", [gone])
    assert verify_chain().broken_at == broken_at


def test_an_entry_beyond_the_end_of_the_chain_shows() -> None:
    record()
    record()
    first = AuditEntry.objects.get(sequence=1)
    AuditHead.objects.update(sequence=1, hash=first.hash)
    assert verify_chain().broken_at is not None


def test_only_the_newest_are_checked_when_there_are_many() -> None:
    for _number in range(5):
        record()
    tamper(1, "event", "thing.kept")
    assert verify_chain(most=3) == ChainCheck(checked=3, total=5)
    assert verify_chain(most=5).broken_at == 1


def test_an_empty_trail_holds() -> None:
    assert verify_chain() == ChainCheck(checked=0, total=0)


@pytest.mark.django_db(transaction=True)
def test_entries_recorded_at_once_stand_in_one_chain() -> None:
    def act(number: int) -> None:
        try:
            record(object_id=str(number))
        finally:
            databases.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(act, range(48)))
    assert sorted(int(each) for each in AuditEntry.objects.values_list("object_id", flat=True)) == list(range(48))
    assert verify_chain() == ChainCheck(checked=48, total=48)
