"""Staged failures that are on, for whom and how often. The oldest that fits is used first."""

import json
import sqlite3
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from google_sandbox.oauth.scopes import full_name
from google_sandbox.scenario_kinds import KINDS, Takes
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
        takes = KINDS[self.name].takes
        if self.value is not None and takes in {Takes.NUMBER, Takes.SECONDS} and not str(self.value).isdecimal():
            message = f"the value of {self.name} is a whole number{' of seconds' if takes is Takes.SECONDS else ''}"
            raise InvalidScenarioError(message)
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

    def seconds(self, default: int) -> int:
        return default if self.value is None else int(self.value)

    def addresses(self) -> frozenset[str]:
        """The value as addresses, however it was written."""
        given = self.value if isinstance(self.value, list) else str(self.value or "").replace(",", " ").split()
        return frozenset(str(each).lower() for each in given)

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
        self,
        names: Collection[str],
        *,
        account: str | None,
        client: str | None,
        path: str,
        method: str,
        applies: Callable[[Scenario], bool] = lambda _scenario: True,
    ) -> Scenario | None:
        """The first scenario of these names that fits and of which `applies` holds, counted down."""
        with self._store.transaction() as db:
            for scenario in self.active():
                fits = scenario.name in names and scenario.fits(
                    account=account, client=client, path=path, method=method
                )
                if fits and applies(scenario):
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
