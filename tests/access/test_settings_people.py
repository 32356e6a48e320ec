"""People in Settings: invited by a one-time link, with roles, signed out and let in no longer."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections as databases
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from access.actor import Actor, Via
from access.errors import LastAdministrator, LinkEnded
from access.models import AuditEntry, OneTimeLink, PersonSession, RoleAssignment, User
from access.operations.accept_link import accept_link
from access.operations.change_roles import change_roles
from access.operations.deactivate_person import deactivate_person
from access.operations.end_sessions import end_sessions
from access.operations.invite_person import invite_person
from access.operations.reactivate_person import reactivate_person
from access.operations.remove_mfa import remove_mfa
from access.operations.renew_link import renew_link
from access.permissions import Role
from kernel.clock import now
from kernel.errors import InputRejected, NotPermitted
from kernel.ids import fingerprint
from tests.access.phones import Phone
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True)
def _no_earlier_attempts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def administrator(client: Client) -> User:
    made: User = UserFactory(administrator=True, name="Ada Lindqvist", email="ada@console.example")
    client.force_login(made)
    return made


def actor(user: User) -> Actor:
    return Actor(user=user, via=Via.PAGE)


def events() -> list[str]:
    return list(AuditEntry.objects.order_by("sequence").values_list("event", flat=True))


def roles_of(user: User) -> set[str]:
    return set(RoleAssignment.objects.filter(user=user).values_list("role", flat=True))


def shown_link(page: str) -> str:
    found = re.search(r"/accounts/link/[\w-]+/", page)
    assert found is not None, page
    return found.group(0)


def invite(client: Client, **changed: object) -> str:
    given = {"email": "Nia@console.example", "name": "Nia Okafor", "roles": [Role.OPERATOR.value, Role.AUDITOR.value]}
    answer = client.post(reverse("invite_person"), given | changed)
    assert answer.status_code == 200
    return shown_link(answer.content.decode())


# ------------------------------------------------------------------ inviting


def test_an_invited_person_chooses_a_password_and_is_in(client: Client, administrator: User) -> None:
    link = invite(client)
    nia = User.objects.get(email="nia@console.example")
    assert roles_of(nia) == {"Operator", "Auditor"}
    theirs = Client()
    assert not theirs.login(email=nia.email, password="")
    assert theirs.get(link)["Location"] == "/accounts/password/"
    page = theirs.get("/accounts/password/").content.decode()
    assert "Welcome to Workflows Console" in page
    assert "nia@console.example" in page
    answer = theirs.post("/accounts/password/", {"name": "Nia O.", "password": NEW_PASSWORD, "again": NEW_PASSWORD})
    assert answer["Location"] == "/"
    assert "Your password is set." in theirs.get("/").content.decode()
    assert theirs.session["_auth_user_id"] == str(nia.pk)
    assert Client().login(email=nia.email, password=NEW_PASSWORD)
    nia.refresh_from_db()
    assert nia.name == "Nia O."
    assert events() == ["person.invited", "invitation.accepted", "person.signed_in"]
    accepted = AuditEntry.objects.get(event="invitation.accepted")
    assert accepted.actor_user_id == nia.pk


def test_the_link_is_mailed_and_shown(client: Client, administrator: User, settings: Settings) -> None:
    link = invite(client)
    (letter,) = mail.outbox
    assert letter.to == ["nia@console.example"]
    assert f"{settings.PUBLIC_URL}{link}" in str(letter.body)
    assert "Ada Lindqvist invites you" in str(letter.body)


def test_without_a_mail_server_the_link_is_handed_over(client: Client, administrator: User, settings: Settings) -> None:
    settings.MAIL_IS_SET_UP = False
    answer = client.post(reverse("invite_person"), {"email": "nia@console.example", "roles": []})
    assert "No mail went out" in answer.content.decode()
    assert mail.outbox == []


def test_a_mail_server_that_fails_loses_no_invitation(
    client: Client, administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", fail)
    answer = client.post(reverse("invite_person"), {"email": "nia@console.example", "roles": []})
    assert "No mail went out" in answer.content.decode()
    assert shown_link(answer.content.decode())


def test_a_link_works_once(client: Client, administrator: User) -> None:
    link = invite(client)
    one, other = Client(), Client()
    one.get(link)
    other.get(link)
    form = {"name": "", "password": NEW_PASSWORD, "again": NEW_PASSWORD}
    assert one.post("/accounts/password/", form).status_code == 302
    assert other.post("/accounts/password/", form).status_code == 410
    assert Client().get(link).status_code == 410


def test_a_link_ends_after_seven_days(client: Client, administrator: User) -> None:
    link = invite(client)
    with time_machine.travel(now() + timedelta(days=6, hours=23)):
        assert Client().get(link).status_code == 302
    with time_machine.travel(now() + timedelta(days=7, seconds=1)):
        page = Client().get(link)
        assert page.status_code == 410
        assert "Ask an administrator of this console for a new link." in page.content.decode()


def test_only_the_links_fingerprint_is_kept(administrator: User) -> None:
    made = invite_person(actor(administrator), email="nia@console.example", name="", roles=[])
    row = OneTimeLink.objects.get()
    assert row.hash == fingerprint(made.secret)
    assert made.secret not in repr(made)
    assert not AuditEntry.objects.filter(difference__icontains=made.secret).exists()


def test_a_guessed_link_leads_nowhere(client: Client) -> None:
    assert client.get(reverse("one_time_link", args=["guessed"])).status_code == 410
    assert client.get("/accounts/password/").status_code == 410


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"password": "short", "again": "short"}, "This password is too short"),
        ({"password": NEW_PASSWORD, "again": "another"}, "The two passwords differ."),
        ({"password": "nia@console.example", "again": "nia@console.example"}, "too similar"),
        ({"password": "", "again": ""}, "This field is required."),
    ],
)
def test_a_password_that_wont_do_leaves_the_link(
    client: Client, administrator: User, form: dict[str, str], told: str
) -> None:
    theirs = Client()
    theirs.get(invite(client))
    answer = theirs.post("/accounts/password/", {"name": "Nia", **form})
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert OneTimeLink.objects.count() == 1


@pytest.mark.parametrize("email", ["ada@console.example", "ADA@console.example"])
def test_nobody_is_invited_twice(client: Client, administrator: User, email: str) -> None:
    answer = client.post(reverse("invite_person"), {"email": email})
    assert answer.status_code == 422
    assert "is in this console already" in answer.content.decode()
    assert User.objects.count() == 1


def test_a_new_invitation_ends_the_earlier_one(client: Client, administrator: User) -> None:
    first = invite(client)
    nia = User.objects.get(email="nia@console.example")
    second = shown_link(client.post(reverse("person_link", args=[nia.pk])).content.decode())
    assert Client().get(first).status_code == 410
    assert Client().get(second).status_code == 302
    assert len(mail.outbox) == 2


def test_a_forgotten_password_is_set_anew_by_link(client: Client, administrator: User) -> None:
    oona: User = UserFactory(operator=True)
    elsewhere = Client()
    elsewhere.force_login(oona)
    link = shown_link(client.post(reverse("person_link", args=[oona.pk])).content.decode())
    assert elsewhere.get(reverse("settings")).status_code == 200  # until the link is used
    theirs = Client()
    theirs.get(link)
    theirs.post("/accounts/password/", {"name": "", "password": NEW_PASSWORD, "again": NEW_PASSWORD})
    oona.refresh_from_db()
    assert oona.check_password(NEW_PASSWORD)
    assert elsewhere.get(reverse("settings")).status_code == 302
    assert theirs.get(reverse("settings")).status_code == 200
    assert events()[-3:] == ["one_time_link.made", "person.password_set", "person.signed_in"]


def test_a_link_for_a_new_password_is_no_way_around_the_second_factor(
    client: Client, administrator: User, phone: Phone
) -> None:
    client.force_login(administrator)
    theirs = Client()
    theirs.get(shown_link(client.post(reverse("person_link", args=[phone.user.pk])).content.decode()))
    answer = theirs.post("/accounts/password/", {"name": "", "password": NEW_PASSWORD, "again": NEW_PASSWORD})
    assert answer["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in theirs.session
    assert theirs.get(reverse("settings")).status_code == 302
    assert "Your password is set." in theirs.get(reverse("mfa_authenticate")).content.decode()
    theirs.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert theirs.get(reverse("settings")).status_code == 302
    assert "person.signed_in" not in events()
    theirs.post(reverse("mfa_authenticate"), {"code": phone.recovery[0]})
    assert theirs.get(reverse("settings")).status_code == 200
    assert events()[-2:] == ["recovery_code.used", "person.signed_in"]


def test_who_opens_a_link_while_signed_in_is_the_links_person_afterwards(client: Client, administrator: User) -> None:
    client.get(invite(client))
    before = client.session.session_key
    client.post("/accounts/password/", {"name": "", "password": NEW_PASSWORD, "again": NEW_PASSWORD})
    assert client.session["_auth_user_id"] == str(User.objects.get(email="nia@console.example").pk)
    assert client.session.session_key != before
    assert not PersonSession.objects.filter(user=administrator).exists()
    administrator.refresh_from_db()
    assert administrator.check_password(PASSWORD)


# ------------------------------------------------------------------ roles and being let in


def test_roles_are_exactly_those_ticked(client: Client, administrator: User) -> None:
    oona: User = UserFactory(operator=True)
    client.post(reverse("person", args=[oona.pk]), {"roles": ["Flow Builder", "Auditor"]})
    assert roles_of(oona) == {"Flow Builder", "Auditor"}
    difference = AuditEntry.objects.get(event="person.roles_changed").difference
    assert difference == {"roles": [["Operator"], ["Auditor", "Flow Builder"]]}


def test_the_last_administrator_stays_one(client: Client, administrator: User) -> None:
    for answer in (
        client.post(reverse("person", args=[administrator.pk]), {"roles": ["Auditor"]}),
        client.post(reverse("deactivate_person", args=[administrator.pk])),
    ):
        assert answer.status_code == 409
        assert "Somebody must stay administrator" in answer.content.decode()
    administrator.refresh_from_db()
    assert administrator.is_active
    assert roles_of(administrator) == {"Administrator"}
    assert events() == []


def test_one_who_is_only_invited_or_deactivated_doesnt_count(administrator: User) -> None:
    invite_person(actor(administrator), email="nia@console.example", name="", roles=[Role.ADMINISTRATOR])
    UserFactory(administrator=True, is_active=False)
    with pytest.raises(LastAdministrator):
        change_roles(actor(administrator), person=administrator, roles=[])
    other: User = UserFactory(administrator=True)
    change_roles(actor(other), person=administrator, roles=[])
    assert roles_of(administrator) == set()


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_demote_each_other_at_once_one_stays() -> None:
    one, two = UserFactory.create_batch(2, administrator=True)
    start = Barrier(2)

    def demote(acting: User, other: User) -> bool:
        try:
            start.wait()
            change_roles(actor(acting), person=other, roles=[])
        except (LastAdministrator, NotPermitted):  # by whom depends on who was quicker
            return False
        finally:
            databases.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(demote, (one, two), (two, one)))
    assert sum(done) == 1
    assert RoleAssignment.objects.filter(role=Role.ADMINISTRATOR.value).count() == 1


def test_a_deactivated_person_is_out_and_comes_back_as_they_were(client: Client, administrator: User) -> None:
    oona: User = UserFactory(operator=True)
    theirs = Client()
    theirs.force_login(oona)
    assert PersonSession.objects.filter(user=oona).count() == 1
    client.post(reverse("deactivate_person", args=[oona.pk]))
    assert theirs.get(reverse("settings")).status_code == 302
    assert not theirs.login(email=oona.email, password=PASSWORD)
    assert PersonSession.objects.filter(user=oona).count() == 0
    page = client.get(reverse("person", args=[oona.pk])).content.decode()
    assert "Deactivated" in page
    assert "Make a link" not in page
    client.post(reverse("reactivate_person", args=[oona.pk]))
    assert theirs.login(email=oona.email, password=PASSWORD)
    assert roles_of(oona) == {"Operator"}
    assert events() == ["person.deactivated", "person.reactivated"]


def test_a_deactivated_person_gets_no_link(administrator: User) -> None:
    gone: User = UserFactory(is_active=False)
    with pytest.raises(InputRejected):
        renew_link(actor(administrator), person=gone)


def test_a_link_of_somebody_deactivated_ends(administrator: User) -> None:
    made = invite_person(actor(administrator), email="nia@console.example", name="", roles=[])
    deactivate_person(actor(administrator), person=made.person)
    with pytest.raises(LinkEnded):
        accept_link(Actor(user=None, via=Via.PAGE), link_hash=fingerprint(made.secret), name="", password=NEW_PASSWORD)


def test_the_page_says_that_connections_stay_with_their_owner(client: Client, administrator: User) -> None:
    oona: User = UserFactory(operator=True)
    page = client.get(reverse("person", args=[oona.pk])).content.decode()
    assert "Connections that they own stay theirs" in page


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_manage_people(role: Role) -> None:
    user: User = UserFactory(roles=[role])
    other: User = UserFactory(operator=True)
    acting = actor(user)
    for attempt in (
        lambda: invite_person(acting, email="x@console.example", name="", roles=[]),
        lambda: renew_link(acting, person=other),
        lambda: change_roles(acting, person=other, roles=[]),
        lambda: deactivate_person(acting, person=other),
        lambda: reactivate_person(acting, person=other),
        lambda: end_sessions(acting, person=other),
        lambda: remove_mfa(acting, person=other),
    ):
        with pytest.raises(NotPermitted):
            attempt()
    assert events() == []


def test_people_need_a_fresh_password(client: Client, administrator: User) -> None:
    oona: User = UserFactory(operator=True)
    routes = ("person_link", "deactivate_person", "reactivate_person", "sign_out_person", "remove_mfa")
    with time_machine.travel(now() + timedelta(minutes=16)):
        for path in (*(reverse(route, args=[oona.pk]) for route in routes), reverse("person", args=[oona.pk])):
            assert client.post(path)["Location"].startswith("/accounts/reauthenticate/"), path
        assert client.get(reverse("invite_person"))["Location"].startswith("/accounts/reauthenticate/")
        assert client.get(reverse("people")).status_code == 200
    assert events() == []


def test_an_invitation_typed_before_the_password_was_asked_for_goes_out(client: Client, administrator: User) -> None:
    with time_machine.travel(now() + timedelta(minutes=16)):
        client.post(reverse("invite_person"), {"email": "nia@console.example", "roles": ["Operator"]})
        answer = client.post(
            reverse("account_reauthenticate"), {"password": PASSWORD, "next": reverse("invite_person")}
        )
        assert shown_link(answer.content.decode())
    assert roles_of(User.objects.get(email="nia@console.example")) == {"Operator"}


def test_people_are_found_by_name_and_address(client: Client, administrator: User) -> None:
    UserFactory(name="Oona Reyes", email="oona@console.example")
    page = client.get(reverse("people"), {"search": "REYES"}).content.decode()
    assert "Oona Reyes" in page
    assert "Nobody matches" in client.get(reverse("people"), {"search": "zzz"}).content.decode()
    rows = client.get(reverse("people"), {"search": "console.example"}).context["rows"]
    assert [row.person.name for row in rows] == ["Ada Lindqvist", "Oona Reyes"]
