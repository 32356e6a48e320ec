"""Mail between the sandbox's mailboxes: who gets it, in which thread, and what comes back."""

import pytest

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import ADA, BEN, CLEO, GUS, Caller, caller, decoded, encoded, headers, letter


def inbox(mailbox: Caller) -> list[str]:
    return mailbox.subjects("subject:zeppelin in:inbox")


def test_everyone_named_gets_one_copy_however_often_named(ada: Caller, ben: Caller, cleo: Caller) -> None:
    ada.send_mail(subject="Zeppelin", to=f"{BEN}, Ben <BEN@acme.example>, ben+tag@acme.example", cc=f"{BEN}, {CLEO}")
    assert inbox(ben) == inbox(cleo) == ["Zeppelin"]


def test_copies_say_how_they_came(ada: Caller, ben: Caller) -> None:
    ada.send_mail(subject="Zeppelin")
    arrived = headers(ben.only("subject:zeppelin"))
    assert arrived["Delivered-To"] == BEN
    assert arrived["Return-Path"] == f"<{ADA}>"
    assert "gmailapi.google.com with HTTPREST" in decoded(ben.only("subject:zeppelin", "raw")["raw"]).decode()


def test_headers_about_the_way_are_not_the_callers_to_write(ada: Caller, ben: Caller) -> None:
    ada.send_mail(subject="Zeppelin", extra=[("Received", "from forged by forged"), ("Delivered-To", CLEO)])
    raw = decoded(ben.only("subject:zeppelin", "raw")["raw"])
    assert b"forged" not in raw
    assert CLEO.encode() not in raw


def test_aliases_and_spellings_reach_the_mailbox(ada: Caller, ben: Caller, sandbox: RunningSandbox) -> None:
    hanna, ivo = caller(sandbox, "hanna@gmail.com"), caller(sandbox, "ivo@googlemail.com")
    ben.send_mail(subject="Zeppelin", to="it@acme.example, H.a.n.na@googlemail.com, ivo@gmail.com")
    for mailbox in (ada, hanna, ivo):
        assert inbox(mailbox) == ["Zeppelin"]


def test_mail_crosses_organizations(ada: Caller, sandbox: RunningSandbox) -> None:
    ada.send_mail(subject="Zeppelin", to=GUS)
    assert inbox(caller(sandbox, GUS)) == ["Zeppelin"]


@pytest.mark.parametrize(
    "nobody", ["x@acme.example", "emil@acme.example", "fay@acme.example", "x@unknown.test", "no.one@gmail.com"]
)
def test_unknown_address_bounces_into_the_same_thread(ada: Caller, ben: Caller, nobody: str) -> None:
    sent = ada.send_mail(subject="Zeppelin", to=f"{BEN}, {nobody}")
    assert sent["labelIds"] == ["SENT"]
    assert inbox(ben) == ["Zeppelin"]
    own, bounce = ada.get(f"threads/{sent['threadId']}")["messages"]
    assert own["id"] == sent["id"]
    assert bounce["labelIds"] == ["UNREAD", "INBOX"]
    said = headers(bounce)
    assert said["From"] == "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
    assert said["X-Failed-Recipients"] == nobody
    assert said["In-Reply-To"] == headers(own)["Message-ID"]
    assert said["Subject"] == "Delivery Status Notification (Failure)"


def test_each_unknown_address_bounces_once(ada: Caller) -> None:
    sent = ada.send_mail(to="a@acme.example, b@acme.example", cc="a@acme.example")
    failed = [headers(each)["X-Failed-Recipients"] for each in ada.get(f"threads/{sent['threadId']}")["messages"][1:]]
    assert failed == ["a@acme.example", "b@acme.example"]


@pytest.mark.parametrize("elsewhere", ["jo@private.test", "someone@example.com"])
def test_addresses_of_the_outside_world_keep_silent(ada: Caller, elsewhere: str) -> None:
    sent = ada.send_mail(to=elsewhere)
    assert len(ada.get(f"threads/{sent['threadId']}")["messages"]) == 1


def test_recipients_are_a_hundred_at_most(ada: Caller) -> None:
    many = ", ".join(f"person{number}@elsewhere.org" for number in range(101))
    answer = ada.send("POST", "messages/send", json={"raw": encoded(letter(to=many))})
    assert answer.status_code == 400
    assert answer.json()["error"]["errors"][0]["reason"] == "invalidArgument"
    ada.send_mail(to=many.rpartition(", ")[0])


@pytest.mark.parametrize(
    ("subject", "referring", "joins"),
    [("Re: Zeppelin", True, True), ("Zeppelin", True, True), ("Zeppelin two", True, False), ("Zeppelin", False, False)],
)
def test_answer_joins_the_recipients_thread_by_references_and_subject(
    ada: Caller, ben: Caller, subject: str, referring: bool, joins: bool
) -> None:
    first = ada.send_mail(subject="Zeppelin")
    answered = headers(ben.only("subject:zeppelin"))["Message-ID"]
    extra = [("In-Reply-To", answered)] if referring else []
    ben.send_mail(to=ADA, subject=subject, extra=extra)
    came = ada.only("from:ben in:inbox newer_than:1h")
    assert (came["threadId"] == first["threadId"]) is joins


def test_unicode_arrives_whole(ada: Caller, ben: Caller) -> None:
    text = "Zürich – 請求書 🍲\n" * 30
    ada.send_mail(subject="Zeppelin für 請求書 🍲", text=text)
    arrived = ben.only("subject:zeppelin")
    assert headers(arrived)["Subject"] == "Zeppelin für 請求書 🍲"
    assert decoded(arrived["payload"]["body"]["data"]).decode().replace("\r\n", "\n") == text


def test_lines_that_end_in_lf_alone_are_stored_as_crlf(ada: Caller, ben: Caller) -> None:
    ada.post("messages/send", {"raw": encoded(b"To: ben@acme.example\nSubject: Zeppelin\n\none\ntwo\n")})
    assert decoded(ben.only("subject:zeppelin", "raw")["raw"]).endswith(b"\r\n\r\none\r\ntwo\r\n")


def test_suspended_and_deleted_people_get_nothing(ada: Caller) -> None:
    for change in ({"suspended": True}, {"suspended": False, "deleted": True}):
        ada.send("POST", f"/_sandbox/api/accounts/{BEN}", json=change)
        sent = ada.send_mail()
        assert len(ada.get(f"threads/{sent['threadId']}")["messages"]) == 2, "a bounce"
