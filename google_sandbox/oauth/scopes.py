"""The scopes Google knows, their sentences on the consent page, and the short names of the sign-in scopes."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

EMAIL = "https://www.googleapis.com/auth/userinfo.email"
PROFILE = "https://www.googleapis.com/auth/userinfo.profile"
OPENID = "openid"
SHORT_NAMES = {"email": EMAIL, "profile": PROFILE}
SIGN_IN_SCOPES = frozenset({OPENID, EMAIL, PROFILE})


@cache
def catalog() -> dict[str, str]:
    """Scope and Google's sentence for it, as the discovery documents have them."""
    known: dict[str, str] = json.loads(Path(__file__).with_name("scope_catalog.json").read_text(encoding="utf-8"))
    return known


def is_known(scope: str) -> bool:
    return scope in catalog() or scope in SHORT_NAMES


def canonical(scopes: Iterable[str]) -> tuple[str, ...]:
    """Long names, once each, in the order asked; an address or profile brings openid along, as at Google."""
    names = list(dict.fromkeys(SHORT_NAMES.get(scope, scope) for scope in scopes))
    if SIGN_IN_SCOPES.intersection(names) and OPENID not in names:
        names.append(OPENID)
    return tuple(names)


def selectable(scopes: Iterable[str]) -> tuple[str, ...]:
    """Those that a person may withhold."""
    return tuple(scope for scope in scopes if scope not in SIGN_IN_SCOPES)


def token_order(scopes: Iterable[str]) -> str:
    """The `scope` of a token answer: long names only."""
    return " ".join(sorted(scopes))


def redirect_order(scopes: Iterable[str]) -> str:
    """The `scope` of the redirect: short and long sign-in names side by side."""
    names = set(scopes)
    names.update(short for short, long in SHORT_NAMES.items() if long in names)
    return " ".join(sorted(names))


def short_text(scope: str) -> str:
    """A scope without what all of them begin with, for the consent page."""
    return scope.removeprefix("https://www.googleapis.com/auth/").removeprefix("https://")


def full_name(text: str) -> str:
    """The scope of a short text, for a person who writes what the pages show; another text stays as it is."""
    candidates = (text, f"https://www.googleapis.com/auth/{text}", f"https://{text}")
    return next((scope for scope in candidates if is_known(scope)), text)
