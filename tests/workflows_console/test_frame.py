"""What stands around every page, the parts pages are made of, and the pages of the frame itself."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from access.models import User
from connections.errors import GoogleUnavailable, GrantEnded
from connections.models import Status
from kernel.errors import ConsoleError, Fixer, NotFound, error_classes
from tests.factories import ConnectionFactory, UserFactory
from workflows_console.error_pages import csrf_failure, render_error, server_error
from workflows_console.moments import day_time, full_time, relative_time
from workflows_console.templatetags.console import ICONS, STATUS_LOOKS, icon, who

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, path: str = "/connections/") -> str:
    return client.get(path).content.decode()


def render(source: str, **context: Any) -> str:
    return Template("{% load console %}" + source).render(Context(context))


# ------------------------------------------------------------------ around every page


@pytest.mark.parametrize(
    ("role", "entries"),
    [
        ("administrator", ["Home", "Flows", "Connections", "Execution History", "Audit", "Settings"]),
        ("connection_manager", ["Home", "Connections", "Execution History", "Settings"]),
        ("flow_builder", ["Home", "Flows", "Connections", "Execution History", "Settings"]),
        ("operator", ["Home", "Flows", "Connections", "Execution History", "Settings"]),
        ("auditor", ["Home", "Connections", "Audit", "Settings"]),
    ],
)
def test_the_navigation_shows_what_the_person_may_open(role: str, entries: list[str]) -> None:
    response = signed_in(UserFactory(**{role: True})).get("/connections/")
    shown = response.context["navigation"].entries
    assert [entry.title for entry in shown] == entries
    assert [entry.title for entry in shown if entry.is_current] == ["Connections"]


def test_the_navigation_counts_what_is_broken() -> None:
    ada = UserFactory(administrator=True)
    assert "need attention" not in text_of(signed_in(ada), "/help/")
    ConnectionFactory(owner=ada, status=Status.BLOCKED)
    assert '1<span class="visually-hidden"> needs attention</span>' in text_of(signed_in(ada), "/help/")


def test_the_person_menu_names_person_and_roles_and_signs_out_by_post() -> None:
    text = text_of(signed_in(UserFactory(name="Ada Lindqvist", administrator=True, auditor=True)))
    assert "Administrator, Auditor" in text
    assert ">AL</span>" in text
    assert f'<form method="post" action="{reverse("account_logout")}">' in text


def test_nobody_signed_in_sees_brand_and_help_only() -> None:
    text = text_of(Client(), reverse("account_login"))
    assert "Workflows Console" in text
    assert 'aria-label="Main"' not in text
    assert "popovertarget" not in text


def test_the_bar_stands_only_where_google_is_a_stand_in(settings: Settings) -> None:
    assert f"{settings.SANDBOX_URL}/_sandbox/" in text_of(Client(), "/help/")
    settings.SANDBOX_URL = None
    assert "stand-in" not in text_of(Client(), "/help/")


@pytest.mark.parametrize("path", ["/", "/connections/", "/help/", "/no-such-page/"])
def test_pages_hold_nothing_that_the_content_policy_refuses(path: str) -> None:
    client = signed_in(UserFactory(administrator=True))
    ConnectionFactory()
    text = text_of(client, path)
    assert not re.findall(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_a_page_needs_few_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client = signed_in(UserFactory(administrator=True))
    with django_assert_max_num_queries(4):  # session, person, roles, attention
        client.get("/help/")


# ------------------------------------------------------------------ parts


@pytest.mark.parametrize("name", sorted(ICONS))
def test_every_icon_is_drawn_and_hidden_from_screen_readers(name: str) -> None:
    assert 'aria-hidden="true"' in icon(name)
    assert 'class="icon icon--small"' in icon(name, "small")


def test_every_status_of_a_connection_has_its_look() -> None:
    for status in Status:
        assert STATUS_LOOKS[status].label == status.label
        assert str(status.label) in render("{% status value chip=True %}", value=status)


def test_every_fixer_is_named() -> None:
    for fixer in Fixer:
        assert who(type("Example", (ConsoleError,), {"fixer": fixer}))


def test_a_finding_says_what_why_remedy_and_who_and_takes_buttons() -> None:
    error = GrantEnded(nickname="<b>", email="p@acme.example", reason="Google ended it.")
    text = render('{% finding error level=2 id="f1" %}<a href="/x">Go</a>{% endfinding %}', error=error)
    assert '<h2 class="h-small">The connection needs reauthorization</h2>' in text
    assert "Reauthorize &lt;b&gt; and sign in as p@acme.example." in text
    assert "The owner of the connection, or a Connection Manager" in text
    assert '<div class="row"><a href="/x">Go</a></div>' in text
    assert 'data-tone="bad"' in text
    assert 'class="row"' not in render("{% finding error %}{% endfinding %}", error=error)


def test_a_passing_failure_is_amber() -> None:
    text = render("{% finding error %}{% endfinding %}", error=GoogleUnavailable(what="Reading", reason="503"))
    assert 'data-tone="warn"' in text


def test_a_field_ties_its_help_and_errors_to_the_control() -> None:
    class Form(forms.Form):
        nickname = forms.CharField(help_text="Shown wherever it is used.")
        about = forms.CharField(required=False, widget=forms.Textarea)

    form = Form({"nickname": ""})
    text = render("{% field form.nickname %}{% field form.about %}", form=form)
    control = re.search(r"<input[^>]*>", text)
    assert control is not None
    assert 'aria-invalid="true"' in control[0]
    described = re.search(r'aria-describedby="([^"]*)"', control[0])
    assert described is not None
    assert all(f'id="{each}"' in text for each in described[1].split())
    assert 'class="textarea"' in text
    assert text.count("optional") == 2  # the class and the word, for one of the two


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (NOON - timedelta(seconds=20), "just now"),
        (NOON - timedelta(minutes=12, seconds=30), "12 min ago"),
        (NOON - timedelta(hours=3, minutes=48), "today 08:12"),
        (NOON - timedelta(hours=18, minutes=20), "yesterday 17:40"),
        (NOON - timedelta(days=5), "20 Nov"),
        (NOON - timedelta(days=400), "21 Oct 2025"),
        (NOON + timedelta(hours=1), "today 13:00"),
        (NOON + timedelta(days=1), "tomorrow 12:00"),
        (NOON + timedelta(days=2), "Fri 27 Nov"),
        (NOON + timedelta(days=30), "25 Dec"),
    ],
)
def test_times_in_words(value: datetime, words: str) -> None:
    assert relative_time(value, NOON) == words


def test_after_since_the_day_is_said() -> None:
    assert day_time(NOON - timedelta(minutes=5), NOON) == "today 11:55"
    assert full_time(NOON) == "Wed 25 Nov 2026, 12:00:00 UTC"


def test_a_time_that_never_was() -> None:
    assert render("{% moment None %}") == "never"


# ------------------------------------------------------------------ help and errors


def test_help_explains_every_error_code_under_its_anchor() -> None:
    text = text_of(Client(), "/help/")
    for cls in error_classes():
        assert f'id="error-{cls.code}"' in text


def test_a_problem_document_leads_to_the_helps_anchor() -> None:
    problem = Client().get("/api/v1/connections").json()
    path = problem["type"].split("/", 3)[3]
    assert f'id="{path.split("#")[1]}"' in text_of(Client(), f"/{path}")


def test_help_says_who_can_do_what() -> None:
    rows = dict(Client().get("/help/").context["roles"]["rows"])
    assert rows["See connections and their status"] == ["all", "all", "own and shared", "own and shared", "all"]
    assert rows["Use a connection, run cards"] == ["own and shared"] * 3 + ["–", "–"]
    assert rows["Create connections"] == ["yes", "yes", "yes", "–", "–"]
    assert rows["Reauthorize, test and pause connections"] == ["yes", "yes", "own", "shared", "–"]
    assert rows["Manage people, policy and API keys"] == ["yes", "–", "–", "–", "–"]
    assert rows["See and export the audit trail"] == ["yes", "–", "–", "–", "yes"]


def test_an_unknown_page_is_explained() -> None:
    response = signed_in(UserFactory(operator=True)).get("/no-such-page/")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


def test_an_error_page_has_cause_remedy_who_and_the_way_to_help(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = UserFactory(administrator=True)
    response = render_error(request, NotFound(kind="connection"))
    text = response.content.decode()
    assert response.status_code == 404
    assert "Check the address" in text
    assert "/help/#error-access.not_found" in text


def test_a_refused_form_says_that_nothing_was_changed() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post(reverse("account_login"), {})
    assert response.status_code == 403
    assert "Nothing was changed." in response.content.decode()


def test_the_last_error_page_needs_neither_person_nor_database(
    rf: RequestFactory, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert "Something went wrong here" in response.content.decode()
    assert csrf_failure(rf.get("/")).status_code == 403
