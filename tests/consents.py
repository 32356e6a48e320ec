"""Consent in a test: a person's browser at the console, and the same person at Google."""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from access.actor import Actor, Via
from access.models import User
from connections.models import Connection, ConsentAttempt
from connections.operations.request_authorization import request_authorization
from workflows_console.demo.consent import Visitor

CALLBACK = "/connections/callback/google/"


@dataclass
class Browser:
    """One person, signed in to the console in one browser."""

    user: User
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.client.force_login(self.user)

    @property
    def actor(self) -> Actor:
        return Actor(user=self.user, via=Via.PAGE)

    def ask(self, nickname: str = "Support inbox", scopes: tuple[str, ...] = ()) -> ConsentAttempt:
        """A request for a connection, kept until the person leaves for Google."""
        return request_authorization(
            self.actor,
            connector="gmail",
            nickname=nickname,
            scope_mode="custom" if scopes else "default",
            scopes=scopes,
        )

    def leave(self, attempt: ConsentAttempt) -> str:
        """Open the authorization's page; the address at Google that it leads to."""
        response = self.client.get(reverse("authorization", args=[attempt.pk]))
        return str(response.context["google_url"])

    def consent(
        self, attempt: ConsentAttempt, account: str = "ada@acme.example", withhold: tuple[str, ...] = ()
    ) -> dict[str, list[str]]:
        """Leave for Google and allow there; what Google sends back."""
        return Visitor().consent(self.leave(attempt), account, withhold=withhold)

    def come_back(self, parameters: dict[str, list[str]]) -> HttpResponse:
        """Google's redirect arrives."""
        return self.client.get(f"{CALLBACK}?{urlencode(parameters, doseq=True)}")  # type: ignore[return-value]

    def connect(
        self,
        nickname: str = "Support inbox",
        account: str = "ada@acme.example",
        scopes: tuple[str, ...] = (),
        withhold: tuple[str, ...] = (),
    ) -> Connection:
        """The whole way to a saved connection."""
        attempt = self.ask(nickname, scopes)
        self.come_back(self.consent(attempt, account, withhold))
        attempt.refresh_from_db()
        assert attempt.connection is not None, attempt.failure
        return attempt.connection
