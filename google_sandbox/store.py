"""The sandbox's state: one SQLite file, one process, one writer; a reset puts back a seeded copy kept in memory."""

import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

Seed = Callable[[sqlite3.Connection], None]


class DataInUseError(Exception):
    """Another sandbox has this data file open."""


class Store:
    """All threads share one connection behind one lock: SQLite answers in microseconds, and nothing can interleave."""

    def __init__(self, path: str, schema: Sequence[str], seed: Seed) -> None:
        self._schema = "\n".join(schema)
        self._version = zlib.crc32(self._schema.encode()) & 0x7FFFFFFF
        self._seed = seed
        self._lock = threading.RLock()
        self._depth = 0
        self._template: sqlite3.Connection | None = None
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._connection = self._open(path)
        if self._is_current():
            return
        self.reset()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Read and write; one inside another joins it. An exception undoes all of it."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._connection

    def reset(self) -> None:
        """Wipe everything and put the seeded world back."""
        with self._lock:
            if self._template is None:
                self._template = self._make_template()
            self._template.backup(self._connection)

    def close(self) -> None:
        with self._lock:
            self._connection.close()
            if self._template is not None:
                self._template.close()

    def _open(self, path: str) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=0.2, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        try:
            # No other process is meant to look in. A power cut may cost the state, which is only staged.
            connection.executescript(
                "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                " PRAGMA synchronous = OFF; BEGIN IMMEDIATE; COMMIT;"
            )
        except sqlite3.OperationalError as error:
            connection.close()
            if "locked" not in str(error):
                raise
            message = f"another sandbox has {path} open"
            raise DataInUseError(message) from error
        return connection

    def _is_current(self) -> bool:
        """Whether the file was made with this schema. State made with another one is not worth a migration."""
        return bool(self._connection.execute("PRAGMA user_version").fetchone()[0] == self._version)

    def _make_template(self) -> sqlite3.Connection:
        template = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        template.row_factory = sqlite3.Row
        template.executescript(self._schema)
        template.execute("BEGIN")
        self._seed(template)
        template.execute("COMMIT")
        template.execute(f"PRAGMA user_version = {self._version}")
        return template
