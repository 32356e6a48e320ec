"""What holds for every answer: one host name, no caching, a strict policy, errors in one voice."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from kernel.errors import NotFound, as_problem
from tests.factories import UserFactory
from workflows_console import health

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(UserFactory(administrator=True))
    return client


class TestHostName:
    def test_another_allowed_name_is_sent_to_the_public_one(self, client: Client) -> None:
        answer = client.get("/connections/?search=a%20b", headers={"Host": "localhost:8000"})
        assert answer.status_code == 302
        assert answer.headers["Location"] == "http://127.0.0.1:8000/connections/?search=a%20b"

    def test_a_form_is_not_sent_elsewhere(self, client: Client) -> None:
        answer = client.post(reverse("account_login"), headers={"Host": "localhost:8000"})
        assert "127.0.0.1" not in answer.headers.get("Location", "")

    def test_the_public_name_is_served(self, client: Client) -> None:
        assert client.get(reverse("account_login"), headers={"Host": "127.0.0.1:8000"}).status_code == 200

    def test_a_foreign_name_is_refused(self, client: Client) -> None:
        assert client.get("/connections/", headers={"Host": "attacker.example"}).status_code == 400

    def test_a_forwarded_host_is_not_believed(self, client: Client) -> None:
        answer = client.get("/connections/", headers={"X-Forwarded-Host": "attacker.example"})
        assert "attacker" not in answer.headers.get("Location", "")


class TestHeaders:
    @pytest.mark.parametrize(
        "path", ["/accounts/login/", "/connections/", "/help/", "/api/v1/connections", "/nowhere/"]
    )
    def test_answers_stay_here(self, path: str, signed_in: Client) -> None:
        headers = signed_in.get(path).headers
        assert "no-store" in headers["Cache-Control"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Permissions-Policy"] == "camera=(), geolocation=(), microphone=()"

    def test_the_policy_allows_nothing_inline_and_nobody_elsewhere(self, client: Client) -> None:
        answer = client.get(reverse("account_login"))
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
        nonces = re.findall(r"'nonce-([^']+)'", policy["script-src"])
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert policy["script-src"].startswith("'self'")
        assert "unsafe" not in str(policy)
        assert "*" not in str(policy)
        assert "http" not in str(policy)
        assert all(
            nonce not in client.get(reverse("account_login")).headers["Content-Security-Policy"] for nonce in nonces
        )

    @pytest.mark.parametrize("path", ["/accounts/login/", "/connections/", "/connections/new/", "/help/", "/audit/"])
    def test_a_page_has_nothing_inline(self, path: str, signed_in: Client) -> None:
        page = signed_in.get(path, follow=True).content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", page)
        scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page)
        assert [each for each in scripts if "nonce=" not in each and "application/json" not in each] == []


class TestErrors:
    def test_a_page_and_the_api_say_the_same_words(self, signed_in: Client) -> None:
        wanted = uuid4()
        page = signed_in.get(f"/connections/{wanted}/")
        answer = signed_in.get(f"/api/v1/connections/{wanted}")
        assert (page.status_code, answer.status_code) == (404, 404)
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert problem.items() >= as_problem(NotFound(kind="connection")).items()
        assert problem["type"] == f"http://127.0.0.1:8000{reverse('help')}#error-access.not_found"
        shown = page.content.decode().replace("&#x27;", "'")
        assert problem["title"] in shown
        assert problem["detail"] in shown
        assert problem["remedy"] in shown

    def test_a_request_that_cannot_be_read_is_answered_as_a_problem(self, signed_in: Client) -> None:
        answer = signed_in.post("/api/v1/connections/authorizations", "{not JSON", content_type="application/json")
        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "request.rejected"

    def test_an_address_that_is_none_gets_the_same_page(self, signed_in: Client) -> None:
        answer = signed_in.get("/nowhere/")
        assert answer.status_code == 404
        assert "There is no such page" in answer.content.decode()

    def test_a_form_from_elsewhere_changes_nothing_and_says_so(self) -> None:
        client = Client(enforce_csrf_checks=True)
        answer = client.post(reverse("account_login"), {"login": "ada@console.example", "password": "x"})
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.content.decode()

    def test_a_crash_shows_nothing_of_its_cause(self, signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> str:
            raise RuntimeError("ya29.canary-canary")

        monkeypatch.setitem(health._CHECKS, "vault", fail)
        answer = signed_in.get("/readyz")
        assert answer.status_code == 500
        assert "canary" not in answer.content.decode() + str(answer.headers)
        assert "Something went wrong here" in answer.content.decode()
