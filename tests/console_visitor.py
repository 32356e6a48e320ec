"""A person who uses the console over HTTP: signs in, makes connections, calls the API."""

import re
from typing import Any

import requests

from tests.processes import PASSWORD, Stack
from workflows_console.demo.consent import Visitor


class ConsoleVisitor:
    """One browser at a running stack, signed in as a demo person."""

    def __init__(self, stack: Stack, email: str) -> None:
        self.stack = stack
        self.email = email
        self.session = requests.Session()
        page = self.session.get(f"{stack.url}/accounts/login/", timeout=30)
        answer = self.post("/accounts/login/", {"login": email, "password": PASSWORD}, page=page.text)
        assert answer.status_code == requests.codes.found, answer.text[:2000]

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.stack.url}{path}", timeout=60)

    def post(self, path: str, data: dict[str, Any], *, page: str) -> requests.Response:
        """Send a form with the CSRF token of the page it stands on."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        return self.session.post(
            f"{self.stack.url}{path}",
            data={"csrfmiddlewaretoken": token.group(1), **data},
            headers={"Referer": f"{self.stack.url}{path}"},
            allow_redirects=False,
            timeout=60,
        )

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        """A call to the API with the session, CSRF token included."""
        page = self.get("/help/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        headers = {"X-CSRFToken": token.group(1) if token else "", "Referer": f"{self.stack.url}/"}
        return self.session.request(method, f"{self.stack.url}/api/v1/{path}", headers=headers, timeout=120, **options)

    def api_key(self, *permissions: str) -> str:
        """A new API key of this person, through the command."""
        arguments = [part for name in permissions for part in ("--permission", name)]
        out = self.stack.manage("create_api_key", self.email, "--name", "journey", *arguments).stdout
        key = re.search(r"wfc_[\w-]+", out)
        assert key is not None, out
        return key.group(0)

    def ask(self, nickname: str, scopes: tuple[str, ...] = ()) -> str:
        """An authorization's id."""
        body = {
            "connector": "gmail",
            "nickname": nickname,
            "scope_mode": "custom" if scopes else "default",
            "scopes": list(scopes),
        }
        answer = self.api("POST", "connections/authorizations", json=body)
        assert answer.status_code == requests.codes.created, answer.text
        return str(answer.json()["id"])

    def consent_at_google(self, attempt: str, account: str, withhold: tuple[str, ...] = ()) -> dict[str, list[str]]:
        """Open the authorization's page, go on to Google, allow; what Google sends back."""
        page = self.get(f"/connections/authorizations/{attempt}/").text
        link = re.search(r'href="([^"]*/o/oauth2/v2/auth[^"]*)"', page)
        assert link is not None, page[:2000]
        return Visitor().consent(link.group(1).replace("&amp;", "&"), account, withhold=withhold)

    def connect(self, nickname: str, account: str, scopes: tuple[str, ...] = ()) -> str:
        """The whole way; the connection's id."""
        attempt = self.ask(nickname, scopes)
        answer = self.consent_at_google(attempt, account)
        self.session.get(f"{self.stack.url}/connections/callback/google/", params=answer, timeout=60)
        state = self.api("GET", f"connections/authorizations/{attempt}").json()
        assert state["state"] == "succeeded", state
        return str(state["connection"])

    def any_message_of(self, account: str) -> str:
        """The id of a message in the account's mailbox, from the sandbox's control API."""
        return str(self.stack.sandbox("GET", f"accounts/{account}/messages")["messages"][0]["id"])
