"""Cards that act through a service account, with choices from memory, an event, and needs that follow from inputs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connections.errors import GoogleUnavailable
from connections.extensions import CardDeclaration
from connections.models import Connection
from connections.requirements import Impersonation, Requirements, ServiceAccountUser
from flows import catalog
from flows.cards import AnyEvent, Card, Effect, Event, Fields, News, NoFields
from flows.cards import field as card_field
from flows.catalog import CardSet
from flows.choices import Choice, Choices
from kernel.errors import ConsoleError

CLOUD = "https://www.googleapis.com/auth/cloud-platform"
READ, SEND = "https://www.googleapis.com/auth/gmail.readonly", "https://www.googleapis.com/auth/gmail.send"
SHARING = "https://www.googleapis.com/auth/gmail.settings.sharing"
ENTER = "enter_service_account_email"
BOT = "bot@payroll.iam.gserviceaccount.com"
CLERK = "clerk@archive.iam.gserviceaccount.com"
TYPED = "typed@elsewhere.iam.gserviceaccount.com"


@dataclass
class FakeCloud:
    """``projects`` maps each project to its service accounts. ``trouble`` is what the card's call meets."""

    projects: dict[str, list[str]] = field(default_factory=lambda: {"payroll": [BOT], "archive": [CLERK]})
    finding: ConsoleError | None = None
    is_cut: bool = False
    trouble: Exception | None = None
    refusal: ConsoleError | None = None
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    opened: list[Impersonation | None] = field(default_factory=list)
    required: list[Impersonation] = field(default_factory=list)
    calls: int = 0

    def list_projects(self, _connection: Connection, chosen: Mapping[str, Any]) -> Choices:
        self.asked.append(("projects", dict(chosen)))
        entered = Choice(label="Enter Service Account Email", value=ENTER)
        if self.finding:
            return Choices(items=(entered,), finding=self.finding)
        items = (Choice(label=each.title(), value=each) for each in self.projects)
        return Choices(items=(*items, entered), is_cut=self.is_cut)

    def list_service_accounts(self, connection: Connection, chosen: Mapping[str, Any]) -> Choices:
        self.asked.append(("service_accounts", dict(chosen)))
        accounts = self.projects.get(str(chosen["project"] or connection.default_project), [])
        return Choices(items=tuple(Choice(label=each.partition("@")[0].title(), value=each) for each in accounts))

    def open_client(self, _connection: Connection, impersonation: Impersonation | None) -> "FakeCloud":
        self.opened.append(impersonation)
        return self

    def require_role(self, _connection: Connection, impersonation: Impersonation, *, card: CardDeclaration) -> None:
        assert card.needs.role
        self.required.append(impersonation)
        if self.refusal:
            raise self.refusal

    def call(self) -> None:
        self.calls += 1
        if self.trouble:
            raise self.trouble


class Options(Fields):
    project: str | None = card_field("Project", choices_from="projects", default=None)
    service_account: str | None = card_field("Service Account", choices_from="service_accounts", default=None)


class Inputs(Fields):
    service_account_email: str | None = card_field("Service Account: Email", when={"project": ENTER}, default=None)
    user_email: str = card_field("User: Email")
    password: str | None = card_field("Password", secret=True, default=None)


class Outputs(Fields):
    mailbox: str = card_field("Mailbox")


def act(cloud: FakeCloud, _options: Options, inputs: Inputs) -> Outputs:
    cloud.call()
    return Outputs(mailbox=inputs.user_email)


ACT = Card(
    key="fake.act",
    title="Fake Act",
    summary="Acts on a mailbox.",
    effect=Effect.SET_STATE,
    quota_units=1,
    needs=Requirements(
        scopes=((CLOUD,),),
        role=ServiceAccountUser(service_account="service_account", mailbox="user_email", delegated_scopes=(SHARING,)),
    ),
    options=Options,
    inputs=Inputs,
    outputs=Outputs,
    run=act,
)


class Request(Fields):
    path: str = card_field("Path")
    body: Mapping[str, Any] | None = card_field("Body", default=None)


class Answer(Fields):
    body: Mapping[str, Any] = card_field("Body")


def ask(cloud: FakeCloud, _options: NoFields, inputs: Request) -> Answer:
    cloud.call()
    return Answer(body={"path": inputs.path, "given": inputs.body})


def needs_of(_options: NoFields, inputs: Request) -> Requirements:
    return Requirements(scopes=((SEND if inputs.path == "/send" else READ,),))


ASK = Card(
    key="fake.ask",
    title="Fake Ask",
    summary="Asks whatever one likes.",
    effect=Effect.SET_STATE,
    quota_units=1,
    needs=Requirements(),
    needs_of=needs_of,
    options=NoFields,
    inputs=Request,
    outputs=Answer,
    run=ask,
)


class EventOptions(Fields):
    query: str = card_field("Query", default="")


ARRIVED: AnyEvent = Event(
    key="fake.arrived",
    title="Fake Arrived",
    summary="Something arrives.",
    quota_units=2,
    needs=Requirements(scopes=((READ,),)),
    options=EventOptions,
    outputs=Outputs,
    poll=lambda _client, _options, _cursor: News(cursor={}, items=()),
    read=lambda _client, _options, _data: Outputs(mailbox=""),
    notes="Looks every 5 minutes.",
)


@contextmanager
def fake_role_cards(cloud: FakeCloud) -> Iterator[None]:
    """These cards and no others, for connections of the factories."""
    kept = dict(catalog._sets)
    catalog._sets.clear()
    catalog.register_cards(
        CardSet(
            connector="gmail",
            cards=(ACT, ASK),
            events=(ARRIVED,),
            open_client=cloud.open_client,
            choices={"projects": cloud.list_projects, "service_accounts": cloud.list_service_accounts},
        )
    )
    try:
        yield
    finally:
        catalog._sets.clear()
        catalog._sets.update(kept)


def denied() -> GoogleUnavailable:
    return GoogleUnavailable(what="Listing the projects", reason="Google answered 403")
