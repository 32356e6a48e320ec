"""A call through our hardened requests session, against httplib2, on loopback."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httplib2
import requests
from django.test import override_settings

from kernel.http import harden


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"id": "19e1acd465710c93"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Nothing is written."""


def run(compare: Callable[..., None]) -> None:
    """One GET on a connection that is kept."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    session, other = harden(requests.Session()), httplib2.Http()
    with override_settings(OUTBOUND_ORIGINS=frozenset({address})):
        compare("Transport: one GET, against httplib2", lambda: session.get(address), lambda: other.request(address))
    server.shutdown()
