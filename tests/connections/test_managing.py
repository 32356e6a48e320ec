"""Rename, describe, pause, resume, share, hand on: who may, what it changes, and what the audit trail says."""

from collections.abc import Callable
from typing import Any

import pytest

from access.actor import Actor, Via
from access.models import AuditEntry, User
from connections.errors import ConnectionPaused, GrantEnded, NicknameTaken
from connections.extensions import get_connector
from connections.models import Connection, Sharing, Status
from connections.operations.change_owner import change_owner
from connections.operations.edit_connection import edit_connection
from connections.operations.pause_connection import pause_connection
from connections.operations.report_failure import report_failure
from connections.operations.resume_connection import resume_connection
from connections.operations.share_connection import share_connection
from connections.operations.use_connection import use_connection
from connections.readiness import require_ready, state_of
from kernel.clock import now
from kernel.errors import EditStale, InputRejected, NotFound, NotPermitted, from_stored
from tests.factories import ConnectionFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return UserFactory(administrator=True, email="ada@console.example")


@pytest.fixture
def connection(ada: User) -> Connection:
    made: Connection = ConnectionFactory(owner=ada, nickname="Support inbox", description="Mail to support@.")
    return made


def actor(user: User) -> Actor:
    return Actor(user=user, via=Via.PAGE)


def events(connection: Connection) -> list[str]:
    return list(
        AuditEntry.objects.filter(object_id=str(connection.pk)).order_by("sequence").values_list("event", flat=True)
    )


# ------------------------------------------------------------------ rename and describe


def test_renaming_changes_the_name_and_what_makes_it_unique(ada: User, connection: Connection) -> None:
    edited = edit_connection(actor(ada), connection.pk, version=1, nickname="  Customer   care ")
    connection.refresh_from_db()
    assert (connection.nickname, connection.nickname_key) == ("Customer care", "customer care")
    assert connection.description == "Mail to support@."
    assert edited.version == connection.version == 2
    (entry,) = AuditEntry.objects.filter(event="connection.details_changed")
    assert entry.difference == {"nickname": ["Support inbox", "Customer care"]}


def test_a_name_can_change_its_case_and_is_free_for_others_afterwards(ada: User, connection: Connection) -> None:
    edit_connection(actor(ada), connection.pk, version=1, nickname="SUPPORT inbox")
    edit_connection(actor(ada), connection.pk, version=2, nickname="Other")
    ConnectionFactory(nickname="Support inbox")


def test_a_taken_nickname_is_refused(ada: User, connection: Connection) -> None:
    ConnectionFactory(nickname="Payroll")
    with pytest.raises(NicknameTaken):
        edit_connection(actor(ada), connection.pk, version=1, nickname="PAYROLL")


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"nickname": " "}, "nickname"),
        ({"nickname": "x" * 81}, "nickname"),
        ({"nickname": "a\u200bb"}, "nickname"),
        ({"description": "x" * 501}, "description"),
    ],
)
def test_texts_are_held_to_the_rules_of_new_connections(
    ada: User, connection: Connection, texts: dict[str, str], field: str
) -> None:
    with pytest.raises(InputRejected) as refused:
        edit_connection(actor(ada), connection.pk, version=1, **texts)
    assert field in refused.value.fields
    connection.refresh_from_db()
    assert connection.version == 1


def test_saving_what_is_there_already_is_no_change(ada: User, connection: Connection) -> None:
    edited = edit_connection(actor(ada), connection.pk, version=1, nickname="Support inbox")
    assert edited.version == 1
    assert events(connection) == []


def test_of_two_who_edit_at_once_the_second_is_told(ada: User, connection: Connection) -> None:
    edit_connection(actor(ada), connection.pk, version=1, description="First")
    with pytest.raises(EditStale) as stale:
        edit_connection(actor(ada), connection.pk, version=1, description="Second")
    assert stale.value.code == "edit.stale"
    connection.refresh_from_db()
    assert connection.description == "First"


def test_causes_name_the_connection_by_its_new_name(ada: User, connection: Connection) -> None:
    report_failure(
        connection.pk, GrantEnded(nickname="Support inbox", email="s@acme.example", reason="Google ended it.")
    )
    edit_connection(actor(ada), connection.pk, version=1, nickname="Care")
    connection.refresh_from_db()
    assert connection.status_cause is not None
    assert "Reauthorize Care" in from_stored(connection.status_cause).remedy


# ------------------------------------------------------------------ pause and resume


def test_a_paused_connection_runs_no_card_until_it_is_resumed(ada: User, connection: Connection) -> None:
    card = get_connector("gmail").cards[0]
    pause_connection(actor(ada), connection.pk)
    connection.refresh_from_db()
    assert connection.status == Status.PAUSED
    assert connection.paused_by == ada
    with pytest.raises(ConnectionPaused):
        require_ready(state_of(connection), card)
    resumed = resume_connection(actor(ada), connection.pk)
    assert (resumed.status, resumed.paused_at, resumed.paused_by) == (Status.ACTIVE, None, None)
    require_ready(state_of(Connection.objects.get(pk=connection.pk)), card)
    changed = "connection.status_changed"
    assert events(connection) == ["connection.paused", changed, "connection.resumed", changed]


def test_pausing_and_resuming_twice_changes_nothing_more(ada: User, connection: Connection) -> None:
    first = pause_connection(actor(ada), connection.pk).paused_at
    assert pause_connection(actor(ada), connection.pk).paused_at == first
    resume_connection(actor(ada), connection.pk)
    resume_connection(actor(ada), connection.pk)
    assert len(events(connection)) == 4


def test_what_broke_while_it_was_paused_shows_when_it_is_resumed(ada: User, connection: Connection) -> None:
    pause_connection(actor(ada), connection.pk)
    report_failure(connection.pk, GrantEnded(nickname="x", email="x@acme.example", reason="Google ended it."))
    assert Connection.objects.get(pk=connection.pk).status == Status.PAUSED
    assert resume_connection(actor(ada), connection.pk).status == Status.NEEDS_REAUTHORIZATION


def cause_of(connection: Connection) -> str:
    return from_stored(connection.status_cause).cause if connection.status_cause else ""


def test_the_cause_names_who_paused_it(ada: User, connection: Connection) -> None:
    paused = pause_connection(actor(ada), connection.pk)
    assert cause_of(paused) == f"Support inbox was paused by {ada}."
    with pytest.raises(ConnectionPaused, match=f"was paused by {ada}"):
        require_ready(state_of(Connection.objects.get(pk=connection.pk)), get_connector("gmail").cards[0])


def test_a_command_pauses_for_nobody_in_particular(connection: Connection) -> None:
    paused = pause_connection(Actor.command(), connection.pk)
    assert paused.paused_by is None
    assert cause_of(paused) == "Support inbox was paused here."


# ------------------------------------------------------------------ sharing


def test_sharing_with_chosen_people_lets_them_use_it_and_nobody_else(ada: User, connection: Connection) -> None:
    ben, eve = UserFactory(flow_builder=True), UserFactory(flow_builder=True)
    shared = share_connection(actor(ada), connection.pk, version=1, sharing="people", people=[ben.email.upper()])
    assert shared.version == 2
    assert use_connection(actor(ben), connection.pk) == connection
    with pytest.raises(NotFound):
        use_connection(actor(eve), connection.pk)
    (entry,) = AuditEntry.objects.filter(event="connection.sharing_changed")
    assert entry.difference == {"sharing": ["private", "people"], "added": ben.email}


def test_sharing_with_everyone_and_then_with_nobody(ada: User, connection: Connection) -> None:
    ben = UserFactory(flow_builder=True)
    share_connection(actor(ada), connection.pk, version=1, sharing="people", people=[ben.email])
    share_connection(actor(ada), connection.pk, version=2, sharing="everyone")
    assert use_connection(actor(UserFactory(flow_builder=True)), connection.pk)
    share_connection(actor(ada), connection.pk, version=3, sharing="private")
    assert not connection.shared_with.exists()
    with pytest.raises(NotFound):
        use_connection(actor(ben), connection.pk)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"sharing": "public"}, "sharing"),
        ({"sharing": "people", "people": []}, "people"),
        ({"sharing": "people", "people": ["nobody@console.example"]}, "people"),
        ({"sharing": "people", "people": ["ada@console.example"]}, "people"),
    ],
)
def test_a_sharing_that_makes_no_sense_is_refused(
    ada: User, connection: Connection, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputRejected) as refused:
        share_connection(actor(ada), connection.pk, version=1, **given)
    assert field in refused.value.fields


def test_somebody_who_left_stays_shared_with_but_is_not_newly_chosen(ada: User, connection: Connection) -> None:
    gone, new = UserFactory(is_active=False), UserFactory()
    Connection.objects.filter(pk=connection.pk).update(sharing=Sharing.PEOPLE)
    connection.shared_with.add(gone)
    share_connection(actor(ada), connection.pk, version=1, sharing="people", people=[gone.email, new.email])
    other = ConnectionFactory(owner=ada)
    with pytest.raises(InputRejected):
        share_connection(actor(ada), other.pk, version=1, sharing="people", people=[gone.email])


# ------------------------------------------------------------------ owner


def test_a_new_owner_has_it_and_needs_no_share(ada: User, connection: Connection) -> None:
    ben = UserFactory(flow_builder=True)
    share_connection(actor(ada), connection.pk, version=1, sharing="people", people=[ben.email])
    changed = change_owner(actor(ada), connection.pk, version=2, owner=ben.email)
    assert (changed.owner, changed.version) == (ben, 3)
    assert not changed.shared_with.exists()
    (entry,) = AuditEntry.objects.filter(event="connection.owner_changed")
    assert entry.difference == {"owner": [ada.email, ben.email]}


def test_an_owner_must_be_there_and_able_to_see_it(ada: User, connection: Connection) -> None:
    for email in ("nobody@console.example", UserFactory().email, UserFactory(auditor=True, is_active=False).email):
        with pytest.raises(InputRejected) as refused:
            change_owner(actor(ada), connection.pk, version=1, owner=email)
        assert "owner" in refused.value.fields
    assert change_owner(actor(ada), connection.pk, version=1, owner=ada.email).version == 1


# ------------------------------------------------------------------ who may

CHANGES: dict[str, Callable[[Actor, Connection], object]] = {
    "edit": lambda who, it: edit_connection(who, it.pk, version=1, description="New"),
    "share": lambda who, it: share_connection(who, it.pk, version=1, sharing="everyone"),
    "owner": lambda who, it: change_owner(who, it.pk, version=1, owner=it.owner.email),
    "pause": lambda who, it: pause_connection(who, it.pk),
    "resume": lambda who, it: resume_connection(who, it.pk),
}


@pytest.mark.parametrize("change", CHANGES)
def test_rights_are_those_of_the_table(change: str, connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(sharing=Sharing.EVERYONE)
    for role in ("administrator", "connection_manager"):
        assert CHANGES[change](actor(UserFactory(**{role: True})), ConnectionFactory())
    builder = UserFactory(flow_builder=True)
    assert CHANGES[change](actor(builder), ConnectionFactory(owner=builder))
    for role in ("flow_builder", "auditor", "operator"):
        who = actor(UserFactory(**{role: True}))
        if role == "operator" and change in {"pause", "resume"}:
            assert CHANGES[change](who, connection)
            continue
        with pytest.raises(NotPermitted):
            CHANGES[change](who, connection)
    with pytest.raises(NotFound):
        CHANGES[change](actor(UserFactory(flow_builder=True)), ConnectionFactory())


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_deleted_can_not_be_changed(ada: User, change: str) -> None:
    with pytest.raises(NotFound):
        CHANGES[change](actor(ada), ConnectionFactory(owner=ada, deleted_at=now()))
