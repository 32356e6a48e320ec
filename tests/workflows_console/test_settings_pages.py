"""Settings: who sees which page, and what each one says and does."""

from datetime import timedelta
from email.message import Message
from importlib import metadata

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from packaging.licenses import canonicalize_license_expression
from pytest_django.fixtures import Settings

from access.models import AuditEntry, User
from access.permissions import Role
from connections.errors import GoogleUnavailable
from connections.models import Policy
from google_sandbox.server import RunningSandbox
from kernel.clock import now
from tests.factories import ConnectionFactory, UserFactory
from vault.keyring import load_rings
from workflows_console.models import WorkerHeartbeat
from workflows_console.pages.about import dependencies, license_of

pytestmark = pytest.mark.django_db

EVERYBODYS = ("settings", "change_password", "mfa_activate_totp", "about")
ADMINISTRATORS = (
    "people",
    "invite_person",
    "api_keys",
    "new_api_key",
    "policy",
    "google_client",
    "vault_keys",
    "workers",
)


@pytest.fixture
def administrator(client: Client) -> User:
    made: User = UserFactory(administrator=True, name="Ada Lindqvist")
    client.force_login(made)
    return made


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_what_it_may_and_sees_no_other_tab(client: Client, role: Role) -> None:
    client.force_login(UserFactory(roles=[role]))
    may = role is Role.ADMINISTRATOR
    assert {client.get(reverse(route)).status_code for route in EVERYBODYS} == {200}
    assert {client.get(reverse(route)).status_code for route in ADMINISTRATORS} == {200 if may else 403}
    page = client.get(reverse("settings")).content.decode()
    assert f'href="{reverse("settings")}"' in page
    tabs = [
        reverse(route) in page for route in ("people", "api_keys", "policy", "google_client", "vault_keys", "workers")
    ]
    assert set(tabs) == {may}


def test_nobody_opens_settings_without_signing_in(client: Client) -> None:
    for route in (*EVERYBODYS, *ADMINISTRATORS):
        assert client.get(reverse(route))["Location"].startswith("/accounts/login/"), route


# ------------------------------------------------------------------ policy


def policy_form(**changed: str) -> dict[str, str]:
    rules = Policy.current()
    given = {
        "version": str(rules.version),
        "allowed_domains": "",
        "scope_ceiling": "",
        "retention_days": "30",
        "privacy_url": "",
    }
    return given | changed


def test_the_policy_is_saved_with_its_differences_in_the_trail(client: Client, administrator: User) -> None:
    answer = client.post(
        reverse("policy"),
        policy_form(
            allowed_domains="Acme.example\n@acme.test\n\n",
            scope_ceiling="https://www.googleapis.com/auth/gmail.readonly\ngmail.send",
            refuse_consumer_accounts="on",
            retention_days="7",
            privacy_url="https://acme.example/privacy",
        ),
    )
    assert answer["Location"] == reverse("policy")
    rules = Policy.current()
    assert (rules.allowed_domains, rules.scope_ceiling) == (
        ["acme.example", "acme.test"],
        ["gmail.readonly", "gmail.send"],
    )
    assert (rules.refuse_consumer_accounts, rules.retention_days) == (True, 7)
    assert rules.version == 2
    difference = AuditEntry.objects.get(event="policy.settings_changed").difference
    assert difference["retention_days"] == [30, 7]
    assert difference["privacy_url"] == ["", "https://acme.example/privacy"]
    assert "https://acme.example/privacy" in client.get(reverse("about")).content.decode()


def test_saving_what_stands_there_changes_nothing(client: Client, administrator: User) -> None:
    assert client.post(reverse("policy"), policy_form()).status_code == 302
    assert Policy.current().version == 1
    assert not AuditEntry.objects.filter(event="policy.settings_changed").exists()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"scope_ceiling": "gmail.raedonly"}, "Did you mean gmail.readonly?"),
        ({"scope_ceiling": "zzzzzzzzz"}, "Google has no scope “zzzzzzzzz”."),
        ({"allowed_domains": "acme"}, "“acme” is not a domain."),
        ({"allowed_domains": "https://acme.example/"}, "is not a domain."),
        ({"retention_days": "31"}, "less than or equal to 30"),
        ({"privacy_url": "javascript:alert(1)"}, "begins with https://"),
        ({"privacy_url": "http://acme.example/"}, "begins with https://"),
    ],
)
def test_what_cant_be_used_is_said_and_kept(
    client: Client, administrator: User, changed: dict[str, str], told: str
) -> None:
    answer = client.post(reverse("policy"), policy_form(**changed))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert next(iter(changed.values())) in page
    assert Policy.current().version == 1


def test_a_policy_changed_meanwhile_is_not_overwritten(client: Client, administrator: User) -> None:
    mine = policy_form(retention_days="5")
    client.post(reverse("policy"), policy_form(retention_days="9"))
    answer = client.post(reverse("policy"), mine)
    assert answer.status_code == 409
    assert "This was changed meanwhile" in answer.content.decode()
    assert Policy.current().retention_days == 9


# ------------------------------------------------------------------ Google client


def test_the_live_check_says_that_google_accepts_the_client(
    client: Client, administrator: User, google: RunningSandbox
) -> None:
    page = client.post(reverse("google_client")).content.decode()
    assert "Google knows the client" in page
    assert "GOCSPX" not in page


def test_the_live_check_says_that_the_secret_is_wrong(
    client: Client, administrator: User, google: RunningSandbox, settings: Settings
) -> None:
    settings.GOOGLE_CLIENT_SECRET = "another-secret"
    assert "Refused" in client.post(reverse("google_client")).content.decode()


def test_the_live_check_says_when_google_cant_be_reached(
    client: Client, administrator: User, google: RunningSandbox, settings: Settings
) -> None:
    settings.OUTBOUND_ORIGINS = frozenset()
    page = client.post(reverse("google_client"))
    assert isinstance(page.context["error"], GoogleUnavailable)
    assert "Wait a few minutes, then try again." in page.content.decode()


def test_the_live_check_is_limited(
    client: Client, administrator: User, google: RunningSandbox, settings: Settings
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"probe": 2}
    pages = [client.post(reverse("google_client")).content.decode() for _try in range(3)]
    assert ["Too many tries" in page for page in pages] == [False, False, True]


def test_the_google_client_can_be_copied(client: Client, administrator: User, settings: Settings) -> None:
    page = client.get(reverse("google_client")).content.decode()
    assert f'value="{settings.GOOGLE_CLIENT_ID}"' in page
    assert f'value="{settings.GOOGLE_REDIRECT_URI}"' in page
    assert "https://www.googleapis.com/auth/gmail.readonly" in page


# ------------------------------------------------------------------ vault keys, workers, about


def test_vault_keys_show_age_and_load_and_no_key(client: Client, administrator: User) -> None:
    ConnectionFactory.create_batch(3, owner=administrator)
    page = client.get(reverse("vault_keys"))
    rows = {row.seals: row for row in page.context["rows"]}
    assert rows["Tokens of connections"].data_keys == 3
    assert rows["Data of runs"].data_keys == 0
    assert rows["Tokens of connections"].days > 0
    text = page.content.decode()
    for ring in load_rings().values():
        for each in ring.keys:
            assert each.id.hex() in text
            assert each.key is not None
            assert each.key.secret.hex() not in text


def test_an_old_key_stands_out(client: Client, administrator: User) -> None:
    with time_machine.travel("2027-06-01T12:00:00Z"):
        client.force_login(administrator)
        assert "Older than 365 days" in client.get(reverse("vault_keys")).content.decode()


def test_workers_are_at_work_stopped_or_missing(client: Client, administrator: User) -> None:
    moment = now()
    assert "No worker was ever heard from" in client.get(reverse("workers")).content.decode()
    for name, beaten, stopped in (
        ("one", moment, None),
        ("two", moment, moment),
        ("three", moment - timedelta(hours=1), None),
    ):
        WorkerHeartbeat.objects.create(
            name=name, instance=administrator.pk, host="host", beaten_at=beaten, stopped_at=stopped
        )
    page = client.get(reverse("workers")).content.decode()
    assert all(text in page for text in ("At work", "Stopped", "Not heard from"))


def test_about_names_every_package_with_its_license_as_spdx_does() -> None:
    found = {each.name.lower(): each.license for each in dependencies()}
    assert {"django", "cryptography", "django-allauth", "requests"} <= set(found)
    # Whoever isn't asked, or says it in words of their own, is found out here: canonicalizing refuses other names.
    assert {name: told for name, told in found.items() if canonicalize_license_expression(told) != told} == {}


def package(**headers: str) -> metadata.PackageMetadata:
    told = Message()
    for name, value in {"Name": "some-package", **headers}.items():
        told[name.replace("_", "-")] = value
    return told  # type: ignore[return-value]  # what importlib.metadata itself reads into


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"License_Expression": "MIT-0", "Classifier": "License :: OSI Approved :: MIT License"}, "MIT-0"),
        ({"License": "ISC", "Classifier": "License :: OSI Approved :: BSD License"}, "ISC"),
        ({"License": "Apache 2.0"}, "Apache-2.0"),
        ({"Classifier": "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)"}, "MPL-2.0"),
        ({"License": "Copyright (c) 2018\n All rights reserved."}, "See its page"),
        ({"Classifier": "License :: OSI Approved :: BSD License"}, "See its page"),  # which of them?
        ({}, "See its page"),
        ({"Name": "qrcode", "License": "BSD"}, "BSD-3-Clause AND MIT"),
    ],
)
def test_a_license_is_told_by_its_spdx_name(headers: dict[str, str], name: str) -> None:
    assert license_of(package(**headers)) == name
