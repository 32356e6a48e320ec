"""Addresses a mailbox may send as: which need their owner's consent, what may be changed, what is never shown."""

from typing import Any

import pytest

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import ADA, BASIC, BEN, GUS, SHARING, Caller, caller, delegated_caller, headers
from tests.staged_google import accept_send_as

TEAM = "team@acme.example"
SERVER = {"host": "smtp.acme.example", "port": 587, "securityMode": "starttls"}
LOGIN = {"username": "team", "password": "never-shown"}


@pytest.fixture
def admin(sandbox: RunningSandbox) -> Caller:
    return delegated_caller(sandbox, BEN, BASIC, SHARING)


def add(admin: Caller, address: str, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = admin.post("settings/sendAs", {"sendAsEmail": address, **fields})
    return made


def sender_of(sandbox: RunningSandbox, address: str) -> str:
    """From whom a letter of Ben's comes that says it is from this address."""
    caller(sandbox, BEN).send_mail(to=ADA, subject="Zeppelin", extra=[("From", address)])
    return headers(caller(sandbox, ADA).only("subject:zeppelin"))["From"]


def test_accepted_address_is_sent_as(sandbox: RunningSandbox, admin: Caller) -> None:
    add(admin, TEAM, displayName="Team of Ben")
    assert sender_of(sandbox, TEAM) == f"Team of Ben <{TEAM}>"


def test_without_a_name_of_its_own_it_bears_the_mailboxs(sandbox: RunningSandbox, admin: Caller) -> None:
    add(admin, TEAM)
    assert sender_of(sandbox, TEAM) == f"Ben Okafor <{TEAM}>"


def test_pending_address_is_not_sent_as_until_its_owner_accepts(sandbox: RunningSandbox, admin: Caller) -> None:
    add(admin, GUS)
    assert sender_of(sandbox, GUS) == f"Ben Okafor <{BEN}>"
    request = caller(sandbox, GUS).only("subject:confirmation")
    assert headers(request)["Subject"] == f"Gmail Confirmation - Send Mail as {GUS}"
    accept_send_as(sandbox, BEN, GUS)
    assert admin.get(f"settings/sendAs/{GUS}")["verificationStatus"] == "accepted"


def test_owner_is_asked_again(sandbox: RunningSandbox, admin: Caller) -> None:
    add(admin, GUS)
    answer = admin.send("POST", f"settings/sendAs/{GUS}/verify")
    assert (answer.status_code, answer.content) == (204, b"")
    assert len(caller(sandbox, GUS).find("subject:confirmation")) == 2
    accept_send_as(sandbox, BEN, GUS)
    answer = admin.send("POST", f"settings/sendAs/{GUS}/verify")
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "failedPrecondition")


def test_mail_by_another_server_needs_consent_and_its_login_is_never_shown(admin: Caller) -> None:
    made = add(admin, TEAM, smtpMsa=SERVER | LOGIN)
    assert (made["verificationStatus"], made["smtpMsa"]) == ("pending", SERVER)
    assert admin.get(f"settings/sendAs/{TEAM}") == made


@pytest.mark.parametrize(
    "server",
    [
        {},
        SERVER | {"host": ""},
        SERVER | {"port": 0},
        SERVER | {"securityMode": "none"},
        SERVER | {"securityMode": "tls"},
    ],
)
def test_server_that_cannot_be(admin: Caller, server: dict[str, Any]) -> None:
    answer = admin.send("POST", "settings/sendAs", json={"sendAsEmail": TEAM, "smtpMsa": server})
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalidArgument")
    assert admin.send("GET", f"settings/sendAs/{TEAM}").status_code == 404


def test_server_without_encryption_has_port_25(admin: Caller) -> None:
    server = SERVER | {"securityMode": "none", "port": 25}
    assert add(admin, TEAM, smtpMsa=server)["smtpMsa"] == server


@pytest.mark.parametrize(
    "fields", [{"sendAsEmail": "team"}, {}, {"sendAsEmail": TEAM, "replyToAddress": "x"}, {"isDefault": False}]
)
def test_address_that_cannot_be(admin: Caller, fields: dict[str, Any]) -> None:
    answer = admin.send("POST", "settings/sendAs", json={"sendAsEmail": TEAM, **fields} if fields else {})
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalidArgument")


@pytest.mark.parametrize("taken", [BEN, TEAM.upper()])
def test_address_is_there_once(admin: Caller, taken: str) -> None:
    add(admin, TEAM)
    answer = admin.send("POST", "settings/sendAs", json={"sendAsEmail": taken})
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (409, "alreadyExists")


def test_own_address_stays(admin: Caller) -> None:
    assert admin.send("DELETE", f"settings/sendAs/{BEN}").status_code == 400
    assert admin.get(f"settings/sendAs/{BEN}")["isPrimary"] is True


def test_patch_changes_what_it_names_and_update_replaces_the_rest(admin: Caller) -> None:
    before = add(admin, TEAM, displayName="Team", signature="<b>Team</b>", treatAsAlias=True)
    patched = admin.send("PATCH", f"settings/sendAs/{TEAM}", json={"replyToAddress": ADA}).json()
    assert patched == before | {"replyToAddress": ADA}
    updated = admin.send("PUT", f"settings/sendAs/{TEAM}", json={"displayName": "All of us"}).json()
    assert updated == before | {"displayName": "All of us", "signature": "", "treatAsAlias": False}


def test_signature_is_kept_without_what_runs(admin: Caller) -> None:
    signature = '<b onmouseover="x()">Team</b><script>x()</script>'
    assert add(admin, TEAM, signature=signature)["signature"] == "<b>Team</b>"


def test_one_address_is_the_default(admin: Caller) -> None:
    def default() -> list[str]:
        return [each["sendAsEmail"] for each in admin.get("settings/sendAs")["sendAs"] if each.get("isDefault")]

    add(admin, TEAM, isDefault=True)
    assert default() == [TEAM]
    admin.send("PATCH", f"settings/sendAs/{BEN}", json={"isDefault": True})
    assert default() == [BEN]
    admin.send("PATCH", f"settings/sendAs/{TEAM}", json={"isDefault": True})
    admin.send("DELETE", f"settings/sendAs/{TEAM}")
    assert default() == [BEN]


def test_address_that_waits_for_consent_cannot_be_the_default(admin: Caller) -> None:
    answer = admin.send("POST", "settings/sendAs", json={"sendAsEmail": GUS, "isDefault": True})
    assert answer.status_code == 400
    assert admin.send("GET", f"settings/sendAs/{GUS}").status_code == 404
