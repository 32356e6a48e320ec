"""Calls of Gmail's API: by raw HTTP with a token made for the purpose, and by Google's own client library."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from importlib.resources import files
from typing import Any

import requests
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document

from google_sandbox import world
from google_sandbox.oauth.grants import make_access_token
from google_sandbox.server import RunningSandbox
from tests.google_sandbox.consenting import CLIENT_ID, GMAIL, TIMEOUT, authorized

ADA, BEN, CLEO, GUS = "ada@acme.example", "ben@acme.example", "cleo@acme.example", "gus@other.example"
FULL = "https://mail.google.com/"
BASIC, SHARING = f"{GMAIL}settings.basic", f"{GMAIL}settings.sharing"
UNKNOWN_ID = "0123456789abcdef"


@dataclass(frozen=True)
class Caller:
    """One account's access token, and calls with it to `/gmail/v1/users/me/…`."""

    origin: str
    email: str
    token: str

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """One call; a path that begins with `/` is taken as it is."""
        address = path if path.startswith("/") else f"/gmail/v1/users/me/{path}"
        headers = authorized(self.token) | options.pop("headers", {})
        session = options.pop("session", requests)
        answer: requests.Response = session.request(
            method, f"{self.origin}{address}", headers=headers, timeout=options.pop("timeout", TIMEOUT), **options
        )
        return answer

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of a GET that succeeds."""
        answer = self.send("GET", path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object = None, **options: Any) -> Any:
        """The JSON of a POST that succeeds; None when the answer has no body."""
        answer = self.send("POST", path, json=body, **options)
        assert answer.status_code in {200, 204}, answer.text
        return answer.json() if answer.content else None

    def send_mail(self, **fields: Any) -> dict[str, Any]:
        """Write a letter and send it; Gmail's answer."""
        thread = fields.pop("thread", None)
        body = {"raw": encoded(letter(**fields))} | ({"threadId": thread} if thread else {})
        sent: dict[str, Any] = self.post("messages/send", body)
        return sent

    def find(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """Ids of the messages that a search finds."""
        found: list[dict[str, Any]] = self.get("messages", q=query, **parameters).get("messages", [])
        return found

    def only(self, query: str, message_format: str = "full") -> dict[str, Any]:
        """The one message that a search finds, whole."""
        [found] = self.find(query)
        message: dict[str, Any] = self.get(f"messages/{found['id']}", format=message_format)
        return message

    def subjects(self, query: str, **parameters: Any) -> list[str]:
        """Subjects of the messages that a search finds, newest first."""
        return [headers(self.get(f"messages/{each['id']}"))["Subject"] for each in self.find(query, **parameters)]

    def labels_of(self, message: str) -> set[str]:
        return set(self.get(f"messages/{message}", format="minimal").get("labelIds", ()))


def caller(running: RunningSandbox, email: str = ADA, *scopes: str) -> Caller:
    """A token for these scopes, all of Gmail when none is named, made without the consent page."""
    sandbox = running.sandbox
    with sandbox.store.transaction() as db:
        token = make_access_token(
            db,
            client_id=CLIENT_ID,
            sub=world.subject_of(email),
            scopes=" ".join(scopes or (FULL,)),
            access_type="offline",
            now=sandbox.clock.timestamp(),
        )
    return Caller(running.origin, email, token)


def delegated_caller(running: RunningSandbox, email: str = ADA, *scopes: str) -> Caller:
    """A token for this mailbox as the service account gets it by domain-wide delegation: for settings, by default."""
    person = caller(running, email, *(scopes or (BASIC, SHARING)))
    with running.sandbox.store.transaction() as db:
        db.execute("UPDATE access_tokens SET delegated_by = ? WHERE token = ?", (world.SERVICE_ACCOUNT, person.token))
    return person


def client(of: Caller, api: str = "gmail.v1") -> Any:
    """Google's client library for this caller, from the shipped discovery document with the sandbox's address."""
    shipped = files("googleapiclient") / "discovery_cache" / "documents" / f"{api}.json"
    document = json.loads(shipped.read_text(encoding="utf-8"))
    document |= {"rootUrl": f"{of.origin}/", "baseUrl": f"{of.origin}/"}
    del document["mtlsRootUrl"]
    return build_from_document(document, credentials=Credentials(of.token))


def letter(
    *,
    to: str | None = BEN,
    subject: str = "A letter",
    text: str = "Some text.\n",
    page: str = "",
    attachment: bytes | None = None,
    filename: str = "notes.bin",
    extra: Sequence[tuple[str, str]] = (),
    **other_headers: str,
) -> bytes:
    """A message's bytes. Other headers by keyword (`cc=…`), those whose names are no words by `extra`."""
    message = EmailMessage()
    named = {"to": to, **other_headers, "subject": subject}
    for name, value in [*((name.title(), value) for name, value in named.items() if value), *extra]:
        message[name] = value
    message.set_content(text)
    if page:
        message.add_alternative(page, subtype="html")
    if attachment is not None:
        message.add_attachment(attachment, maintype="application", subtype="octet-stream", filename=filename)
    return message.as_bytes()


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def decoded(data: str) -> bytes:
    return base64.urlsafe_b64decode(data)


def headers(message: dict[str, Any]) -> dict[str, str]:
    """A message's headers by name; of several with one name the last."""
    return {each["name"]: each["value"] for each in message["payload"]["headers"]}


def refusal(code: int, message: str, reason: str, status: str, *, domain: str = "global", **more: Any) -> Any:
    """Gmail's whole error body; `errors_message` where the list says something else, `details`, `location`."""
    error = {"message": more.get("errors_message", message), "domain": domain, "reason": reason}
    error |= {name: more[name] for name in ("location", "locationType") if name in more}
    body: dict[str, Any] = {"code": code, "message": message, "errors": [error], "status": status}
    return {"error": body | ({"details": more["details"]} if "details" in more else {})}


NOT_FOUND = refusal(404, "Requested entity was not found.", "notFound", "NOT_FOUND")
INVALID_ID = refusal(400, "Invalid id value", "invalidArgument", "INVALID_ARGUMENT")
