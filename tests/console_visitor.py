"""A person who uses the console over HTTP: signs in, makes connections, runs cards, calls the API."""

import re
from typing import Any

import requests

from tests.processes import PASSWORD, Stack
from workflows_console.demo.consent import Visitor


class ConsoleVisitor:
    """One browser at a running stack, signed in as a demo person. ``answers`` keeps everything the console said."""

    def __init__(self, stack: Stack, email: str, password: str = PASSWORD) -> None:
        self.stack = stack
        self.email = email
        self.answers: list[requests.Response] = []
        self.session = requests.Session()
        self.session.hooks["response"].append(self._keep)
        page = self.get("/accounts/login/")
        answer = self.post("/accounts/login/", {"login": email, "password": password}, page=page.text)
        assert answer.status_code == requests.codes.found, re.sub(r"<[^>]+>|\s+", " ", answer.text)

    def _keep(self, answer: requests.Response, *_args: Any, **_options: Any) -> None:
        self.answers.append(answer)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(f"{self.stack.url}{path}", timeout=60, **options)

    def post(self, path: str, data: dict[str, Any], *, page: str) -> requests.Response:
        """Send a form with the CSRF token of the page it stands on."""
        return self.session.post(
            f"{self.stack.url}{path}",
            data={"csrfmiddlewaretoken": csrf_token(page), **data},
            headers={"Referer": f"{self.stack.url}{path}"},
            allow_redirects=False,
            timeout=60,
        )

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        """A call to the API with the session, CSRF token included."""
        headers = {"X-CSRFToken": csrf_token(self.get("/help/").text), "Referer": f"{self.stack.url}/"}
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

    def leave_for_google(self, attempt: str) -> str:
        """Open the authorization's page; the address at Google that it leads to."""
        page = self.get(f"/connections/authorizations/{attempt}/").text
        link = re.search(r'href="([^"]*/o/oauth2/v2/auth[^"]*)"', page)
        assert link is not None, page[:2000]
        return link.group(1).replace("&amp;", "&")

    def consent_at_google(self, attempt: str, account: str, **choices: Any) -> dict[str, list[str]]:
        """Leave for Google and answer there as :meth:`Visitor.consent` does; what Google sends back."""
        return Visitor().consent(self.leave_for_google(attempt), account, **choices)

    def come_back(self, answer: dict[str, list[str]]) -> requests.Response:
        """Google's redirect arrives; the page that the console then shows."""
        return self.get("/connections/callback/google/", params=answer)

    def connect(self, nickname: str, account: str, scopes: tuple[str, ...] = ()) -> str:
        """The whole way; the connection's id."""
        attempt = self.ask(nickname, scopes)
        self.come_back(self.consent_at_google(attempt, account))
        state = self.api("GET", f"connections/authorizations/{attempt}").json()
        assert state["state"] == "succeeded", state
        return str(state["connection"])

    def run_card(self, key: str, connection: str, inputs: dict[str, Any], **options: Any) -> requests.Response:
        """*Test this card*, through the API."""
        body = {"connection": connection, "options": options, "inputs": inputs}
        return self.api("POST", f"cards/{key}/runs", json=body)


def csrf_token(page: str) -> str:
    """The CSRF token of a page's form."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None, page[:2000]
    return token.group(1)
