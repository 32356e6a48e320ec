"""Add and Delete Send-As Alias on the sandbox: gmail.add_send_as_alias, gmail.delete_send_as_alias."""

from typing import Any

import pytest

from flows.cards import AnswerLost, Noted
from flows.derive.parse_fields import parse_fields
from gmail_connector.cards import add_send_as_alias, delete_send_as_alias
from gmail_connector.cards.add_send_as_alias import Outputs
from gmail_connector.client import GmailClient
from gmail_connector.settings_changes import DONE, Change
from gmail_connector.settings_errors import PrimaryAddress, SettingRefused
from google_sandbox.server import RunningSandbox
from kernel.errors import InputRejected
from tests.gmail_connector.conftest import ActOn
from tests.gmail_connector.runs import paths
from tests.staged_google import accept_send_as, requests_to, settings_of, stage

BEN, SALES, GUS = "ben@acme.example", "sales@acme.example", "gus@other.example"
LIST, ADDED, CHANGED = "GET settings/sendAs", "POST settings/sendAs", f"PATCH settings/sendAs/{SALES}"
SERVER = {"smtp_host": "smtp.other.example", "port": 587, "username": "gus", "password": "a password of gus"}


def add(client: GmailClient, alias: str = SALES, alias_type: str = "domain", **given: Any) -> Outputs | Noted[Outputs]:
    """As a person enters it."""
    given = {"user_email": client.email, "send_as_email": alias, **given}
    options, inputs = parse_fields(add_send_as_alias.card, {"alias_type": alias_type}, given)
    assert isinstance(options, add_send_as_alias.Options)
    assert isinstance(inputs, add_send_as_alias.Inputs)
    return add_send_as_alias.run(client, options, inputs)


def delete(client: GmailClient, alias: str = SALES) -> object:
    inputs = delete_send_as_alias.Inputs(user_email=client.email, send_as_email=alias)
    return delete_send_as_alias.run(client, delete_send_as_alias.Options(), inputs)


def aliases(google: RunningSandbox) -> dict[str, dict[str, Any]]:
    return {each["sendAsEmail"]: each for each in settings_of(google, BEN)["sendAs"] if not each.get("isPrimary")}


def noted(done: object) -> Noted[Outputs]:
    assert isinstance(done, Noted)
    return done


# ------------------------------------------------------------------ what changes


def test_a_domain_alias_is_added_and_deleted(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    before = aliases(google)
    done = add(client, display_name="Sales", reply_to_address=BEN, signature="<b>Sales</b>", treat_as_alias=True)
    assert isinstance(done, Outputs)
    assert (done.send_as_email, done.verification_status, done.treat_as_alias) == (SALES, "accepted", True)
    assert (done.display_name, done.reply_to_address, done.signature) == ("Sales", BEN, "<b>Sales</b>")
    assert (done.smtp_host, done.port, done.security_mode) == ("", None, "")
    assert Change(setting="Send As Email", before="", after=SALES) in done.changes
    assert aliases(google)[SALES]["displayName"] == "Sales"
    assert delete(client) == DONE
    assert aliases(google) == before
    assert paths(google) == [LIST, ADDED, LIST, f"DELETE settings/sendAs/{SALES}"]


def test_a_custom_alias_waits_for_its_owner_and_keeps_its_password_to_itself(
    google: RunningSandbox, act_on: ActOn
) -> None:
    client = act_on()
    done = noted(add(client, GUS, "custom", **SERVER))
    assert done.note == f"Google has sent a confirmation to {GUS}; nothing is sent from it until that is accepted."
    assert (done.outputs.verification_status, done.outputs.smtp_host, done.outputs.port) == (
        "pending", "smtp.other.example", 587
    )  # fmt: skip
    assert done.outputs.security_mode == "STARTTLS"
    assert "a password" not in repr(done)
    accept_send_as(google, BEN, GUS)
    again = noted(add(client, GUS, "custom", **SERVER))
    assert again.note == f"{BEN} had this alias already. Nothing was changed."
    assert again.outputs.verification_status == "accepted"
    assert paths(google) == [LIST, ADDED, LIST]


@pytest.mark.parametrize(
    ("port", "given", "mode"), [(465, None, "SSL"), (2525, "starttls", "STARTTLS"), (25, "none", "none")]
)
def test_the_connection_is_secured_unless_it_is_said_otherwise(
    act_on: ActOn, port: int, given: str | None, mode: str
) -> None:
    done = noted(add(act_on(), GUS, "custom", smtp_host="smtp.other.example", port=port, security_mode=given))
    assert done.outputs.security_mode == mode


def test_an_alias_that_is_there_is_set_to_what_is_given(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    add(client, display_name="Sales", signature="<b>Sales</b>")
    done = add(client, SALES.upper(), display_name="Sales team", treat_as_alias=True)
    assert isinstance(done, Outputs)
    assert done.changes == (
        Change(setting="Display Name", before="Sales", after="Sales team"),
        Change(setting="Treat as Alias", before="no", after="yes"),
    )
    assert done.signature == "<b>Sales</b>"
    assert paths(google)[2:] == [LIST, CHANGED]


def test_an_alias_that_is_like_this_already_is_left_alone(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    add(client, display_name="Sales", treat_as_alias=False)
    again = noted(add(client, display_name="Sales", treat_as_alias=False))
    assert (again.outputs.changes, again.note) == ((), f"{BEN} had this alias already. Nothing was changed.")
    assert paths(google) == [LIST, ADDED, LIST]


def test_another_mail_server_is_written_with_its_password(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    add(client, GUS, "custom", **SERVER)
    done = noted(add(client, GUS, "custom", **{**SERVER, "port": 465}))
    assert done.outputs.changes == (
        Change(setting="Port", before="587", after="465"),
        Change(setting="Security Mode", before="STARTTLS", after="SSL"),
    )


def test_after_a_lost_answer_it_is_safe_to_run_again(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    stage(google, "503_after", count=1, path="/gmail/v1/users/me/settings/sendAs", method="POST")
    with pytest.raises(AnswerLost):
        add(client)
    assert noted(add(client)).outputs.verification_status == "accepted"
    assert len(requests_to(google, "/gmail/v1/users/me/settings/sendAs")) == 1


def test_an_alias_that_is_not_there_counts_as_deleted(google: RunningSandbox, act_on: ActOn) -> None:
    gone = delete(act_on())
    assert isinstance(gone, Noted)
    assert (gone.outputs, gone.note) == (DONE, f"{BEN} had no send-as alias {SALES}. Nothing was changed.")
    assert paths(google) == [LIST]


# ------------------------------------------------------------------ what is refused


def test_the_primary_address_is_refused_before_any_write(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    with pytest.raises(PrimaryAddress):
        delete(client, BEN.upper())
    with pytest.raises(PrimaryAddress):
        add(client, BEN, display_name="Ben")
    assert paths(google) == [LIST, LIST]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"alias": "sales"}, "send_as_email"),
        ({"reply_to_address": "nobody"}, "reply_to_address"),
        ({"alias_type": "custom", "port": 587}, "smtp_host"),
        ({"alias_type": "custom", "smtp_host": "smtp.other.example"}, "port"),
        ({"alias_type": "custom", "smtp_host": "smtp.other.example", "port": 70_000}, "port"),
        ({"alias_type": "custom", "smtp_host": "smtp.other.example", "port": 587, "security_mode": "none"}, "port"),
        ({"password": "secret"}, "password"),
    ],
)
def test_what_cannot_be_taken_is_named_before_any_call(
    google: RunningSandbox, act_on: ActOn, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputRejected) as raised:
        add(act_on(), **given)
    assert list(raised.value.fields) == [field]
    assert paths(google) == []


def test_a_custom_alias_does_not_become_one_of_the_domain(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    add(client, GUS, "custom", **SERVER)
    with pytest.raises(InputRejected) as raised:
        add(client, GUS)
    assert "smtp.other.example" in raised.value.cause
    assert paths(google) == [LIST, ADDED, LIST]


def test_what_google_finds_wrong_changes_nothing(google: RunningSandbox, act_on: ActOn) -> None:
    client = act_on()
    before = aliases(google)
    request = client.users("settings", "sendAs").create(userId="me", body={"sendAsEmail": SALES, "smtpMsa": {}})
    with pytest.raises(SettingRefused) as raised:
        client.call("Adding the send-as alias", request, needs=(), about=SALES)
    assert raised.value.code == "gmail.setting_refused"
    assert aliases(google) == before


def test_the_password_is_a_secret_field() -> None:
    secrets = {
        name for name, each in add_send_as_alias.Inputs.__dataclass_fields__.items() if each.metadata["spec"].secret
    }
    assert secrets == {"password"}
