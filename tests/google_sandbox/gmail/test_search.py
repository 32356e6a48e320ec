"""The search operators that a list takes as `q`."""

from datetime import timedelta

import pytest

from google_sandbox.server import RunningSandbox
from tests.google_sandbox.calling import ADA, BEN, CLEO, Caller, caller, headers

HOUR, DAY = 3600, 86_400


@pytest.fixture
def staged(sandbox: RunningSandbox, ada: Caller, ben: Caller, cleo: Caller) -> Caller:
    """Ben's mailbox with four letters of a made-up word, of which searches below are about."""
    ada.send_mail(subject="Quillon budget", text="Numbers of the zeppelin are attached.\n", attachment=b"1", cc=CLEO)
    cleo.send_mail(subject="Quillon lunch", text="The soup was good, wasn't it?\n")
    ada.send_mail(subject="Another thing", text="About quillon and the red balloon.\n")
    ben.send_mail(to=ADA, subject="Quillon answer", text="I agree.\n")
    lunch = ben.find("subject:lunch quillon")[0]["id"]
    ben.post(f"messages/{lunch}/modify", {"addLabelIds": ["STARRED"], "removeLabelIds": ["UNREAD", "INBOX"]})
    return ben


BUDGET, LUNCH, OTHER, ANSWER = "Quillon budget", "Quillon lunch", "Another thing", "Quillon answer"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("quillon", [ANSWER, OTHER, LUNCH, BUDGET]),
        ("QUILLON", [ANSWER, OTHER, LUNCH, BUDGET]),
        ("quillon zeppelin", [BUDGET]),
        ('"the red balloon"', [OTHER]),
        ('"red the balloon"', []),
        ("quillon -balloon", [ANSWER, LUNCH, BUDGET]),
        ("quillon (soup OR balloon)", [OTHER, LUNCH]),
        ("quillon {soup zeppelin}", [LUNCH, BUDGET]),
        ("from:ada quillon", [OTHER, BUDGET]),
        (f"from:{ADA} quillon", [OTHER, BUDGET]),
        ("from:Lindqvist quillon", [OTHER, BUDGET]),
        ("from:me quillon", [ANSWER]),
        (f"to:{ADA} quillon", [ANSWER]),
        ("to:me quillon", [OTHER, LUNCH, BUDGET]),
        (f"cc:{CLEO} quillon", [BUDGET]),
        ("subject:quillon", [ANSWER, LUNCH, BUDGET]),
        ("subject:(quillon lunch)", [LUNCH]),
        ('subject:"quillon lunch"', [LUNCH]),
        ('subject:"lunch quillon"', []),
        ("is:unread quillon", [OTHER, BUDGET]),
        ("is:read quillon", [ANSWER, LUNCH]),
        ("is:starred quillon", [LUNCH]),
        ("in:inbox quillon", [OTHER, BUDGET]),
        ("in:sent quillon", [ANSWER]),
        ("label:starred quillon", [LUNCH]),
        ("label:inbox quillon", [OTHER, BUDGET]),
        ("label:nosuchlabel quillon", []),
        ("has:attachment quillon", [BUDGET]),
        ("filename:notes.bin quillon", [BUDGET]),
        ("-has:attachment from:ada quillon", [OTHER]),
        ("newer_than:1d quillon", [ANSWER, OTHER, LUNCH, BUDGET]),
        ("older_than:1d quillon", []),
        ("newer_than:yesterday quillon", []),
        ("nosuchoperator:quillon", []),
        ("", None),
        ("   ", None),
    ],
)
def test_query_finds(staged: Caller, query: str, found: list[str] | None) -> None:
    if found is None:
        assert staged.find(query, maxResults=500) == staged.get("messages", maxResults=500)["messages"]
    else:
        assert staged.subjects(query) == found


def test_message_id_of_the_header(staged: Caller) -> None:
    wanted = staged.only("subject:budget quillon")
    given = headers(wanted)["Message-ID"]
    for query in (f"rfc822msgid:{given}", f"rfc822msgid:{given.strip('<>')}"):
        assert [each["id"] for each in staged.find(query)] == [wanted["id"]]
    assert staged.find("rfc822msgid:nobody@mail.gmail.com") == []


def test_trash_and_spam_are_searched_when_named(staged: Caller) -> None:
    wanted = staged.only("subject:budget quillon")["id"]
    staged.post(f"messages/{wanted}/trash")
    assert BUDGET not in staged.subjects("quillon")
    for query in ("in:trash quillon", "in:anywhere subject:budget quillon"):
        assert staged.subjects(query) == [BUDGET]
    assert BUDGET in staged.subjects("quillon", includeSpamTrash="true")


def test_ages_and_dates_follow_the_sandboxs_clock(sandbox: RunningSandbox, staged: Caller) -> None:
    sent_at = sandbox.sandbox.clock.now()
    sandbox.sandbox.clock.offset = 2 * DAY + HOUR
    ben = caller(sandbox, BEN)
    assert ben.subjects("newer_than:2d quillon") == []
    assert len(ben.subjects("newer_than:3d quillon")) == 4
    assert len(ben.subjects("older_than:2d quillon")) == 4
    assert len(ben.subjects("older_than:49h newer_than:50h quillon")) == 4
    # A bare date is midnight on the Pacific coast: two days off are right wherever the test runs
    before, after = (f"{sent_at + timedelta(days=days):%Y/%m/%d}" for days in (-2, 2))
    assert len(ben.subjects(f"after:{before} before:{after} quillon")) == 4
    assert ben.subjects(f"before:{before} quillon") == ben.subjects(f"after:{after} quillon") == []
    second = int(sent_at.timestamp())
    assert len(ben.subjects(f"after:{second - 60} quillon")) == 4
    assert ben.subjects(f"after:{second + 60} quillon") == []
    assert len(ben.subjects(f"before:{second + 60} quillon")) == 4
    assert ben.subjects("after:someday quillon") == []


def test_seeded_mailboxes_can_be_searched(ada: Caller) -> None:
    assert ada.subjects("from:mina has:attachment label:invoices") == ["Invoice 2041 – 請求書"]
    assert "Grüße aus Zürich" in ada.subjects("zürich")
    assert ada.subjects("subject:請求書 filename:pdf") == ["Invoice 2041 – 請求書"]


@pytest.mark.parametrize(
    "query", ["(((", ")", "from:", '"', "OR", "-", "{}", "subject:(", "a OR", "-()", "in:", "%", "'"]
)
def test_no_query_breaks_the_list(ada: Caller, query: str) -> None:
    assert ada.send("GET", "messages", params={"q": query}).status_code == 200
