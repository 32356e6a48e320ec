"""Which of Gmail's methods an address means, from the discovery document that Google's library ships."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from gmail_connector.scopes import DEFAULT_SCOPES

OF_ADD_ONS = ".addons."
"""Scopes that only Gmail add-ons can be given."""
_VARIABLE = re.compile(r"\\\{\w+\\\}")


@dataclass(frozen=True, kw_only=True)
class Method:
    """One of Gmail's. Any one of ``scopes`` will do, those of the connector's defaults first."""

    id: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Described:
    http_method: str
    path: re.Pattern[str]
    variables: int
    method: Method


def discovery_document() -> dict[str, Any]:
    """Gmail's, a new one each time: callers change it."""
    shipped = files("googleapiclient") / "discovery_cache" / "documents" / "gmail.v1.json"
    document: dict[str, Any] = json.loads(shipped.read_text(encoding="utf-8"))
    return document


def find_method(http_method: str, path: str) -> Method | None:
    """The method of a decoded path without a slash before it: ``gmail/v1/users/me/labels``. None: it is unknown."""
    return next(
        (each.method for each in _described() if each.http_method == http_method and each.path.fullmatch(path)), None
    )


@cache
def _described() -> tuple[_Described, ...]:
    """Every method, those with the fewest variables first: ``messages/send`` is no message's id."""
    return tuple(sorted(_walk(discovery_document()), key=lambda each: each.variables))


def _walk(resource: Mapping[str, Any]) -> Iterator[_Described]:
    for method in resource.get("methods", {}).values():
        pattern, variables = _VARIABLE.subn("[^/]+", re.escape(method["path"]))
        yield _Described(
            http_method=method["httpMethod"],
            path=re.compile(pattern),
            variables=variables,
            method=Method(id=method["id"], scopes=_defaults_first(method["scopes"])),
        )
    for inner in resource.get("resources", {}).values():
        yield from _walk(inner)


def _defaults_first(scopes: list[str]) -> tuple[str, ...]:
    usable = [scope for scope in scopes if OF_ADD_ONS not in scope]
    return tuple(sorted(usable, key=lambda scope: scope not in DEFAULT_SCOPES))
