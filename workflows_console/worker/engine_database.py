"""Where DBOS keeps its tables: a file of its own beside SQLite, a schema of its own within PostgreSQL."""

from typing import Any

import sqlalchemy
from django.conf import settings
from django.db import connection, connections
from sqlalchemy import event

SCHEMA = "engine"
POOL, CLIENT_POOL = 8, 2
"""Connections of DBOS itself and of its client, beside those that cards and housekeeping take through Django."""

_SQLITE_PRAGMAS = (
    "PRAGMA busy_timeout=30000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
)


class TooFewConnections(Exception):
    """PostgreSQL has fewer connections left than a worker takes."""

    def __init__(self, *, free: int, needed: int) -> None:
        super().__init__(
            f"PostgreSQL has {free} connections left, and a worker takes up to {needed}. Raise max_connections."
        )


def require_connections(at_work: int) -> None:
    """Look before the start, or turns would fail when many are at work. :raises TooFewConnections:

    :param at_work: how many threads may use Django's connections at once.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
            " - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
        )
        (free,) = cursor.fetchone()
    needed = at_work + POOL + CLIENT_POOL
    if free < needed:
        raise TooFewConnections(free=free, needed=needed)


def engine_address(using: str = "default") -> str:
    """The address as SQLAlchemy and DBOS take it, password included: not to be shown."""
    database = connections[using].settings_dict
    if connections[using].vendor == "sqlite":
        return sqlalchemy.URL.create("sqlite", database=str(settings.DATA_DIR / "engine.sqlite3")).render_as_string()
    options: dict[str, Any] = database.get("OPTIONS", {})
    url = sqlalchemy.URL.create(
        "postgresql+psycopg",
        username=database["USER"] or None,
        password=database["PASSWORD"] or None,
        host=database["HOST"] or None,
        port=int(database["PORT"]) if database["PORT"] else None,
        database=database["NAME"],
        query={name: value for name, value in options.items() if isinstance(value, str)},
    )
    return url.render_as_string(hide_password=False)


def sqlite_engine(address: str) -> sqlalchemy.Engine | None:
    """DBOS's own settings for SQLite, and a write-ahead log: 121 runs a second against 71. None for PostgreSQL."""
    if not address.startswith("sqlite"):
        return None
    engine = sqlalchemy.create_engine(address, pool_size=POOL, max_overflow=0, pool_timeout=30)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(pragma)

    return engine
