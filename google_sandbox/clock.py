"""The sandbox's time: real time plus an offset that the control page sets, so that a week can pass at once."""

import time
from datetime import UTC, datetime

from google_sandbox.store import Store

SCHEMA = """
CREATE TABLE clock (offset REAL NOT NULL);
INSERT INTO clock VALUES (0);
"""


class NoSuchTimeError(ValueError):
    """So far ahead, or so far back, no calendar goes."""


class Clock:
    """The offset lasts in the store: a restart must not bring back to life what has ended."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._store: Store | None = None

    @property
    def offset(self) -> float:
        return self._offset

    @offset.setter
    def offset(self, seconds: float) -> None:
        """:raises NoSuchTimeError: and stays as it is"""
        try:
            datetime.fromtimestamp(time.time() + seconds, tz=UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise NoSuchTimeError(seconds) from error
        self._offset = seconds
        if self._store is not None:
            with self._store.transaction() as db:
                db.execute("UPDATE clock SET offset = ?", (seconds,))

    def keep_in(self, store: Store) -> None:
        """Go on with the offset that is kept there, and keep those to come."""
        self._store = store
        with store.read() as db:
            self._offset = float(db.execute("SELECT offset FROM clock").fetchone()["offset"])

    @staticmethod
    def real() -> float:
        """The time without the offset, for what a caller says of its own clock."""
        return time.time()

    def timestamp(self) -> float:
        return time.time() + self._offset

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.timestamp(), tz=UTC)
