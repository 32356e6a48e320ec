"""Gmail's own description of its methods, as shipped with Google's client library: paths, scopes, parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from google_sandbox.documents import descriptions, shipped

RPC_SERVICE = "caribou.api.proto.MailboxService"
# How the document says that a person's own token won't do
DELEGATED_ONLY = "This method is only available to service account clients"
CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True)
class Method:
    """One method of the discovery document."""

    id: str
    verb: str
    path: str
    upload_paths: tuple[str, ...]
    upload_limit: int
    scopes: tuple[str, ...]
    parameters: Mapping[str, Mapping[str, Any]]
    body_schema: str | None
    delegated_only: bool

    @property
    def rpc_name(self) -> str:
        """What Google calls this method in an error's details: `…MailboxService.ListLabels`."""
        return f"{RPC_SERVICE}.{_rpc_name(self.id)}"

    @property
    def body_fields(self) -> frozenset[str]:
        return frozenset(properties_of(self.body_schema)) if self.body_schema else frozenset()


@cache
def methods() -> Mapping[str, Method]:
    return {each["id"]: _method(each) for each in descriptions(shipped("gmail.v1"))}


@cache
def common_parameters() -> frozenset[str]:
    return frozenset(_document()["parameters"])


def properties_of(schema: str) -> Mapping[str, Mapping[str, Any]]:
    """What the document says of each field of a resource."""
    properties: Mapping[str, Mapping[str, Any]] = shipped("gmail.v1")["schemas"][schema].get("properties", {})
    return properties


def snake_case(name: str) -> str:
    """A field or resource as Google names it in errors: `sendAsEmail` is `send_as_email`."""
    return CAPITAL.sub("_", name).lower()


def _document() -> dict[str, Any]:
    return shipped("gmail.v1")


def _method(described: Mapping[str, Any]) -> Method:
    upload = described.get("mediaUpload", {})
    return Method(
        id=described["id"],
        verb=described["httpMethod"],
        path="/" + described["flatPath"],
        upload_paths=tuple(protocol["path"] for protocol in upload.get("protocols", {}).values()),
        upload_limit=int(upload.get("maxSize", 0)),
        scopes=tuple(described["scopes"]),
        parameters={
            name: each for name, each in described.get("parameters", {}).items() if each["location"] == "query"
        },
        body_schema=described.get("request", {}).get("$ref"),
        delegated_only=DELEGATED_ONLY in described["description"],
    )


def _rpc_name(method_id: str) -> str:
    """Verb, then what it is done to, in the singular unless listed; `getProfile` says both itself."""
    *_, resource, verb = method_id.split(".")
    name = verb[0].upper() + verb[1:]
    if not verb.islower():
        return name
    noun = resource[0].upper() + resource[1:]
    if verb == "list" or noun == "SendAs":
        return name + noun
    return name + (noun.removesuffix("es") if noun.endswith("sses") else noun.removesuffix("s"))
