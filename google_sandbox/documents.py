"""The descriptions of Google's APIs that its client library ships."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def shipped(api: str) -> dict[str, Any]:
    """An API's document, as `gmail.v1`."""
    path = files("googleapiclient") / "discovery_cache" / "documents" / f"{api}.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def descriptions(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every method of a document, or of one of its resources."""
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from descriptions(inner)
