"""``manage.py connections``: in a terminal what the pages show, and never a token."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from connections.models import Connection
from google_sandbox.server import RunningSandbox
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("connections", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def limited(google: RunningSandbox) -> Connection:
    browser = Browser(UserFactory(administrator=True))
    return browser.connect(withhold=("https://www.googleapis.com/auth/gmail.readonly",))


def test_the_list_has_a_line_for_each(limited: Connection) -> None:
    other = ConnectionFactory(nickname="A first one")
    lines = run("list").splitlines()
    assert [line.split()[0] for line in lines] == [str(other.pk), str(limited.pk)]
    assert "Support inbox" in lines[1]
    assert "Limited" in lines[1]
    assert "11 of 13 cards" in lines[1]


def test_the_list_is_filtered_by_status_and_given_as_json(limited: Connection) -> None:
    ConnectionFactory()
    (only,) = json.loads(run("list", "--status", "limited", "--json"))
    assert only["id"] == str(limited.pk)


@pytest.mark.parametrize("name", ["SUPPORT  inbox", "id"])
def test_one_is_shown_by_nickname_or_id_with_what_each_card_meets(name: str, limited: Connection) -> None:
    out = run("show", str(limited.pk) if name == "id" else name)
    assert "Support inbox  (Limited)" in out
    assert "granted  cloud-platform, gmail.compose, gmail.settings.sharing, userinfo.email, openid" in out
    assert "Read Email needs gmail.readonly, which was asked for, but isn't granted" in out
    assert json.loads(run("show", str(limited.pk), "--json"))["nickname"] == "Support inbox"


def test_no_token_is_ever_printed(limited: Connection) -> None:
    out = "".join(run(*arguments) for arguments in (["list"], ["list", "--json"], ["show", str(limited.pk)]))
    assert not [mark for mark in ("ya29.", "1//", "sealed") if mark in out]


def test_one_that_is_not_there_is_named_and_fails() -> None:
    with pytest.raises(CommandError, match="There is no connection 'Nobody'"):
        run("show", "Nobody")


def test_a_deleted_one_is_not_there(limited: Connection) -> None:
    Connection.objects.filter(pk=limited.pk).update(deleted_at=limited.created_at)
    assert run("list") == ""
    with pytest.raises(CommandError):
        run("show", str(limited.pk))
