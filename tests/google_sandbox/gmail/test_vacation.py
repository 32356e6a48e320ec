"""The vacation responder: whom it answers, how often, with what, and when it stops."""

from typing import Any

import pytest

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import (
    ADA,
    BASIC,
    BEN,
    CLEO,
    GUS,
    SHARING,
    Caller,
    caller,
    decoded,
    delegated_caller,
    headers,
)

AWAY = "Away until Monday"
DAY = 86_400
FOUND = f'from:ben subject:"{AWAY}"'


@pytest.fixture
def owner(sandbox: RunningSandbox) -> Caller:
    return caller(sandbox, BEN, BASIC)


def go_away(owner: Caller, **changes: Any) -> None:
    vacation = {"enableAutoReply": True, "responseSubject": AWAY, "responseBodyPlainText": "Ask Cleo.\n"} | changes
    answer = owner.send("PUT", "settings/vacation", json=vacation)
    assert answer.status_code == 200, answer.text


def now(sandbox: RunningSandbox) -> int:
    """Milliseconds on the sandbox's clock."""
    return int(sandbox.sandbox.clock.timestamp() * 1000)


def pass_time(sandbox: RunningSandbox, seconds: float) -> None:
    sandbox.sandbox.clock.offset += seconds


def test_answer_joins_the_conversation_and_says_what_it_is(owner: Caller, ada: Caller) -> None:
    go_away(owner)
    sent = ada.send_mail(subject="Zeppelin")
    answer = ada.only(FOUND)
    said = headers(answer)
    asked = headers(ada.get(f"messages/{sent['id']}"))
    assert said["Subject"] == f"{AWAY} Re: Zeppelin"
    assert said["From"] == f"Ben Okafor <{BEN}>"
    assert said["To"] == ADA
    assert said["In-Reply-To"] == said["References"] == asked["Message-ID"]
    assert (said["Auto-Submitted"], said["Precedence"]) == ("auto-replied", "bulk")
    assert decoded(answer["payload"]["body"]["data"]).decode().strip() == "Ask Cleo."


def test_page_wins_over_text_and_has_a_text_beside_it(owner: Caller, ada: Caller) -> None:
    go_away(owner, responseBodyHtml="<p>Ask <b>Dora</b>.</p>")
    ada.send_mail()
    plain, page = ada.only(FOUND)["payload"]["parts"]
    assert decoded(plain["body"]["data"]).decode().strip() == "Ask Dora."
    assert decoded(page["body"]["data"]).decode().strip() == "<p>Ask <b>Dora</b>.</p>"


def test_without_a_subject_of_its_own_it_answers_under_the_one_it_got(owner: Caller, ada: Caller) -> None:
    go_away(owner, responseSubject="")
    sent = ada.send_mail(subject="Zeppelin")
    [_, answer] = ada.get(f"threads/{sent['threadId']}")["messages"]
    assert headers(answer)["Subject"] == "Re: Zeppelin"


def test_each_person_is_told_once_in_four_days(
    sandbox: RunningSandbox, owner: Caller, ada: Caller, cleo: Caller
) -> None:
    go_away(owner)
    for _ in range(2):
        ada.send_mail()
        cleo.send_mail()
    assert len(ada.find(FOUND)) == len(cleo.find(FOUND)) == 1
    pass_time(sandbox, 4 * DAY - 60)
    caller(sandbox, ADA).send_mail()
    assert len(caller(sandbox, ADA).find(FOUND)) == 1
    pass_time(sandbox, 120)
    caller(sandbox, ADA).send_mail()
    assert len(caller(sandbox, ADA).find(FOUND)) == 2


def test_other_words_are_told_anew_and_other_times_are_not(sandbox: RunningSandbox, owner: Caller, ada: Caller) -> None:
    go_away(owner)
    ada.send_mail()
    go_away(owner, endTime=now(sandbox) + DAY * 1000)
    ada.send_mail()
    assert len(ada.find(FOUND)) == 1
    go_away(owner, responseBodyPlainText="Ask Dora.\n")
    ada.send_mail()
    assert len(ada.find(FOUND)) == 2


def test_answers_begin_at_the_start_and_end_at_the_end(sandbox: RunningSandbox, owner: Caller) -> None:
    begins = now(sandbox) + DAY * 1000
    go_away(owner, startTime=begins, endTime=begins + DAY * 1000)
    caller(sandbox, ADA).send_mail()
    assert caller(sandbox, ADA).find(FOUND) == []
    pass_time(sandbox, DAY + 60)
    caller(sandbox, ADA).send_mail()
    assert len(caller(sandbox, ADA).find(FOUND)) == 1
    pass_time(sandbox, DAY)
    caller(sandbox, CLEO).send_mail()
    assert caller(sandbox, CLEO).find(FOUND) == []


def test_switched_off_it_answers_nobody(owner: Caller, ada: Caller) -> None:
    go_away(owner, enableAutoReply=False)
    ada.send_mail()
    assert ada.find(FOUND) == []


@pytest.mark.parametrize(
    "extra",
    [
        ("List-Id", "<all.acme.example>"),
        ("List-Unsubscribe", "<mailto:leave@acme.example>"),
        ("Precedence", "bulk"),
        ("Auto-Submitted", "auto-generated"),
    ],
)
def test_lists_and_machines_are_not_answered(owner: Caller, ada: Caller, extra: tuple[str, str]) -> None:
    go_away(owner)
    ada.send_mail(extra=[extra])
    assert ada.find(FOUND) == []


def test_bounces_are_not_answered(owner: Caller, ben: Caller) -> None:
    go_away(owner)
    before = ben.get("profile")["messagesTotal"]
    ben.send_mail(to="nobody@acme.example")
    assert ben.get("profile")["messagesTotal"] == before + 2


def test_two_people_away_do_not_answer_each_other_for_ever(
    sandbox: RunningSandbox, owner: Caller, ada: Caller, ben: Caller
) -> None:
    go_away(owner)
    go_away(caller(sandbox, ADA, BASIC))
    before = ben.get("profile")["messagesTotal"]
    ada.send_mail()
    assert len(ada.find(FOUND)) == 1
    assert ben.get("profile")["messagesTotal"] == before + 1


def test_forwarded_mail_is_not_answered(sandbox: RunningSandbox, owner: Caller, ada: Caller) -> None:
    go_away(owner)
    admin = delegated_caller(sandbox, CLEO)
    admin.post("settings/forwardingAddresses", {"forwardingEmail": BEN})
    admin.send("PUT", "settings/autoForwarding", json={"enabled": True, "emailAddress": BEN})
    ada.send_mail(to=CLEO, subject="Zeppelin")
    assert len(caller(sandbox, BEN).find("subject:zeppelin")) == 1
    assert ada.find(FOUND) == []


def test_only_the_own_organization_is_told(sandbox: RunningSandbox, owner: Caller, ada: Caller) -> None:
    gus = caller(sandbox, GUS)
    go_away(owner, restrictToDomain=True)
    for sender in (ada, gus):
        sender.send_mail()
    assert len(ada.find(FOUND)) == 1
    assert gus.find(FOUND) == []


def test_only_contacts_are_told(sandbox: RunningSandbox, owner: Caller, ben: Caller) -> None:
    gus = caller(sandbox, GUS)
    go_away(owner, restrictToContacts=True)
    gus.send_mail()
    assert gus.find(FOUND) == []
    ben.send_mail(to=GUS)
    gus.send_mail()
    assert len(gus.find(FOUND)) == 1


def test_answer_comes_from_the_default_address(sandbox: RunningSandbox, ben: Caller) -> None:
    go_away(caller(sandbox, ADA, BASIC))
    admin = delegated_caller(sandbox, ADA, SHARING)
    admin.send("PATCH", "settings/sendAs/it@acme.example", json={"isDefault": True})
    ben.send_mail(to=ADA)
    assert headers(ben.only(f'subject:"{AWAY}"'))["From"] == "Ada Lindqvist <it@acme.example>"
