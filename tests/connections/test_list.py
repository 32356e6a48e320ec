"""The Connections list: complete, in order, only what one may see, and all of it in the address."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from access.actor import Actor, Via
from access.models import User
from connections.attention import count_attention
from connections.errors import ConnectionBlocked, GrantEnded, WorkspaceRequired
from connections.models import AccountType, Connection, ScopeMode, Sharing, Status
from connections.pages.list import PAGE_SIZE
from connections.queries import PERSONAL, ConnectionFilters, coverage_of, list_connections, visible_connection
from connections.scope_errors import ScopesWithheld
from gmail_connector.scopes import COMPOSE, READONLY, SEND
from kernel.clock import now
from kernel.errors import InputRejected, NotFound, to_stored
from tests.factories import ConnectionFactory, UserFactory

pytestmark = pytest.mark.django_db

READ, SEND_CARD = "gmail.read_email", "gmail.send_email"


@pytest.fixture
def ada() -> User:
    return UserFactory(name="Ada", email="ada@console.example", administrator=True)


@pytest.fixture
def visitor(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def actor(user: User) -> Actor:
    return Actor(user=user, via=Via.PAGE)


def connection(nickname: str, owner: User, **values: Any) -> Connection:
    return ConnectionFactory(nickname=nickname, owner=owner, **values)


def broken(nickname: str, owner: User) -> Connection:
    error = GrantEnded(nickname=nickname, email="x@acme.example", reason="Google ended the grant.")
    stored = to_stored(error)
    return connection(nickname, owner, status=Status.NEEDS_REAUTHORIZATION, failure=stored, status_cause=stored)


def names(user: User, sort: str = "nickname", limit: int = 50, page: int = 1, **filters: Any) -> list[str]:
    found = list_connections(actor(user), ConnectionFilters(**filters), sort=sort, page=page, limit=limit)
    return [row.connection.nickname for row in found.rows]


# ------------------------------------------------------------------ who sees what


def test_owners_shares_and_roles_decide_what_is_listed(ada: User) -> None:
    builder, operator = UserFactory(flow_builder=True), UserFactory(operator=True)
    connection("Private", ada)
    connection("For everyone", ada, sharing=Sharing.EVERYONE)
    chosen = connection("For the builder", ada, sharing=Sharing.PEOPLE)
    chosen.shared_with.add(builder)
    connection("Own", builder)
    connection("Deleted", ada, deleted_at=now())
    assert names(ada) == ["For everyone", "For the builder", "Own", "Private"]
    assert names(builder) == ["For everyone", "For the builder", "Own"]
    assert names(operator) == ["For everyone"]
    assert names(UserFactory()) == []


def test_a_connection_that_one_may_not_see_does_not_exist(ada: User) -> None:
    private = connection("Private", ada)
    assert visible_connection(actor(ada), private.pk) == private
    with pytest.raises(NotFound):
        visible_connection(actor(UserFactory(flow_builder=True)), private.pk)


# ------------------------------------------------------------------ search and filters


def test_search_finds_nicknames_and_accounts_whatever_their_case_and_form(ada: User) -> None:
    connection("Büro Köln", ada, account_email="koeln@acme.example")
    connection("100%_sure", ada, account_email="sure@acme.example")
    connection("Other", ada, account_email="OTHER@acme.example")
    assert names(ada, search="büro") == names(ada, search="BU\u0308RO ") == ["Büro Köln"]
    assert names(ada, search="other@") == ["Other"]
    assert names(ada, search="%_") == ["100%_sure"]
    assert names(ada, search="0_s") == []


def test_accounts_are_filtered_by_domain_address_and_kind(ada: User) -> None:
    connection("Acme", ada)
    connection("Beta", ada, account_hosted_domain="beta.example", account_email="b@beta.example")
    connection("Home", ada, account_hosted_domain="", account_email="h@gmail.com", account_type=AccountType.GMAIL)
    assert names(ada, account="acme.example") == ["Acme"]
    assert names(ada, account="b@BETA.example") == ["Beta"]
    assert names(ada, account=PERSONAL) == ["Home"]
    assert names(ada, account="gmail.com") == ["Home"]


def test_owner_and_status_filters(ada: User) -> None:
    cleo = UserFactory(connection_manager=True)
    connection("Hers", cleo)
    broken("Ended", ada)
    connection("Fine", ada)
    assert names(ada, owner=cleo.email.upper()) == ["Hers"]
    assert names(ada, status="needs_reauthorization") == ["Ended"]
    assert names(ada, status="needs_reauthorization,active") == ["Ended", "Fine", "Hers"]


def test_unused_means_neither_used_nor_new(ada: User) -> None:
    before = now() - timedelta(days=31)
    connection("Used lately", ada, created_at=before, last_used_at=now())
    connection("Used long ago", ada, created_at=before, last_used_at=before)
    connection("Old, never used", ada, created_at=before)
    connection("New, never used", ada)
    assert names(ada, unused_days=30) == ["Old, never used", "Used long ago"]


def test_a_card_it_cannot_serve_is_a_filter_that_agrees_with_readiness(ada: User) -> None:
    connection("All", ada)
    connection("Reads", ada, requested_scopes=[READONLY])
    connection("Sends", ada, requested_scopes=[SEND])
    connection("Composes", ada, requested_scopes=[COMPOSE])
    connection("Personal", ada, account_type=AccountType.GMAIL, status=Status.UNSUPPORTED_ACCOUNT)
    broken("Ended", ada)
    assert names(ada, missing_card=READ) == ["Composes", "Ended", "Personal", "Sends"]
    assert names(ada, missing_card=SEND_CARD) == ["Ended", "Personal", "Reads"]
    assert names(ada, missing_card=SEND_CARD, status="active") == ["Reads"]
    found = list_connections(actor(ada), ConnectionFilters(missing_card=READ), sort="status", page=1, limit=50)
    assert found.by_status == {"active": 2, "unsupported_account": 1, "needs_reauthorization": 1}


@given(
    made=st.lists(
        st.tuples(
            st.lists(st.sampled_from([READONLY, SEND, COMPOSE]), unique=True),
            st.sampled_from([Status.ACTIVE, Status.NEEDS_REAUTHORIZATION]),
        ),
        max_size=8,
    )
)
@settings(max_examples=15, deadline=None)
def test_sorting_by_cards_served_is_complete_and_stable(made: list[tuple[list[str], Status]]) -> None:
    owner = UserFactory(administrator=True)
    Connection.objects.all().delete()
    for number, (scopes, status) in enumerate(made):
        if status is Status.ACTIVE:
            connection(f"C{number}", owner, requested_scopes=scopes)
        else:
            broken(f"C{number}", owner)
    rows = sorted(Connection.objects.all(), key=lambda each: (coverage_of(each).served, each.nickname_key))
    assert names(owner, sort="cards") == [each.nickname for each in rows]
    paged = [name for page in range(1, 5) for name in names(owner, sort="cards", limit=3, page=page)]
    assert paged == [each.nickname for each in rows]


@pytest.mark.parametrize("filters", [{"status": "broken"}, {"missing_card": "gmail.fly"}])
def test_a_filter_that_names_nothing_is_said(ada: User, filters: dict[str, Any]) -> None:
    with pytest.raises(InputRejected):
        names(ada, **filters)


# ------------------------------------------------------------------ order and pages


def test_what_needs_a_person_comes_first(ada: User) -> None:
    connection("A", ada)
    connection("B", ada, status=Status.LIMITED)
    connection("C", ada, status=Status.PAUSED)
    connection("D", ada, status=Status.BLOCKED)
    broken("E", ada)
    connection("F", ada, status=Status.UNSUPPORTED_ACCOUNT)
    assert names(ada, sort="status") == ["E", "D", "F", "B", "C", "A"]
    assert names(ada, sort="-status") == ["A", "C", "B", "F", "D", "E"]


def test_the_other_columns_sort_both_ways_and_never_used_is_oldest(ada: User) -> None:
    cleo = UserFactory(name="cleo", administrator=True)
    connection("a", cleo, last_used_at=now() - timedelta(days=1))
    connection("B", ada, last_used_at=now())
    connection("c", ada)
    assert (names(ada, sort="nickname"), names(ada, sort="-nickname")) == (["a", "B", "c"], ["c", "B", "a"])
    assert (names(ada, sort="last_used"), names(ada, sort="-last_used")) == (["c", "a", "B"], ["B", "a", "c"])
    assert (names(ada, sort="owner"), names(ada, sort="-owner")) == (["B", "c", "a"], ["a", "B", "c"])


def test_pages_hold_every_row_once(ada: User) -> None:
    for number in range(7):
        connection(f"C{number}", ada)
    pages = [list_connections(actor(ada), ConnectionFilters(), sort="status", page=n, limit=3) for n in (1, 2, 3, 4)]
    assert [row.connection.nickname for page in pages for row in page.rows] == [f"C{number}" for number in range(7)]
    assert [(page.first, page.last, page.total, page.has_next) for page in pages] == [
        (1, 3, 7, True),
        (4, 6, 7, True),
        (7, 7, 7, False),
        (0, 0, 7, False),
    ]


@pytest.mark.parametrize("query", ["", "?sort=cards", "?missing_card=gmail.send_email&sort=owner"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    visitor: Client, ada: User, query: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        is_paused = {"paused_at": now(), "paused_by": UserFactory()} if number % 3 else {}
        connection(f"C{number}", ada, requested_scopes=[[READONLY], [COMPOSE]][number % 2], **is_paused)
    with django_assert_max_num_queries(14):
        visitor.get(reverse("connections") + query)


# ------------------------------------------------------------------ the page


def page(visitor: Client, query: str = "", **headers: str) -> Any:
    response = visitor.get(f"/connections/{query}", headers=headers)
    assert response.status_code == 200
    return response


def test_an_empty_list_says_what_to_do_next(visitor: Client) -> None:
    text = page(visitor).content.decode()
    assert "No connections yet" in text
    assert reverse("choose_connector") in text
    assert "<table" not in text


def test_an_auditor_is_not_offered_to_make_one() -> None:
    client = Client()
    client.force_login(UserFactory(auditor=True))
    assert reverse("choose_connector") not in page(client).content.decode()


def test_a_row_says_status_cause_since_when_cards_use_and_owner(visitor: Client, ada: User) -> None:
    made = broken("Payroll notices", ada)
    text = page(visitor).content.decode()
    assert "Needs reauthorization" in text
    assert "Google ended the grant." in text
    assert f'Since <time datetime="{made.status_since.isoformat()}"' in text
    assert "0 of 13" in text
    assert "never" in text
    assert reverse("connection", args=[made.pk]) in text


def test_causes_of_every_kind_are_shown_in_the_words_of_the_error(visitor: Client, ada: User) -> None:
    causes = {
        Status.BLOCKED: ConnectionBlocked(reason="An administrator blocked the app.", advice="Ask."),
        Status.UNSUPPORTED_ACCOUNT: WorkspaceRequired(email="h@gmail.com"),
        Status.LIMITED: ScopesWithheld(scopes=["gmail.send"]),
    }
    for status, error in causes.items():
        connection(f"With {status}", ada, status=status, status_cause=to_stored(error))
    connection("Chosen", ada, scope_mode=ScopeMode.CUSTOM)
    text = page(visitor).content.decode()
    assert all(escape(error.cause) in text for error in causes.values())
    assert "Custom scopes: nothing was withheld." in text


def test_tabs_count_what_the_other_filters_leave(visitor: Client, ada: User) -> None:
    broken("Support ended", ada)
    connection("Support fine", ada)
    connection("Sales", ada)
    tabs = {tab.label: tab for tab in page(visitor, "?search=support&status=active").context["tabs"]}
    assert (tabs["All"].count, tabs["Active"].count, tabs["Needs reauthorization"].count) == ("2", "1", "1")
    assert [label for label, tab in tabs.items() if tab.is_current] == ["Active"]
    assert tabs["All"].url == "/connections/?search=support"
    assert tabs["Blocked"].url == "/connections/?search=support&status=blocked"


def test_heads_sort_and_keep_the_filters(visitor: Client, ada: User) -> None:
    connection("One", ada)
    columns = {each.label: each for each in page(visitor, "?search=one&sort=nickname").context["columns"]}
    assert columns["Nickname and account"].aria_sort == "ascending"
    assert columns["Nickname and account"].url == "/connections/?search=one&sort=-nickname"
    assert columns["Last used"].url == "/connections/?search=one&sort=-last_used"
    assert columns["Status"].url == "/connections/?search=one"
    assert columns["Status"].aria_sort == ""


def test_counts_beyond_the_most_are_said_as_more_than(
    visitor: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connections.pages.list.MOST_COUNTED", 2)
    for number in range(3):
        connection(f"C{number}", ada)
    response = page(visitor)
    assert "1–3 of more than 2" in response.content.decode()
    assert response.context["tabs"][0].count == "2+"


def test_an_address_that_asks_for_nonsense_shows_the_list(visitor: Client, ada: User) -> None:
    connection("One", ada)
    query = "?sort=colour&status=gone,active&page=-3&unused_days=x&missing_card=no&account=nowhere&owner=%00"
    assert [row.connection.nickname for row in page(visitor, query).context["page"].rows] == ["One"]


def test_a_page_past_the_end_is_the_last_one(visitor: Client, ada: User) -> None:
    built = [ConnectionFactory.build(nickname_key=f"c{number}", owner=ada) for number in range(PAGE_SIZE + 1)]
    Connection.objects.bulk_create(built)
    assert page(visitor, "?page=9&sort=nickname").context["page"].number == 2


def test_the_attention_panel_counts_all_and_leads_to_them(visitor: Client, ada: User) -> None:
    broken("Ended", ada)
    connection("Licence", ada, status=Status.BLOCKED)
    connection("Home", ada, status=Status.UNSUPPORTED_ACCOUNT)
    connection("Travel desk", ada, grant_expires_at=now() + timedelta(days=2))
    connection("Later", ada, grant_expires_at=now() + timedelta(days=20))
    text = page(visitor, "?search=nothing-of-this").content.decode()
    assert "1 needs reauthorization" in text
    assert "2 can’t be mended here" in text
    assert "1 grant ends within 7 days" in text
    assert "Travel desk was allowed for a limited time" in text
    linked = page(visitor, "?status=blocked,unsupported_account")
    assert [row.connection.nickname for row in linked.context["page"].rows] == ["Licence", "Home"]
    ending = page(visitor, "?ending=1")
    assert [row.connection.nickname for row in ending.context["page"].rows] == ["Travel desk"]
    assert ending.context["pills"] == [("Grant ends within 7 days", "/connections/")]


def test_nothing_to_attend_to_shows_no_panel(visitor: Client, ada: User) -> None:
    connection("Fine", ada)
    assert "Needs attention" not in page(visitor).content.decode()


def test_htmx_gets_only_the_results_and_a_clean_address(visitor: Client, ada: User) -> None:
    connection("One", ada)
    typed = page(
        visitor, "?search=on&account=&owner=&sort=-owner", **{"HX-Request": "true", "HX-Trigger-Name": "search"}
    )
    assert "<html" not in typed.content.decode()
    assert typed["HX-Replace-Url"] == "/connections/?search=on&sort=-owner"
    chosen = page(visitor, "?owner=ada%40console.example", **{"HX-Request": "true", "HX-Trigger-Name": "owner"})
    assert chosen["HX-Push-Url"] == "/connections/?owner=ada%40console.example"
    assert "HX-Request" in chosen["Vary"]


def test_what_people_typed_is_text(visitor: Client, ada: User) -> None:
    connection("<script>alert(1)</script>", ada)
    text = page(visitor, "?search=%3Cscript%3E").content.decode()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_list_never_touches_sealed_tokens(visitor: Client, ada: User) -> None:
    connection("One", ada)
    with CaptureQueriesContext(database) as seen:
        page(visitor)
    assert not [each for each in seen.captured_queries if "connections_credential" in each["sql"]]


def test_people_without_a_role_are_told_so() -> None:
    client = Client()
    client.force_login(UserFactory())
    response = client.get("/connections/")
    assert response.status_code == 403
    assert "Ask an administrator of this console" in response.content.decode()


def test_attention_of_the_navigation_counts_what_is_broken(ada: User) -> None:
    broken("Ended", ada)
    connection("Half", ada, status=Status.LIMITED)
    assert count_attention(actor(ada)) == 1
