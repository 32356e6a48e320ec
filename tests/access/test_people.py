"""Making people, passwords and keys: the operations, and the commands around them."""

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from access.actor import Actor, Via
from access.models import ApiKey, AuditEntry, RoleAssignment, User
from access.operations.create_api_key import create_api_key
from access.operations.create_person import create_person
from access.operations.set_password import set_password
from access.permissions import PERMISSIONS, Role
from kernel.clock import now
from kernel.errors import InputRejected, NotPermitted
from kernel.ids import fingerprint
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"


class Typed(StringIO):
    """Standard input: a terminal's, or a pipe's."""

    def __init__(self, text: str = "", *, is_terminal: bool = False) -> None:
        super().__init__(text)
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, stdin: Typed | None = None) -> tuple[str, str]:
    """What a command writes to standard output, and to standard error."""
    out, err = StringIO(), StringIO()
    monkeypatch.setattr("sys.stdin", stdin or Typed())
    call_command(*arguments, stdout=out, stderr=err, no_color=True)
    return out.getvalue(), err.getvalue()


def roles_of(user: User) -> set[str]:
    return set(RoleAssignment.objects.filter(user=user).values_list("role", flat=True))


def make(**changed: Any) -> User:
    values = {"email": "new@console.example", "name": "New  Person", "password": PASSWORD, "roles": [Role.OPERATOR]}
    return create_person(**values | changed)


def test_a_person_is_made_with_roles_and_entries() -> None:
    user = make(email=" New@Console.example ")
    assert (user.email, user.name, user.check_password(PASSWORD)) == ("new@console.example", "New Person", True)
    assert roles_of(user) == {"Operator"}
    entries = AuditEntry.objects.order_by("sequence")
    assert [(each.event, each.actor_name, each.via) for each in entries] == [
        ("person.created", "Command on the server", "command"),
        ("person.roles_changed", "Command on the server", "command"),
    ]
    assert entries[1].difference == {"roles": [[], ["Operator"]]}


def test_making_a_person_again_changes_nothing_but_missing_roles() -> None:
    first = make()
    make(name="Else", password="another-long-password")
    assert AuditEntry.objects.count() == 2
    second = make(email="NEW@console.example", roles=[Role.AUDITOR, Role.OPERATOR])
    second.refresh_from_db()
    assert (second.pk, second.name, second.check_password(PASSWORD)) == (first.pk, "New Person", True)
    assert roles_of(second) == {"Auditor", "Operator"}
    assert AuditEntry.objects.order_by("-sequence")[0].difference == {"roles": [["Operator"], ["Auditor", "Operator"]]}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "no-address"}, "email"),
        ({"email": ""}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password1234"}, "password"),
        ({"password": "new@console.example"}, "password"),
        ({"password": ""}, "password"),
    ],
)
def test_what_cannot_be_taken_makes_nobody(changed: dict[str, str], field: str) -> None:
    with pytest.raises(InputRejected) as refused:
        make(**changed)
    assert set(refused.value.fields) == {field}
    assert not User.objects.exists()
    assert not AuditEntry.objects.exists()


def test_the_database_keeps_addresses_lower_and_single() -> None:
    make()
    for email in ("new@console.example", "Else@console.example"):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(email=email)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_set_passwords_and_make_keys(role: Role) -> None:
    user: User = UserFactory(roles=[role])
    actor = Actor(user=user, via=Via.PAGE)
    with pytest.raises(NotPermitted):
        set_password(actor, person=UserFactory(), password=PASSWORD)
    with pytest.raises(NotPermitted):
        create_api_key(actor, owner=user, name="x", permissions=["connection.view"])
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\x1b[31mb"}, "name"),
        ({"permissions": []}, "permissions"),
        ({"permissions": ["connection.veiw"]}, "permissions"),
        ({"permissions": ["people.manage"]}, "permissions"),
        ({"days": 0}, "days"),
        ({"days": 367}, "days"),
    ],
)
def test_a_key_that_could_do_nothing_is_refused(changed: dict[str, Any], field: str) -> None:
    owner: User = UserFactory(connection_manager=True)
    values: dict[str, Any] = {"owner": owner, "name": "Nightly", "permissions": ["connection.view"], "days": 90}
    with pytest.raises(InputRejected) as refused:
        create_api_key(Actor.command(), **values | changed)
    assert set(refused.value.fields) == {field}
    assert not ApiKey.objects.exists()


def test_a_key_is_audited_without_the_key() -> None:
    owner: User = UserFactory(administrator=True)
    made = create_api_key(Actor.command(), owner=owner, name="Nightly", permissions=["audit.view", "audit.view"])
    entry = AuditEntry.objects.values().get()
    assert (entry["event"], entry["object_id"], entry["object_name"]) == (
        "api_key.created",
        str(made.key.pk),
        "Nightly",
    )
    assert entry["difference"]["permissions"] == ["audit.view"]
    assert made.secret not in str(entry)
    assert made.secret[4:] not in str(entry)


def test_create_administrator_takes_the_password_from_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = Typed(f"{PASSWORD}\nmore\n")
    out, _err = run(monkeypatch, "create_administrator", "Root@console.example", "--name", "Root", stdin=stdin)
    user = User.objects.get()
    assert (user.email, user.name, roles_of(user)) == ("root@console.example", "Root", {"Administrator"})
    assert user.check_password(PASSWORD)
    assert PASSWORD not in out


def test_create_administrator_makes_a_password_when_it_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    out, _err = run(monkeypatch, "create_administrator", "root@console.example")
    shown = re.search(r"shown only now: (\S+)", out)
    assert shown is not None
    assert User.objects.get().check_password(shown.group(1))
    assert len(shown.group(1)) == 43


def test_create_administrator_asks_twice_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [PASSWORD, "different", PASSWORD, PASSWORD]
    monkeypatch.setattr("getpass.getpass", lambda _prompt: answers.pop(0))
    terminal = Typed(is_terminal=True)
    with pytest.raises(CommandError, match="differ"):
        run(monkeypatch, "create_administrator", "root@console.example", stdin=terminal)
    assert not User.objects.exists()
    run(monkeypatch, "create_administrator", "root@console.example", stdin=terminal)
    assert User.objects.get().check_password(PASSWORD)


def test_create_administrator_raises_somebody_who_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    there = make()
    out, _err = run(monkeypatch, "create_administrator", "NEW@console.example")
    there.refresh_from_db()
    assert roles_of(there) == {"Operator", "Administrator"}
    assert there.check_password(PASSWORD)
    assert "the one they had" in out


def test_create_administrator_says_why_a_password_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="too short"):
        run(monkeypatch, "create_administrator", "root@console.example", stdin=Typed("short\n"))


def test_set_password_sets_it_and_leaves_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make()
    run(monkeypatch, "set_password", "new@console.example", stdin=Typed("another-long-password\n"))
    user.refresh_from_db()
    assert user.check_password("another-long-password")
    entry = AuditEntry.objects.order_by("-sequence")[0]
    assert (entry.event, entry.object_id, entry.via) == ("person.password_set", str(user.pk), "command")


def test_set_password_refuses_a_weak_one(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make()
    with pytest.raises(CommandError, match="too short"):
        run(monkeypatch, "set_password", "new@console.example", stdin=Typed("short\n"))
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_create_api_key_prints_the_key_alone_to_be_piped(monkeypatch: pytest.MonkeyPatch) -> None:
    user: User = UserFactory(administrator=True)
    wanted = ["--permission", "connection.view", "--permission", "card.run", "--days", "7"]
    out, err = run(monkeypatch, "create_api_key", user.email, "--name", "Nightly", *wanted)
    key = ApiKey.objects.get()
    assert fingerprint(out.strip()) == key.hash
    assert out.strip() not in err
    assert "“Nightly”" in err
    assert key.permissions == ["card.run", "connection.view"]
    assert (key.expires_at - now()).days == 6


@pytest.mark.parametrize(
    "arguments",
    [
        ("set_password", "nobody@console.example"),
        ("create_api_key", "nobody@console.example", "--name", "x", "--permission", "card.run"),
        ("create_api_key", "new@console.example", "--name", "x", "--permission", "card.run"),
        ("create_api_key", "new@console.example", "--name", "x", "--permission", "run.view", "--days", "0"),
        ("create_administrator", "no-address"),
    ],
)
def test_a_command_that_fails_says_why_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    make()
    with pytest.raises(CommandError) as failed:
        run(monkeypatch, *arguments, stdin=Typed(f"{PASSWORD}\n"))
    assert failed.value.returncode == 1
    assert str(failed.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ("create_administrator",),
        ("create_api_key", "new@console.example", "--permission", "card.run"),
        ("create_api_key", "new@console.example", "--name", "x"),
        ("create_api_key", "new@console.example", "--name", "x", "--permission", "no.such"),
        ("create_api_key", "new@console.example", "--name", "x", "--permission", "card.run", "--days", "many"),
    ],
)
def test_a_command_used_wrongly_ends_with_2(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from django.core.management import load_command_class

    with pytest.raises(SystemExit) as ended:
        load_command_class("access", arguments[0]).run_from_argv(["manage.py", *arguments])
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_help_names_every_permission(capsys: pytest.CaptureFixture[str]) -> None:
    from django.core.management import load_command_class

    load_command_class("access", "create_api_key").print_help("manage.py", "create_api_key")
    shown = "".join(capsys.readouterr().out.split())
    assert all(name in shown for name in PERMISSIONS)
