"""``manage.py run_card``: what it prints, and with which exit code it ends."""

import io
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from access.actor import Actor
from connections.models import Connection
from flows.management.commands.run_card import _nested
from flows.models import Run, RunState
from kernel.clock import now
from tests.factories import UserFactory
from tests.flows.fake_mail import READ_KEY, SEND_KEY, FakeMail, gone, lost
from tests.flows.fake_roles import CLERK, CLOUD, ENTER, READ, TYPED, FakeCloud

pytestmark = pytest.mark.django_db


def run_card(actor: Actor, connection: Connection, *more: str, card: str = SEND_KEY) -> tuple[dict[str, Any], str]:
    """Outputs and what stands on standard error."""
    out, err = io.StringIO(), io.StringIO()
    given = ("--connection", connection.nickname, "--as", actor.person.email.upper())
    call_command("run_card", card, *given, *more, stdout=out, stderr=err)
    return json.loads(out.getvalue()), err.getvalue()


def test_outputs_are_printed_as_json(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    outputs, _err = run_card(
        actor,
        connection,
        "--input",
        "to=a@x.example",
        "--input",
        "to=b@x.example",
        "--input",
        "subject=a=b",
        card=READ_KEY,
    )
    assert outputs == {"message_id": "a=b"}
    assert Run.objects.get().via == "command"


def test_values_come_as_json_too(
    mail: FakeMail, actor: Actor, connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = json.dumps({"options": {"loud": True}, "inputs": {"to": ["a@x.example"]}})
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    run_card(actor, connection, "--json", "-")
    (tmp_path / "given.json").write_text(given)
    run_card(actor, connection, "--json", str(tmp_path / "given.json"))
    assert len(mail.sent) == 2


@pytest.mark.parametrize(
    "more",
    [
        ["--input", "to"],
        ["--input", "too=a"],
        ["--json", "/nowhere"],
        ["--json", "-"],
    ],
)
def test_what_cannot_be_taken_ends_with_2(
    more: list[str], mail: FakeMail, actor: Actor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"input": {}}'))
    with pytest.raises(CommandError) as error:
        run_card(actor, connection, *more)
    assert error.value.returncode == 2


def test_a_failure_says_cause_and_remedy_and_ends_with_1(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.before["stage"] = [gone()]
    with pytest.raises(CommandError, match=r"The mailbox holds nothing(.|\n)*Run: http.*/runs/") as error:
        run_card(actor, connection, "--input", "to=a@x.example")
    assert error.value.returncode == 1


def test_an_unknown_outcome_says_where_to_decide(mail: FakeMail, actor: Actor, connection: Connection) -> None:
    mail.has_drafts = mail.can_read = False
    mail.after["dispatch"] = [lost()]
    with pytest.raises(CommandError, match=r"not known whether(.|\n)*Decide on the page of the run: http.*/runs/"):
        run_card(actor, connection, "--input", "to=a@x.example")


def test_a_lost_answer_is_followed_when_asked_for(
    mail: FakeMail, actor: Actor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.before["dispatch"] = [lost(), None, lost()]
    with time_machine.travel(now(), tick=False) as clock:
        monkeypatch.setattr(time, "sleep", lambda seconds: clock.shift(timedelta(seconds=seconds)))
        outputs, err = run_card(actor, connection, "--input", "to=a@x.example", "--follow")
        assert outputs == {"message_id": "message-1"}
        assert "It is looked for in 60 seconds." in err
        with pytest.raises(CommandError, match="is being checked"):
            run_card(actor, connection, "--input", "to=a@x.example")
    assert [run.state for run in Run.objects.order_by("created_at")] == [RunState.COMPLETED, RunState.WAITING]


def test_an_account_is_named_and_an_object_comes_as_json(
    cloud: FakeCloud, actor: Actor, connection: Connection
) -> None:
    Connection.objects.update(granted_scopes=[CLOUD, READ])
    given = ("--option", "project=archive", "--option", f"service_account={CLERK}", "--input", "user_email=b@x.example")
    outputs, _err = run_card(actor, connection, *given, card="fake.act")
    assert (outputs, cloud.required[0].service_account) == ({"mailbox": "b@x.example"}, CLERK)
    given = ("--option", f"project={ENTER}", "--input", f"service_account_email={TYPED}", *given[-2:])
    run_card(actor, connection, *given, card="fake.act")
    assert cloud.required[1].service_account == TYPED
    asked, _err = run_card(actor, connection, "--input", "path=/read", "--input", 'body={"a": [1]}', card="fake.ask")
    assert asked == {"body": {"path": "/read", "given": {"a": [1]}}}


def test_an_event_is_not_run(cloud: FakeCloud, actor: Actor, connection: Connection) -> None:
    with pytest.raises(CommandError, match="an event starts a flow") as error:
        run_card(actor, connection, card="fake.arrived")
    assert error.value.returncode == 2


def test_nobody_by_that_address(mail: FakeMail, connection: Connection) -> None:
    with pytest.raises(CommandError, match="nobody"):
        call_command("run_card", SEND_KEY, "--connection", str(connection.pk), "--as", "zoe@console.example")


def test_the_rights_are_those_of_the_person(mail: FakeMail, connection: Connection) -> None:
    other = UserFactory(administrator=True)
    with pytest.raises(CommandError, match="Not found"):
        call_command("run_card", SEND_KEY, "--connection", str(connection.pk), "--as", other.email, "--input", "to=a")
    assert mail.calls == []


def test_a_field_inside_another_is_named_with_a_dot_and_cannot_be_both() -> None:
    assert _nested({"to": "a", "file.name": "b", "file.page.size": "c"}) == {
        "to": "a",
        "file": {"name": "b", "page": {"size": "c"}},
    }
    with pytest.raises(CommandError, match="file has a value of its own"):
        _nested({"file": "a", "file.name": "b"})


@pytest.mark.parametrize("more", ["to=/dev/null", "nothing=/dev/null", "to.file=/dev/null"])
def test_a_file_goes_only_where_one_is_taken(mail: FakeMail, actor: Actor, connection: Connection, more: str) -> None:
    with pytest.raises(CommandError, match="takes no file") as error:
        run_card(actor, connection, "--file", more)
    assert error.value.returncode == 2
    assert mail.calls == []
