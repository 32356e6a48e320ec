"""Staged failures: which there are, which are on, for whom and how often. The oldest that fits is used first."""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from google_sandbox.oauth.scopes import full_name
from google_sandbox.store import Store

SCHEMA = """
CREATE TABLE scenarios (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    account TEXT,
    client TEXT,
    path TEXT,
    method TEXT,
    count INTEGER
);
"""

# Where a scenario takes hold
ANSWER = "Answer to the consent page"
EXCHANGE = "Exchange of the code"
REFRESH = "Refresh"
TOKEN = "Token endpoint"  # noqa: S105  (a heading)
CALL = "Any call"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One scenario that exists. `value` says what may be given with it, empty when nothing can."""

    title: str
    phase: str
    value: str = ""


KINDS = {
    "cancel": Kind(title="Cancel at the consent page", phase=ANSWER),
    "untick": Kind(title="Withhold scopes", phase=ANSWER, value="scopes withheld; the last one when left out"),
    "answer_as_account": Kind(
        title="Answer as another account", phase=ANSWER, value="its address; the next account when left out"
    ),
    "lose_state": Kind(title="Lose the state", phase=ANSWER),
    "redirect_error": Kind(
        title="App blocked by an administrator", phase=ANSWER, value="error code; admin_policy_enforced when left out"
    ),
    "wrong_iss": Kind(title="Name another issuer in the redirect", phase=ANSWER),
    "no_iss": Kind(title="Name no issuer in the redirect", phase=ANSWER),
    "two_iss": Kind(title="Name two issuers in the redirect", phase=ANSWER),
    "id_token:nonce": Kind(title="Forged id token: another nonce", phase=EXCHANGE),
    "id_token:aud": Kind(title="Forged id token: another audience", phase=EXCHANGE),
    "id_token:iss": Kind(title="Forged id token: another issuer", phase=EXCHANGE),
    "id_token:exp": Kind(title="Forged id token: expired", phase=EXCHANGE),
    "id_token:alg_none": Kind(title="Forged id token: not signed", phase=EXCHANGE),
    "id_token:other_key": Kind(title="Forged id token: signed with another key", phase=EXCHANGE),
    "id_token:no_sub": Kind(title="Forged id token: no subject", phase=EXCHANGE),
    "id_token:email_unverified": Kind(title="Id token with an address that is not verified", phase=EXCHANGE),
    "id_token:service_account": Kind(title="Id token of a service account", phase=EXCHANGE),
    "no_refresh_token": Kind(title="Give no refresh token", phase=EXCHANGE),
    "time_limited": Kind(
        title="Give a grant that ends", phase=EXCHANGE, value="seconds; 604799 (7 days) when left out"
    ),
    "revoked_at_google": Kind(title="Access removed at Google", phase=REFRESH),
    "refresh:invalid_grant": Kind(title="Refresh token refused", phase=REFRESH),
    "refresh:invalid_client": Kind(title="Client refused", phase=REFRESH),
    "refresh:scopes_shrink": Kind(
        title="Fewer scopes after a refresh", phase=REFRESH, value="scopes taken away; the last one when left out"
    ),
    "refresh:rotated": Kind(title="A new refresh token with the refresh", phase=REFRESH),
    "token_endpoint:500": Kind(title="Token endpoint: 500 Backend Error", phase=TOKEN),
    "token_endpoint:429": Kind(title="Token endpoint: 429", phase=TOKEN),
    "token_endpoint:html_403": Kind(title="Token endpoint: 403 page, User Rate Limit Exceeded", phase=TOKEN),
    "token_endpoint:garbage": Kind(title="Token endpoint: an answer that is not JSON", phase=TOKEN),
    "token_endpoint:oversized": Kind(title="Token endpoint: an answer of 10 MB", phase=TOKEN),
    "close_after": Kind(title="Close the connection after acceptance", phase=CALL),
    "reset_after": Kind(title="Reset the connection after acceptance", phase=CALL),
    "hang_after": Kind(title="Hang after acceptance", phase=CALL),
    "half_answer": Kind(title="Half an answer", phase=CALL),
    "503_after": Kind(title="503 after acceptance", phase=CALL),
    "503_before": Kind(title="503 before acceptance", phase=CALL),
    "500_before": Kind(title="500 before acceptance", phase=CALL),
    "429": Kind(title="429 before acceptance", phase=CALL),
}


def names_in(phase: str) -> frozenset[str]:
    return frozenset(name for name, kind in KINDS.items() if kind.phase == phase)


class InvalidScenarioError(ValueError):
    """The scenario asked for does not exist, or its fields make no sense."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A scenario switched on. Fields that are None fit everything; `count` None lasts until switched off."""

    name: str
    value: Any = None
    account: str | None = None
    client: str | None = None
    path: str | None = None
    method: str | None = None
    count: int | None = None
    id: int | None = None

    def __post_init__(self) -> None:
        if self.name not in KINDS:
            message = f"unknown scenario {self.name!r}; there are {', '.join(KINDS)}"
            raise InvalidScenarioError(message)
        if self.count is not None and (not isinstance(self.count, int) or self.count < 1):
            raise InvalidScenarioError("count is a whole number from 1, or null")
        if self.name == "time_limited" and self.value is not None and not str(self.value).isdecimal():
            raise InvalidScenarioError("the value of time_limited is a whole number of seconds")
        for name in ("account", "client", "path", "method"):
            if not isinstance(getattr(self, name), str | None):
                message = f"{name} is text, or null"
                raise InvalidScenarioError(message)

    def fits(self, *, account: str | None, client: str | None, path: str, method: str) -> bool:
        return (
            (self.account is None or self.account == account)
            and (self.client is None or self.client == client)
            and (self.path is None or fnmatchcase(path, self.path))
            and (self.method is None or self.method.upper() == method)
        )

    def scopes(self, default: Collection[str]) -> frozenset[str]:
        """The value as scopes, else the last of those it could concern. Names as short as pages show them will do."""
        given = self.value if isinstance(self.value, list) else str(self.value or "").replace(",", " ").split()
        return frozenset(full_name(str(scope)) for scope in given) or frozenset(list(default)[-1:])

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Scenarios:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, scenario: Scenario) -> Scenario:
        with self._store.transaction() as db:
            row_id = db.execute(
                "INSERT INTO scenarios (name, value, account, client, path, method, count)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    scenario.name, json.dumps(scenario.value), scenario.account, scenario.client, scenario.path,
                    scenario.method, scenario.count,
                ),
            ).lastrowid  # fmt: skip
        return Scenario(**{**scenario.as_dict(), "id": row_id})

    def active(self) -> list[Scenario]:
        with self._store.read() as db:
            return [_from_row(row) for row in db.execute("SELECT * FROM scenarios ORDER BY id")]

    def remove(self, scenario_id: int) -> bool:
        with self._store.transaction() as db:
            return db.execute("DELETE FROM scenarios WHERE id = ?", (scenario_id,)).rowcount > 0

    def clear(self) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM scenarios")

    def take(
        self, names: Collection[str], *, account: str | None, client: str | None, path: str, method: str
    ) -> Scenario | None:
        """The first scenario of these names that fits, counted down."""
        with self._store.transaction() as db:
            for scenario in self.active():
                if scenario.name in names and scenario.fits(account=account, client=client, path=path, method=method):
                    _count_down(db, scenario)
                    return scenario
        return None


def _count_down(db: sqlite3.Connection, scenario: Scenario) -> None:
    if scenario.count == 1:
        db.execute("DELETE FROM scenarios WHERE id = ?", (scenario.id,))
    elif scenario.count is not None:
        db.execute("UPDATE scenarios SET count = count - 1 WHERE id = ?", (scenario.id,))


def _from_row(row: sqlite3.Row) -> Scenario:
    return Scenario(**{**dict(row), "value": json.loads(row["value"])})
