"""API keys and the audit trail over HTTP and on their pages."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from access import audit
from access.actor import Actor
from access.audit_chain import verify_chain
from access.models import ApiKey, AuditEntry, AuditHead, User
from access.operations.create_api_key import create_api_key
from access.operations.verify_audit_trail import verify_audit_trail
from access.permissions import Role
from kernel.clock import now
from kernel.csv_lines import csv_lines, neutral
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
KEYS = "/api/v1/api-keys"
AUDIT = "/api/v1/audit"


@pytest.fixture
def administrator() -> User:
    made: User = UserFactory(administrator=True, email="ada@console.example")
    return made


@pytest.fixture
def browser(administrator: User) -> Client:
    made = Client()
    made.force_login(administrator)
    return made


def secret_of(owner: User, *permissions: str) -> str:
    return create_api_key(Actor.command(), owner=owner, name="caller", permissions=permissions).secret


def call(method: str, path: str, secret: str, body: dict[str, Any] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {secret}"}
    given = {"data": body, "content_type": "application/json"} if body is not None else {}
    return getattr(Client(), method)(path, headers=headers, **given)


def entry(name: str = "Payroll notices", event: str = "connection.created", **difference: Any) -> None:
    with transaction.atomic():
        about = {"kind": "connection", "object_id": "11111111-1111-1111-1111-111111111111", "name": name}
        audit.record(Actor.command(), event, **about, difference=difference)


# ------------------------------------------------------------------ keys at the API


def test_a_key_makes_and_ends_a_key(administrator: User) -> None:
    secret = secret_of(administrator, "api_key.manage", "connection.view")
    answer = call("post", KEYS, secret, {"name": "Nightly", "permissions": ["connection.view"], "days": 7})
    made = answer.json()
    assert answer.status_code == 201
    assert made["key"].startswith("wfc_")
    assert (made["owner"], made["permissions"]) == ("ada@console.example", ["connection.view"])
    assert call("get", "/api/v1/connectors", made["key"]).status_code == 200
    listed = call("get", KEYS, secret).json()
    assert {each["name"] for each in listed["items"]} == {"caller", "Nightly"}
    assert made["key"] not in str(listed)
    assert call("delete", f"{KEYS}/{made['id']}", secret).status_code == 204
    assert call("get", "/api/v1/connectors", made["key"]).status_code == 401
    assert list(AuditEntry.objects.values_list("event", flat=True))[:2] == ["api_key.revoked", "api_key.created"]


def test_a_key_gives_no_key_more_than_it_has(administrator: User) -> None:
    secret = secret_of(administrator, "api_key.manage")
    answer = call("post", KEYS, secret, {"name": "More", "permissions": ["people.manage"]})
    assert answer.status_code == 422
    assert "people.manage" in str(answer.json()["fields"]["permissions"])
    assert ApiKey.objects.count() == 1


@pytest.mark.parametrize("role", Role)
def test_only_administrators_manage_keys_at_the_api(role: Role) -> None:
    user: User = UserFactory(roles=[role])
    client = Client()
    client.force_login(user)
    assert client.get(KEYS).status_code == (200 if role is Role.ADMINISTRATOR else 403)


def test_a_key_without_the_permission_manages_no_keys(administrator: User) -> None:
    secret = secret_of(administrator, "connection.view")
    assert call("get", KEYS, secret).status_code == 403
    assert call("post", KEYS, secret, {"name": "x", "permissions": ["connection.view"]}).status_code == 403
    assert call("delete", f"{KEYS}/{ApiKey.objects.get().pk}", secret).status_code == 403


def test_a_session_at_the_api_needs_a_fresh_password_for_keys(browser: Client, administrator: User) -> None:
    body = {"name": "Nightly", "permissions": ["connection.view"]}
    with time_machine.travel(now() + timedelta(minutes=16)):
        stale = browser.post(KEYS, body, content_type="application/json")
        assert (stale.status_code, stale.json()["code"]) == (403, "access.not_fresh")
        assert browser.get(KEYS).status_code == 200
    assert browser.post(KEYS, body, content_type="application/json").status_code == 201


def test_an_unknown_key_cannot_be_ended(administrator: User) -> None:
    secret = secret_of(administrator, "api_key.manage")
    answer = call("delete", f"{KEYS}/22222222-2222-2222-2222-222222222222", secret)
    assert (answer.status_code, answer.json()["code"]) == (404, "access.not_found")


# ------------------------------------------------------------------ keys on their pages


def test_a_key_made_on_the_page_is_shown_once(browser: Client, administrator: User) -> None:
    form = {"name": "Nightly", "days": "30", "permissions": ["connection.view", "card.run"]}
    page = browser.post(reverse("new_api_key"), form).content.decode()
    found = re.search(r'value="(wfc_[\w-]+)"', page)
    assert found is not None
    assert call("get", "/api/v1/connectors", found[1]).status_code == 200
    listed = browser.get(reverse("api_keys")).content.decode()
    assert found[1] not in listed
    assert "Nightly" in listed
    assert ApiKey.objects.get().owner == administrator


@pytest.mark.parametrize(
    "changed", [{"name": ""}, {"days": "0"}, {"days": "367"}, {"permissions": []}, {"permissions": ["no.such"]}]
)
def test_a_key_that_wont_do_is_not_made(browser: Client, changed: dict[str, Any]) -> None:
    form = {"name": "Nightly", "days": "30", "permissions": ["connection.view"]} | changed
    assert browser.post(reverse("new_api_key"), form).status_code == 422
    assert not ApiKey.objects.exists()


def test_a_key_is_revoked_on_the_page(browser: Client, administrator: User) -> None:
    secret = secret_of(administrator, "connection.view")
    browser.post(reverse("revoke_api_key", args=[ApiKey.objects.get().pk]))
    assert call("get", "/api/v1/connectors", secret).status_code == 401
    assert "Revoked" in browser.get(reverse("api_keys")).content.decode()


def test_the_list_tells_expired_and_idle_keys(browser: Client, administrator: User) -> None:
    secret_of(UserFactory(auditor=True, is_active=True), "audit.view")
    User.objects.exclude(pk=administrator.pk).update(is_active=False)
    secret_of(administrator, "connection.view")
    assert "Owner deactivated" in browser.get(reverse("api_keys")).content.decode()
    with time_machine.travel(now() + timedelta(days=91)):
        browser.force_login(administrator)
        assert browser.get(reverse("api_keys")).content.decode().count("Expired") == 2


# ------------------------------------------------------------------ the audit trail at the API


def test_the_trail_is_paged_newest_first(administrator: User) -> None:
    secret = secret_of(administrator, "audit.view")
    for number in range(5):
        entry(f"Connection {number}")
    seen: list[str] = []
    cursor = ""
    while True:
        page = call("get", f"{AUDIT}?limit=2&event=connection.created&cursor={cursor}", secret).json()
        seen += [each["object_name"] for each in page["items"]]
        assert page["total"] == 5
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"Connection {number}" for number in (4, 3, 2, 1, 0)]


def test_the_trail_is_narrowed(administrator: User) -> None:
    secret = secret_of(administrator, "audit.view")
    entry("Payroll notices")
    entry("Support inbox", event="connection.deleted")

    def found(query: str) -> list[str]:
        items = call("get", f"{AUDIT}?{query}", secret).json()["items"]
        return [each["object_name"] for each in items]

    assert found("search=payroll") == ["Payroll notices"]
    assert found("event=connection.deleted") == ["Support inbox"]
    assert found(f"person={administrator.pk}") == []
    assert found("since=2099-01-01") == []
    assert len(found("until=2099-01-01")) == 3


@pytest.mark.parametrize("cursor", ["x", "-1", "1e3", "9" * 40])
def test_a_cursor_of_ones_own_is_refused(administrator: User, cursor: str) -> None:
    answer = call("get", f"{AUDIT}?cursor={cursor}", secret_of(administrator, "audit.view"))
    assert answer.status_code == 422


@pytest.mark.parametrize("role", Role)
def test_administrators_and_auditors_read_and_export_the_trail(role: Role) -> None:
    client = Client()
    client.force_login(UserFactory(roles=[role]))
    expected = 200 if role in {Role.ADMINISTRATOR, Role.AUDITOR} else 403
    assert client.get(AUDIT).status_code == expected
    assert client.get(reverse("audit_csv")).status_code == expected


# ------------------------------------------------------------------ CSV


def download(browser: Client, **query: str) -> list[dict[str, str]]:
    answer = browser.get(reverse("audit_csv"), query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="audit-')
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_csv_holds_every_entry_that_the_filters_leave(browser: Client) -> None:
    for number in range(60):
        entry(f"Connection {number}", status=["active", "paused"])
    entry("Other", event="connection.deleted")
    rows = download(browser, event="connection.created", page="2")
    assert len(rows) == 60  # more than a page
    assert rows[0]["object"] == "Connection 59"
    assert rows[0]["difference"] == '{"status": ["active", "paused"]}'
    assert rows[0]["who"] == "Command on the server"
    assert rows[0]["hash"] == AuditEntry.objects.get(object_name="Connection 59").hash
    exported = AuditEntry.objects.get(event="audit.exported")
    assert exported.difference == {"event": "connection.created"}


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_of_the_csv_is_a_formula(browser: Client, name: str) -> None:
    entry(name)
    (row,) = download(browser, event="connection.created")
    assert row["object"] == f"'{name}"


def test_csv_keeps_commas_quotes_lines_and_letters() -> None:
    text = "".join(csv_lines(["a", "b"], [('x, "y"\nz', "Ærø")]))
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text[1:], newline=""))) == [["a", "b"], ['x, "y"\nz', "Ærø"]]
    assert neutral("plain = text") == "plain = text"


# ------------------------------------------------------------------ the integrity mark


def test_the_whole_trail_is_verified_and_when_is_told(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        entry(f"Connection {number}")
    monkeypatch.setattr("access.pages.audit.verify_chain", lambda: verify_chain(most=2))
    page = browser.get(reverse("audit")).content.decode()
    assert "the newest 2 of 4 entries hold together" in page
    assert "The whole trail was not verified yet." in page
    browser.post(reverse("verify_audit"))
    page = browser.get(reverse("audit")).content.decode()
    assert "all 4 entries held together" in page
    assert AuditHead.objects.get().verified_sequence == 4


def test_a_change_to_an_old_entry_shows_when_all_are_verified() -> None:
    for number in range(4):
        entry(f"Connection {number}")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE access_auditentry SET object_name = 'else' WHERE sequence = 1")
    assert verify_chain(most=2).broken_at is None
    assert verify_audit_trail().broken_at == 1
    assert AuditHead.objects.get().verified_broken_at == 1


def test_only_who_sees_the_trail_verifies_it() -> None:
    client = Client()
    client.force_login(UserFactory(operator=True))
    assert client.post(reverse("verify_audit")).status_code == 403
