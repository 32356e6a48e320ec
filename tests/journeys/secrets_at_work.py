"""The journeys whose traces the canary searches: everything in which a secret passes through the console."""

import json
import re
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, Response

from tests.canary import Secret, Sink, answer_sinks, command_sink, storage_sink
from tests.console_visitor import ConsoleVisitor, csrf_token
from tests.processes import Stack
from workflows_console.demo.consent import Visitor

# Typed into a mail and read from one: it belongs to the run's owner and to Google, and to nobody else.
MAIL = "Nightingale-4711-passes-through"
PASSWORD = "Kingfisher-4711-opens"
SERVICE_ACCOUNT = "mailer@acme-automation.iam.gserviceaccount.com"
LEAVE_PAGE = "HTML of /connections/authorizations/"

OPEN_VERIFIER = """
from connections.models import ConsentAttempt
from connections.operations.attempts import verifier_context
from vault.operations.open_sealed import open_sealed
attempt = ConsentAttempt.objects.get(pk="{attempt}")
sealed = bytes(attempt.sealed_verifier)
print(open_sealed(purpose="consent", owner=attempt.pk, context=verifier_context(attempt), sealed=sealed).decode())
"""
UNKNOWN_FAILURE = """
from connections.models import ConsentAttempt
ConsentAttempt.objects.filter(pk="{attempt}").update(outcome="failed", failure={{"code": "no.such.code", "data": {{}}}})
"""
SESSIONS = """
from django.contrib.sessions.models import Session
print([session.get_decoded() for session in Session.objects.all()])
"""


@dataclass
class SecretsAtWork:
    """Runs the journeys at a stack; afterwards ``secrets`` and ``sinks`` hold what was made and where it could be."""

    stack: Stack
    visitor: ConsoleVisitor
    secrets: list[Secret] = field(default_factory=list)
    sinks: list[Sink] = field(default_factory=list)

    def all(self, browser: Browser) -> None:
        connection = self.consent("Canary", "ada@acme.example")
        self.failed_consents()
        self.through_the_service_account(connection)
        runs = [self.read_and_send(connection), self.lost_answer(connection), self.unknown_outcome()]
        self.crash()
        self.commands(connection)
        self.people()
        self.every_page(connection, [run for run in runs if run])
        self.in_a_browser(browser, connection)
        self._note_session(self.visitor.session.cookies.get_dict())
        self.sinks += answer_sinks(self.visitor.answers)

    def consent(self, nickname: str, account: str, scopes: tuple[str, ...] = ()) -> str:
        """A connection, with everything that bound its consent written down."""
        attempt = self.visitor.ask(nickname, scopes)
        google_url = self._leave(attempt)
        self.visitor.come_back(Visitor().consent(google_url, account))
        return str(self.visitor.api("GET", f"connections/authorizations/{attempt}").json()["connection"])

    def _leave(self, attempt: str) -> str:
        google_url = self.visitor.leave_for_google(attempt)
        query = parse_qs(urlsplit(google_url).query)
        cookies = self.visitor.session.cookies.get_dict()
        self.secrets += [
            Secret(kind="state", value=query["state"][0], homes=(LEAVE_PAGE,)),
            Secret(kind="nonce", value=query["nonce"][0], homes=(LEAVE_PAGE,)),
            Secret(kind="verifier", value=self._shell(OPEN_VERIFIER.format(attempt=attempt))),
            *(
                Secret(kind="binding cookie", value=value, homes=("cookies of /connections/authorizations/",))
                for name, value in cookies.items()
                if "console_consent_" in name
            ),
        ]
        return google_url

    def _shell(self, code: str) -> str:
        return self.stack.manage("shell", "-v", "0", "-c", code).stdout.strip()

    def failed_consents(self) -> None:
        """Canceled, forged, refused at the exchange, and a valid code carried off by somebody else."""
        for scenario in ("id_token:nonce", "token_endpoint:garbage", "id_token:other_key"):
            self.stack.sandbox("POST", "scenarios", json={"name": scenario, "count": 1})
            attempt = self.visitor.ask(f"Canary {scenario}")
            self.visitor.come_back(Visitor().consent(self._leave(attempt), "ada@acme.example"))
        attempt = self.visitor.ask("Canary canceled")
        self.visitor.come_back(Visitor().consent(self._leave(attempt), "ada@acme.example", answer="cancel"))
        attempt = self.visitor.ask("Canary stolen")
        answer = Visitor().consent(self._leave(attempt), "ada@acme.example")
        thief = ConsoleVisitor(self.stack, "cleo@console.example")
        thief.come_back(answer)
        self.visitor.answers += thief.answers

    def read_and_send(self, connection: str) -> str:
        """Three runs: a mail sent, the same read back, and one that doesn't exist."""
        mail = {"to": ["ada@acme.example"], "subject": MAIL, "body": MAIL}
        self.secrets.append(
            Secret(kind="mail", value=MAIL, homes=("HTML of /runs/", "JSON of /api/v1/", "output of run_card"))
        )
        sent = self.visitor.run_card("gmail.send_email", connection, mail, body_is_html=False)
        assert sent.status_code == requests.codes.ok, sent.text
        arrived = self.stack.newest_message("ada@acme.example")["id"]
        read = self.visitor.run_card("gmail.read_email", connection, {"message_id": arrived})
        assert MAIL in read.text
        missing = self.visitor.run_card("gmail.read_email", connection, {"message_id": "19e1acd465710c99"})
        assert missing.status_code >= requests.codes.bad_request
        return str(read.json()["run"])

    def through_the_service_account(self, connection: str) -> None:
        """Signed JWTs and tokens for another mailbox: one that works, one whose exchange is lost, and a check."""
        chosen = {"project": "acme-automation", "service_account": SERVICE_ACCOUNT}
        listing = "gmail.list_delegates"
        listed = self.visitor.run_card(listing, connection, {"delegator_email": "ben@acme.example"}, **chosen)
        assert listed.status_code == requests.codes.ok, listed.text
        staged = {"name": "close_after", "path": "/token", "method": "POST", "count": 1}
        self.stack.sandbox("POST", "scenarios", json=staged)
        lost = self.visitor.run_card(listing, connection, {"delegator_email": "cleo@acme.example"}, **chosen)
        assert lost.status_code >= requests.codes.bad_request
        version = self.visitor.api("GET", f"connections/{connection}").json()["version"]
        default = {"default_project": chosen["project"], "default_service_account": SERVICE_ACCOUNT}
        self.visitor.api("PATCH", f"connections/{connection}", json={"version": version, **default})
        self.visitor.api("POST", f"connections/{connection}/checks", json={})
        self.visitor.get(f"/connections/{connection}/service-account/")

    def lost_answer(self, connection: str) -> str:
        """Google's answer to a send is lost; the draft is gone, so it was sent."""
        return self._send_under("close_after", "/gmail/v1/users/me/drafts/send", connection)

    def unknown_outcome(self) -> str:
        """With gmail.send alone nobody can tell, and a person decides."""
        connection = self.consent("Canary sends only", "cleo@acme.example", ("gmail.send",))
        run = self._send_under("reset_after", "*/messages/send", connection)
        self.visitor.get(f"/runs/{run}/")
        self.visitor.api("POST", f"runs/{run}/resume", json={"decision": "sent"})
        return run

    def _send_under(self, fault: str, path: str, connection: str) -> str:
        staged = {"name": fault, "path": path, "method": "POST", "count": 1}
        self.stack.sandbox("POST", "scenarios", json=staged)
        mail = {"to": ["ben@acme.example"], "subject": MAIL, "body": MAIL}
        answer = self.visitor.run_card("gmail.send_email", connection, mail, body_is_html=False)
        assert not self.stack.sandbox("GET", "scenarios")["scenarios"], "the fault wasn't met"
        return str(answer.json()["run"])

    def crash(self) -> None:
        """A page that fails in a way nobody foresaw, with a code and a state in its address."""
        attempt = self.visitor.ask("Canary crash")
        google_url = self._leave(attempt)
        answer = Visitor().consent(google_url, "ada@acme.example")
        self._shell(UNKNOWN_FAILURE.format(attempt=attempt))
        page = self.visitor.get(f"/connections/authorizations/{attempt}/", params=answer)
        assert page.status_code == requests.codes.internal_server_error

    def commands(self, connection: str) -> None:
        """What operators type, secrets given on standard input included."""
        run = self.stack.manage
        administrator = "canary@console.example"
        key = self.visitor.api_key("card.run", "connection.use", "connection.view")
        self.secrets += [
            Secret(kind="API key", value=key),
            Secret(kind="password", value=PASSWORD),
            Secret(kind="password", value=f"{PASSWORD}-again"),
        ]
        message = f"message_id={self.stack.newest_message('ada@acme.example')['id']}"
        card = ("gmail.read_email", "--connection", connection, "--input", message, "--as", self.visitor.email)
        new = (administrator, "--name", "Canary")
        typed = {
            "create_administrator": run("create_administrator", *new, stdin=f"{PASSWORD}\n"),
            "set_password": run("set_password", administrator, stdin=f"{PASSWORD}-again\n"),
            "run_card": run("run_card", *card),
            "connections list": run("connections", "list", "--json"),
            "connections show": run("connections", "show", connection),
            "sessions": run("shell", "-v", "0", "-c", SESSIONS),
        }
        self.sinks += [command_sink(name, done) for name, done in typed.items()]
        with_key = {"Authorization": f"Bearer {key}"}
        for path in ("connections", f"connections/{connection}", "no-such-route"):
            answer = requests.get(f"{self.stack.url}/api/v1/{path}", headers=with_key, timeout=30)
            self.visitor.answers.append(answer)

    def people(self) -> None:
        """Somebody is invited, comes in by the link, and sets up two-factor sign-in."""
        email, password = "invited@console.example", f"{PASSWORD}-invited"
        page = self.visitor.get("/settings/people/new/").text
        made = self.visitor.post("/settings/people/new/", {"email": email, "roles": ["Operator"]}, page=page)
        link = _one(r"/accounts/link/([\w-]+)/", made.text)
        guest = requests.Session()
        guest.hooks["response"].append(lambda answer, **_options: self.visitor.answers.append(answer))
        page = guest.get(f"{self.stack.url}/accounts/link/{link}/", timeout=30).text
        form = {"csrfmiddlewaretoken": csrf_token(page), "name": "", "password": password, "again": password}
        guest.post(f"{self.stack.url}/accounts/password/", form, headers={"Referer": self.stack.url}, timeout=30)
        person = ConsoleVisitor(self.stack, email, password)
        page = person.get("/settings/two-factor/").text
        seed = _one(r'value="([A-Z2-7]{32})"', page)
        code = format_hotp_value(hotp_value(seed, int(time.time()) // 30))
        assert person.post("/settings/two-factor/", {"code": code}, page=page).status_code == requests.codes.found
        person.get("/settings/recovery-codes/")
        self.visitor.answers += person.answers
        self.secrets += [
            Secret(kind="password", value=password),
            Secret(kind="one-time link", value=link, homes=("HTML of /settings/people/new/", "file mail/")),
            Secret(kind="two-factor seed", value=seed, homes=("HTML of /settings/two-factor/",)),
        ]

    def every_page(self, connection: str, runs: list[str]) -> None:
        """Pages and routes that come nearest to a secret."""
        pages = ["/", "/connections/", "/audit/", "/help/", "/cards/gmail.send_email/test/", "/audit/entries.csv"]
        pages += [f"/settings/{page}" for page in ("", "people/", "api-keys/", "policy/", "google-client/")]
        pages += [f"/settings/{page}" for page in ("vault-keys/", "workers/", "about/")]
        pages += [f"/connections/{connection}/{tab}" for tab in ("", "permissions/", "cards/", "activity/")]
        pages += [f"/runs/{run}/" for run in runs]
        routes = [
            "audit",
            "api-keys",
            "openapi.json",
            "connectors",
            "cards",
            "connections",
            f"connections/{connection}",
        ]
        routes += [f"connections/{connection}/{part}" for part in ("authorizations", "readiness")]
        routes += [f"runs/{run}" for run in runs]
        for path in [*pages, *(f"/api/v1/{route}" for route in routes)]:
            answer = self.visitor.get(path)
            assert answer.status_code == requests.codes.ok, f"{path}: {answer.status_code}"

    def in_a_browser(self, browser: Browser, connection: str) -> None:
        """The same person in Chromium: sign-in, some pages, one consent; then what the browser has stored."""
        context = browser.new_context(base_url=self.stack.url)
        page = context.new_page()
        seen: list[Response] = []
        page.on("response", lambda answer: seen.append(answer))  # noqa: PLW0108  (Playwright puts a mark on the handler)
        page.goto("/accounts/login/")
        page.fill("[name=login]", "canary@console.example")
        page.fill("[name=password]", f"{PASSWORD}-again")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{self.stack.url}/")
        for path in ("/connections/", f"/connections/{connection}/", "/audit/", "/help/"):
            page.goto(path)
            self.sinks.append(storage_sink(page))
        ours = [answer for answer in seen if answer.url.startswith(self.stack.url) and "/static/" not in answer.url]
        for answer in ours:
            path = urlsplit(answer.url).path
            headers = {name: value for name, value in answer.all_headers().items() if name != "set-cookie"}
            self.sinks.append(Sink(name=f"headers of {path} in Chromium", content=json.dumps(headers).encode()))
        cookies = {str(each.get("name")): str(each.get("value")) for each in context.cookies(self.stack.url)}
        self._note_session(cookies)
        context.close()

    def _note_session(self, cookies: dict[str, str]) -> None:
        value = next(value for name, value in cookies.items() if name.endswith("console_session"))
        self.secrets.append(Secret(kind="session", value=value, homes=("cookies of ", "file console.sqlite3")))


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, text[:2000]
    return found[1]


def database_columns(data: Path) -> dict[str, int]:
    """Tables of the console's database by how many columns they have: what "every column" means in a figure."""
    with sqlite3.connect(f"file:{data / 'console.sqlite3'}?mode=ro", uri=True) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: len(db.execute(f'PRAGMA table_info("{table}")').fetchall()) for table in tables}
