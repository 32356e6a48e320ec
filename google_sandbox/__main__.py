"""python -m google_sandbox: start the sandbox in the foreground until Ctrl-C or SIGTERM."""

import argparse
import errno
import os
import signal
import sys
import threading

from google_sandbox.oauth.clients import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, Client
from google_sandbox.server import STYLESHEETS, NotLoopbackError, start
from google_sandbox.store import DataInUseError


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m google_sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="loopback address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8100, help="port (default: %(default)s)")
    parser.add_argument("--data", default="var/google-sandbox.sqlite3", help="SQLite file (default: %(default)s)")
    parser.add_argument("--stylesheets", default=str(STYLESHEETS), help="directory of tokens.css and components.css")
    parser.add_argument(
        "--allowed-redirect-uri",
        action="append",
        dest="redirect_uris",
        metavar="URI",
        help=f"redirect URI registered for the client; repeatable (default: {REDIRECT_URI})",
    )
    parser.add_argument("--client-id", default=CLIENT_ID, help="OAuth client id (default: %(default)s)")
    parser.add_argument("--client-secret", default=CLIENT_SECRET, help="its secret (default: a well-known local one)")
    return parser


def main() -> int:
    options = arguments().parse_args()
    for name in ("WORKFLOWS_ENV", "DJANGO_SETTINGS_MODULE"):
        if os.environ.get(name, "").rpartition(".")[2] == "production":
            return _refuse(f"{name} says production. The sandbox runs for practice and tests only.")
    client = Client(
        client_id=options.client_id,
        client_secret=options.client_secret,
        redirect_uris=tuple(options.redirect_uris or (REDIRECT_URI,)),
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        running = start(options.port, options.data, host=options.host, stylesheets=options.stylesheets, client=client)
    except NotLoopbackError as error:
        return _refuse(f"{error}. The sandbox opens to this machine only.")
    except DataInUseError as error:
        return _refuse(f"{error}. Stop it, or name another file with --data.")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return _refuse(f"Port {options.port} is in use. Stop what uses it, or choose another with --port.")
    print(f"Google sandbox at {running.origin}/_sandbox/", flush=True)  # noqa: T201  (what the command says)
    stop.wait()
    running.close()
    return 0


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201  (what the command says)
    return 2


if __name__ == "__main__":
    sys.exit(main())
