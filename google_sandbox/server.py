"""Starting and stopping a sandbox: the store, the application on a port of its own, the proxy before it."""

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from google_sandbox import clock, journal, scenarios, world
from google_sandbox.application import Application
from google_sandbox.cloud.schema import SCHEMA as CLOUD_SCHEMA
from google_sandbox.cloud.seed import seed as seed_cloud
from google_sandbox.gmail.quota import SCHEMA as QUOTA_SCHEMA
from google_sandbox.gmail.schema import SCHEMA as GMAIL_SCHEMA
from google_sandbox.gmail.seed import seed as seed_gmail
from google_sandbox.oauth.clients import REDIRECT_URI, Client, register
from google_sandbox.oauth.schema import SCHEMA as OAUTH_SCHEMA
from google_sandbox.oauth.signing import SigningKey, load_key, make_key, save_key
from google_sandbox.proxy import Proxy
from google_sandbox.request import Sandbox
from google_sandbox.store import Store

STYLESHEETS = Path(__file__).parent.parent / "workflows_console" / "static" / "console"
SCHEMA = (
    clock.SCHEMA, world.SCHEMA, OAUTH_SCHEMA, scenarios.SCHEMA, journal.SCHEMA, GMAIL_SCHEMA, QUOTA_SCHEMA,
    CLOUD_SCHEMA,
)  # fmt: skip
BACKLOG = 128
POLL_SECONDS = 0.05


class NotLoopbackError(ValueError):
    """The sandbox opens to this machine only."""


class _Handler(WSGIRequestHandler):
    """One answer per connection, since the library keeps none alive; nothing is written to the terminal."""

    protocol_version = "HTTP/1.0"
    # Head and body are two writes; without this the second one waits for the first one's acknowledgment
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox that answers at `origin` until it is closed."""

    origin: str
    sandbox: Sandbox
    _proxy: Proxy
    _server: BaseWSGIServer
    _thread: threading.Thread

    def close(self) -> None:
        self._proxy.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.sandbox.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def start(
    port: int = 0,
    data: str = ":memory:",
    redirect_uris: Sequence[str] = (REDIRECT_URI,),
    *,
    host: str = "127.0.0.1",
    stylesheets: str | Path = STYLESHEETS,
    client: Client | None = None,
    other_clients: Sequence[Client] = (),
) -> RunningSandbox:
    """Start a sandbox in this process; port 0 takes any free one. The origin is http://localhost:PORT."""
    main_client = client or Client(redirect_uris=tuple(redirect_uris))
    listening = _listen(host, port)
    with _closed_on_error(listening):
        sandbox = make_sandbox(
            origin=f"http://localhost:{listening.getsockname()[1]}",
            data=data,
            clients=(main_client, *other_clients),
            stylesheets=str(stylesheets),
        )
        server = make_server("127.0.0.1", 0, Application(sandbox), threaded=True, request_handler=_Handler)
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": POLL_SECONDS}, name="sandbox", daemon=True
        )
        thread.start()
        proxy = Proxy(listening, server.server_port)
        proxy.start()
    return RunningSandbox(sandbox.origin, sandbox, proxy, server, thread)


def make_sandbox(*, origin: str, data: str, clients: Sequence[Client], stylesheets: str) -> Sandbox:
    """The world with its store. A data file from before keeps its state and its signing key."""
    time = clock.Clock()
    keys: list[SigningKey] = []

    def seed(db: Connection) -> None:
        # Clients verify with certificates they may keep for hours: a reset must not change the key
        if not keys:
            keys.append(make_key())
        save_key(db, keys[0])
        register(db, clients)
        seed_gmail(db, time, world.seed(db))
        seed_cloud(db, time.timestamp())

    store = Store(data, SCHEMA, seed)
    time.keep_in(store)
    if not keys:
        with store.transaction() as db:
            keys.append(load_key(db))
            register(db, clients)
    return Sandbox(
        origin=origin,
        store=store,
        clock=time,
        scenarios=scenarios.Scenarios(store),
        journal=journal.Journal(store, time),
        signing_key=keys[0],
        stylesheets=stylesheets,
    )


def _listen(host: str, port: int) -> socket.socket:
    address = "127.0.0.1" if host == "localhost" else host
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        message = f"{host} is not a loopback address"
        raise NotLoopbackError(message)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # With the protocol named, asyncio sends each piece at once (TCP_NODELAY)
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with _closed_on_error(listening):
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address, port))
        listening.listen(BACKLOG)
    return listening


@contextlib.contextmanager
def _closed_on_error(listening: socket.socket) -> Iterator[None]:
    try:
        yield
    except BaseException:
        listening.close()
        raise
