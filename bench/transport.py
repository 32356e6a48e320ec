"""A call through our hardened requests session, against httplib2, which googleapiclient would use by default."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httplib2
import requests
from django.test import override_settings

from bench.comparison import Compare
from kernel.http import harden

ANSWER = json.dumps({"id": "19e1acd465710c93", "snippet": "x" * 2000}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # otherwise both wait 40 ms for an acknowledgement

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Nothing is written."""


def run(compare: Compare) -> None:
    """One GET and one POST, each on a connection that is kept."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    session, other = harden(requests.Session()), httplib2.Http()
    body = b"x" * 5000
    with override_settings(OUTBOUND_ORIGINS=frozenset({address.rstrip("/")})):
        compare("transport: GET, against httplib2", lambda: session.get(address), lambda: other.request(address))
        compare(
            "transport: POST of 5 kB, against httplib2",
            lambda: session.post(address, data=body),
            lambda: other.request(address, "POST", body=body),
        )
    session.close()
    other.close()
    server.shutdown()
    server.server_close()
