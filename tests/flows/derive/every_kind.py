"""A card that has a field of every kind, in every way."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from connections.requirements import Requirements, ServiceAccountUser
from flows.cards import Card, Effect, Fields, field

MOST_BYTES = 10


class Alias(StrEnum):
    DOMAIN = "domain"
    CUSTOM = "custom_alias"


class Options(Fields):
    alias_type: Alias = field("Alias Type", help="Where the address lives.")
    port: int | None = field("Port", when={"alias_type": "custom_alias"}, default=None)
    is_html: bool = field("Body is HTML?", default=False)
    place: str | None = field("Place", choices_from="places", default=None)


class File(Fields):
    file_name: str = field("File Name")
    content: str = field("File Content", default="")


class Scan(Fields):
    name: str = field("Scan Name", heading=True)
    page: bytes = field("Page", most_bytes=MOST_BYTES, file_name_in="name")


class Inputs(Fields):
    to: tuple[str, ...] = field("To")
    from_: str = field("From", default="")
    body: str = field("Body", multiline=True, default="Hello")
    size: int = field("Size", default=1)
    start: datetime | None = field("Start Time", default=None)
    host: str = field("Host", when={"alias_type": "custom_alias"})
    secret: str | None = field("Password", secret=True, when={"alias_type": "custom_alias"}, default=None)
    place_name: str | None = field("Place Name", when={"place": "enter_it"}, default=None)
    plain_only: str = field("Plain Only", when={"is_html": "no"}, default="")
    file: File | None = field("File", default=None)
    files: tuple[File, ...] = field("Files", default=())
    copies: int = field("Copies", between=(1, 2000), default=1)
    scan: Scan | None = field("Scan", default=None)
    headers: Mapping[str, Any] | None = field("Headers", default=None)
    reply: Mapping[str, Any] = field("Reply", when={"alias_type": "custom_alias"})


class First(Fields):
    message_id: str = field("Message ID")


class Every(Fields):
    emails: tuple[First, ...] = field("Emails")


def run(_client: object, _options: Options, _inputs: Inputs) -> First | Every:
    return First(message_id="")


EVERY_KIND = Card[object, Options, Inputs, First | Every](
    key="fake.every_kind",
    title="Every Kind",
    summary="Takes a field of every kind.",
    effect=Effect.SET_STATE,
    quota_units=5,
    needs=Requirements(
        scopes=(("https://www.googleapis.com/auth/gmail.readonly", "https://mail.google.com/"),),
        role=ServiceAccountUser(service_account="a", mailbox="b", delegated_scopes=()),
    ),
    options=Options,
    inputs=Inputs,
    outputs={"domain": First, "custom_alias": Every},
    outputs_by="alias_type",
    run=run,
)
