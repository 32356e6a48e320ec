"""Gmail's own description of its methods, as shipped with Google's client library: paths, scopes, parameters."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

RPC_SERVICE = "caribou.api.proto.MailboxService"


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
    body_fields: frozenset[str]
    takes_body: bool

    @property
    def rpc_name(self) -> str:
        """What Google calls this method in an error's details: `…MailboxService.ListLabels`."""
        return f"{RPC_SERVICE}.{_rpc_name(self.id)}"


@cache
def methods() -> Mapping[str, Method]:
    document = _document()
    return {each["id"]: _method(document, each) for each in _descriptions(document)}


@cache
def common_parameters() -> frozenset[str]:
    return frozenset(_document()["parameters"])


@cache
def _document() -> dict[str, Any]:
    shipped = files("googleapiclient") / "discovery_cache" / "documents" / "gmail.v1.json"
    document: dict[str, Any] = json.loads(shipped.read_text(encoding="utf-8"))
    return document


def _descriptions(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from _descriptions(inner)


def _method(document: Mapping[str, Any], described: Mapping[str, Any]) -> Method:
    upload = described.get("mediaUpload", {})
    schema = described.get("request", {}).get("$ref")
    return Method(
        id=described["id"],
        verb=described["httpMethod"],
        path="/" + described["path"],
        upload_paths=tuple(protocol["path"] for protocol in upload.get("protocols", {}).values()),
        upload_limit=int(upload.get("maxSize", 0)),
        scopes=tuple(described["scopes"]),
        parameters={
            name: each for name, each in described.get("parameters", {}).items() if each["location"] == "query"
        },
        body_fields=frozenset(document["schemas"][schema].get("properties", ())) if schema else frozenset(),
        takes_body=schema is not None,
    )


def _rpc_name(method_id: str) -> str:
    """Verb, then what it is done to, in the singular unless listed; `getProfile` says both itself."""
    *_, resource, verb = method_id.split(".")
    name = verb[0].upper() + verb[1:]
    if not verb.islower():
        return name
    noun = resource[0].upper() + resource[1:]
    return name + (noun if verb == "list" or noun == "SendAs" else noun.removesuffix("s"))
