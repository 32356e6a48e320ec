"""The connection's own page: what each tab says, to whom, and what it keeps to itself."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from access import audit
from access.actor import Actor, Via
from access.models import User
from connections import extensions
from connections.errors import ConnectionBlocked, ConnectionDeleted, ConnectionPaused, GrantEnded
from connections.extensions import ActivityItem, Decision, activities_of, get_connector, register_activity
from connections.models import AccountType, Connection, Credential, Grant
from connections.operations.change_owner import change_owner
from connections.operations.get_access_token import get_access_token
from connections.operations.report_failure import report_failure
from connections.operations.settle_status import settle_status
from connections.operations.share_connection import share_connection
from connections.readiness import require_ready, state_of
from flows.operations.run_card import run_card
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from kernel.errors import NotFound
from tests.consents import Browser
from tests.factories import ConnectionFactory, UserFactory
from tests.staged_google import gmail_calls, stage

pytestmark = pytest.mark.django_db
PREFIX = "https://www.googleapis.com/auth/"
READONLY, COMPOSE, SEND, LABELS = (f"{PREFIX}gmail.{name}" for name in ("readonly", "compose", "send", "labels"))
TABS = ("connection", "connection_permissions", "connection_cards", "connection_activity")


@pytest.fixture
def ada() -> User:
    return UserFactory(name="Ada Lindqvist", administrator=True)


def page(user: User, connection: Connection, tab: str = "connection", **query: str) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(reverse(tab, args=[connection.pk]), query)
    assert response.status_code == 200, response.content
    return response.content.decode()


def make(owner: User, **fields: object) -> Connection:
    """A connection whose status follows from what it is."""
    connection: Connection = ConnectionFactory(owner=owner, **fields)
    with transaction.atomic():
        settle_status(Actor.console(), connection)
    return connection


# ------------------------------------------------------------------ who sees it


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("role", ["administrator", "connection_manager", "auditor"])
def test_those_who_see_all_connections_see_each_tab(role: str, tab: str, ada: User) -> None:
    assert "mailbox" in page(UserFactory(**{role: True}), make(ada), tab)


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("role", ["flow_builder", "operator"])
def test_who_sees_only_own_and_shared_ones_learns_nothing_of_others(role: str, tab: str, ada: User) -> None:
    client = Client()
    client.force_login(UserFactory(**{role: True}))
    assert client.get(reverse(tab, args=[make(ada).pk])).status_code == 404
    assert "mailbox" in client.get(reverse(tab, args=[make(ada, sharing="everyone").pk])).content.decode()


@pytest.mark.parametrize("tab", TABS)
def test_signed_out_each_tab_asks_to_sign_in(tab: str, ada: User) -> None:
    assert "/accounts/login/" in Client().get(reverse(tab, args=[make(ada).pk])).headers["Location"]


def test_each_tab_has_its_address_and_says_where_one_is(ada: User) -> None:
    connection = make(ada)
    for tab in TABS:
        text = page(ada, connection, tab)
        assert f'<a href="{reverse(tab, args=[connection.pk])}" aria-current="page">' in text
        assert text.count("aria-current") >= 2  # the tab, and Connections in the navigation


# ------------------------------------------------------------------ Overview


def test_the_overview_tells_the_facts(ada: User) -> None:
    ends_at = now() + timedelta(days=7)
    connection = make(ada, description="Mail to support@.", nickname="Support inbox", grant_expires_at=ends_at)
    text = page(ada, connection)
    for fact in ("Support inbox", "Mail to support@.", connection.account_email, "Google Workspace", "acme.example"):
        assert fact in text
    assert "Ada Lindqvist" in text
    assert "never" in text
    assert ends_at.isoformat() in text


def test_a_broken_connection_says_cause_remedy_and_who(ada: User) -> None:
    connection = make(ada, nickname="Payroll")
    report_failure(connection.pk, GrantEnded(nickname="Payroll", email="p@acme.example", reason="Google ended it."))
    text = page(ada, connection)
    assert "Needs reauthorization" in text
    assert "Google ended it." in text
    assert "Reauthorize Payroll and sign in as p@acme.example." in text
    assert "You, as the owner of the connection" in text
    assert reverse("reauthorize_connection", args=[connection.pk]) in text
    assert reverse("new_connection", args=["gmail"]) not in page(UserFactory(auditor=True), connection)


@pytest.mark.parametrize(
    ("role", "who"),
    [
        ("administrator", "You, as an Administrator"),
        ("connection_manager", "You, as a Connection Manager"),
        ("operator", "You, as an Operator"),
        ("flow_builder", "The owner of the connection, or a Connection Manager"),
        ("auditor", "The owner of the connection, or a Connection Manager"),
    ],
)
@pytest.mark.parametrize("cause", ["ended", "paused"])
def test_a_finding_tells_whoever_can_mend_it_that_they_can(role: str, who: str, cause: str, ada: User) -> None:
    connection = make(ada, sharing="everyone", paused_at=now() if cause == "paused" else None)
    if cause == "ended":
        report_failure(connection.pk, GrantEnded(nickname="x", email="x@acme.example", reason="It ended."))
    text = page(UserFactory(**{role: True}), connection)
    assert f"<dt>Who can do it</dt><dd>{who}</dd>" in text


def test_what_somebody_else_has_to_mend_stays_theirs_whoever_reads_it(ada: User) -> None:
    connection = make(ada)
    report_failure(connection.pk, ConnectionBlocked(reason="The app is blocked.", advice="Ask."))
    assert "You, as" not in page(ada, connection)


def test_the_overview_says_one_cause_of_many_cards_once_beside_them(ada: User) -> None:
    connection = make(ada)
    report_failure(connection.pk, GrantEnded(nickname="x", email="x@acme.example", reason="Google ended it."))
    cards = page(ada, connection).split('id="h-served"')[1].split("</section>")[0]
    assert cards.count("Google ended it.") == 1
    assert cards.count("<li data-tone") == 15


def test_a_blocked_one_offers_no_other_connection_for_it(ada: User) -> None:
    connection = make(ada)
    report_failure(connection.pk, ConnectionBlocked(reason="The app is blocked.", advice="Ask."))
    assert reverse("new_connection", args=["gmail"]) not in page(ada, connection)


def test_those_who_share_the_grant_know_of_each_other(ada: User) -> None:
    first, other = make(ada, nickname="First"), make(ada, nickname="Unrelated")
    sibling = make(ada, nickname="Sibling", account_sub=first.account_sub)
    deleted = make(ada, nickname="Gone", account_sub=first.account_sub, deleted_at=now())
    text = page(ada, first)
    assert reverse("connection", args=[sibling.pk]) in text
    assert other.nickname not in text
    assert deleted.nickname not in text


# ------------------------------------------------------------------ Permissions


def test_permissions_say_needed_requested_and_granted_for_each_scope(ada: User) -> None:
    connection = make(ada, requested_scopes=["openid", READONLY, LABELS], granted_scopes=["openid", LABELS])
    client = Client()
    client.force_login(ada)
    response = client.get(reverse("connection_permissions", args=[connection.pk]))
    rows = {
        row.short: (row.is_needed, row.is_requested, row.is_granted, row.cards) for row in response.context["scopes"]
    }
    assert rows["gmail.readonly"] == (
        True,
        True,
        False,
        ("Read Email", "Search Emails", "New Email", "Label Added or Removed"),
    )
    assert rows["gmail.compose"] == (True, False, False, ("Send Email", "Send Email with Attachment"))
    assert rows["gmail.labels"] == (False, True, True, ())
    text = response.content.decode()
    assert "Missing: withheld" in text
    assert "Missing: not asked for" in text
    assert "See and edit your email labels" in text


def test_a_group_is_shown_by_the_scope_that_was_granted(ada: User) -> None:
    connection = make(ada, requested_scopes=["openid", READONLY, SEND], granted_scopes=["openid", READONLY, SEND])
    client = Client()
    client.force_login(ada)
    rows = client.get(reverse("connection_permissions", args=[connection.pk])).context["scopes"]
    assert "gmail.compose" not in {row.short for row in rows}
    assert {row.short for row in rows if row.is_missing} == {
        "userinfo.email",
        "cloud-platform",
        "gmail.settings.sharing",
    }


def test_the_history_says_what_each_authorization_changed(ada: User) -> None:
    connection = make(ada)
    Grant.objects.create(
        connection=connection,
        requested=[READONLY, SEND, COMPOSE],
        granted=[SEND, COMPOSE],
        added=[COMPOSE],
        removed=[READONLY],
        by=ada,
        account_sub=connection.account_sub,
        account_email="later@acme.example",
    )
    text = page(ada, connection, "connection_permissions")
    assert text.index("later@acme.example") < text.rindex(connection.account_email)
    assert "<dt>Added</dt><dd>gmail.compose</dd>" in text
    assert "<dt>Removed</dt><dd>gmail.readonly</dd>" in text
    assert "<dt>Withheld</dt><dd>gmail.readonly</dd>" in text
    assert text.count("<dt>Added</dt>") == 1


# ------------------------------------------------------------------ Cards


def test_the_grid_links_what_is_missing_to_its_finding(ada: User) -> None:
    connection = make(ada, requested_scopes=["openid", READONLY, SEND], granted_scopes=["openid", SEND])
    text = page(ada, connection, "connection_cards")
    assert 'href="#f1"' in text
    assert 'id="f1"' in text
    assert "2 findings<" in text
    assert "Stops Read Email, Search Emails, New Email, Label Added or Removed<" in text
    assert "Stops Add Delegate, Delete Delegate" in text
    assert "Read Email needs gmail.readonly, which was asked for, but isn&#x27;t granted." in text
    assert "3 of 13 action cards ready" in text


def test_what_stops_several_cards_is_one_finding(ada: User) -> None:
    connection = make(ada, account_type=AccountType.GMAIL, account_email="hanna@gmail.com")
    text = page(ada, connection, "connection_cards")
    assert "1 more finding<" in text
    assert "Stops every card" in text
    assert text.count('href="#f1"') == 15


@pytest.mark.parametrize(
    ("role", "shared", "is_offered"),
    [
        ("flow_builder", True, True),
        ("administrator", True, True),
        ("administrator", False, False),
        ("connection_manager", False, False),
        ("operator", True, False),
        ("auditor", True, False),
    ],
)
def test_a_card_is_tested_by_who_may_use_the_connection(role: str, shared: bool, is_offered: bool, ada: User) -> None:
    connection = make(ada, sharing="everyone" if shared else "private")
    text = page(UserFactory(**{role: True}), connection, "connection_cards")
    link = f"{reverse('test_card', args=['gmail.read_email'])}?connection={connection.pk}"
    assert (link in text) is is_offered
    assert link in page(ada, connection, "connection_cards")


def test_a_paused_or_deleted_connection_stops_every_card_before_google(google: RunningSandbox, ada: User) -> None:
    connection = Browser(ada).connect()
    Connection.objects.filter(pk=connection.pk).update(paused_at=now())
    actor = Actor(user=ada, via=Via.PAGE)
    inputs = {"message_id": "19e1acd465710c93"}
    run = run_card(actor, card_key="gmail.read_email", connection_id=connection.pk, options={}, inputs=inputs)
    assert (run.steps.get().cause or {})["code"] == ConnectionPaused.code
    Connection.objects.filter(pk=connection.pk).update(deleted_at=now())
    with pytest.raises(NotFound):
        run_card(actor, card_key="gmail.read_email", connection_id=connection.pk, options={}, inputs=inputs)
    connection.refresh_from_db()
    with pytest.raises(ConnectionDeleted):
        require_ready(state_of(connection), get_connector("gmail").cards[0])
    assert gmail_calls(google) == []


# ------------------------------------------------------------------ Activity


def test_activity_tells_who_did_what_when_in_words_and_never_from_where(google: RunningSandbox, ada: User) -> None:
    browser = Browser(ada)
    connection = browser.connect()
    report_failure(connection.pk, GrantEnded(nickname="x", email="y", reason="z"))
    text = page(ada, connection, "connection_activity")
    assert "Connection created" in text
    assert "by Ada Lindqvist" in text
    assert "Connection status changed" in text
    assert "active → needs reauthorization" in text
    assert "Cause: The connection needs reauthorization" in text
    assert "Workflows Console" in text
    assert "127.0.0.1" not in text.split('id="h-activity"')[1]


def test_activity_names_people_by_name_and_only_the_unnamed_by_address(ada: User) -> None:
    connection = make(ada, nickname="Desk")
    ben, nameless = UserFactory(name="Ben Okoro", flow_builder=True), UserFactory(name="", flow_builder=True)
    actor = Actor(user=ada, via=Via.PAGE)
    people = [ben.email, nameless.email]
    share_connection(actor, connection.pk, version=1, sharing="people", people=people)
    change_owner(actor, connection.pk, version=2, owner=ben.email)
    text = page(ada, connection, "connection_activity").split('id="h-activity"')[1]
    for said in (nameless.email, "Ben Okoro", "Owner: Ada Lindqvist → Ben Okoro", "by Ada Lindqvist"):
        assert said in text
    assert ben.email not in text
    assert ada.email not in text


def test_scopes_that_google_took_back_stand_in_the_activity(google: RunningSandbox, ada: User) -> None:
    connection = Browser(ada).connect()
    stage(google, "refresh:scopes_shrink", value=[READONLY], count=1)
    Credential.objects.update(access_expires_at=now() - timedelta(seconds=1))
    get_access_token(connection)
    text = page(ada, connection, "connection_activity")
    assert "Connection scopes updated" in text
    assert "gmail.readonly" in text


@pytest.fixture
def elsewhere() -> Iterator[list[ActivityItem]]:
    """What another package did with the connection."""
    items: list[ActivityItem] = []

    def source(actor: Actor, connection_id: UUID) -> list[ActivityItem]:
        return items

    register_activity(source)
    yield items
    extensions._activity_sources.remove(source)


def test_what_ran_with_it_stands_among_the_rest_newest_first(elsewhere: list[ActivityItem], ada: User) -> None:
    connection = make(ada)
    moment = now()
    elsewhere += [
        ActivityItem(at=moment - timedelta(days=days), title=f"Run {days}", who="ben@x.example") for days in (2, 1, 3)
    ]
    actor = Actor(user=ada, via=Via.PAGE)
    assert [item.title for item in activities_of(actor, connection.pk)] == ["Run 1", "Run 2", "Run 3"]
    text = page(ada, connection, "connection_activity")
    assert text.index("Run 1") < text.index("Run 2") < text.index("Run 3")


def test_what_waits_for_a_decision_stands_above_with_its_buttons(elsewhere: list[ActivityItem], ada: User) -> None:
    connection = make(ada)
    url = "/runs/00000000-0000-4000-8000-000000000000/resume/"
    elsewhere.append(
        ActivityItem(
            at=now() - timedelta(days=9),
            title="Send Email",
            who="ben@x.example",
            status="Outcome unknown",
            tone="warn",
            detail="The answer was lost.",
            decisions=(
                Decision(label="It was sent", url=url, value="sent"),
                Decision(label="Send again", url=url, value="send_again"),
            ),
        )
    )
    text = page(ada, connection, "connection_activity")
    assert text.index("Waiting for your decision") < text.index('id="h-activity"')
    assert text.count(f'action="{url}"') == 2
    assert text.count("csrfmiddlewaretoken") >= 2
    assert '<input type="hidden" name="decision" value="sent">' in text
    assert '<input type="hidden" name="decision" value="send_again">' in text


def test_a_long_activity_comes_in_pages(ada: User) -> None:
    connection = make(ada)
    for number in range(30):
        with transaction.atomic():
            audit.record(
                Actor.console(),
                "connection.renamed",
                kind="connection",
                object_id=str(connection.pk),
                name="x",
                difference={"turn": f"number-{number}-"},
            )
    first, second = (page(ada, connection, "connection_activity", page=number) for number in ("1", "2"))
    assert "number-29-" in first
    assert "number-0-" not in first
    assert "number-0-" in second
    assert "1–25 of" in first
