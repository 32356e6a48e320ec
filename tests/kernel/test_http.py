"""The way out: only to known origins, once, bounded, following nothing."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests
from pytest_django.fixtures import Settings
from requests.adapters import HTTPAdapter

from kernel.http import BodyTooLarge, ForbiddenAddress, harden

hits: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        hits.append(self.path)
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"x" * 2000)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Keep the test's output clean."""


@pytest.fixture
def origin(settings: Settings) -> Iterator[str]:
    hits.clear()
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    settings.OUTBOUND_ORIGINS = frozenset({address})
    yield address
    server.shutdown()
    server.server_close()


def test_a_known_origin_answers(origin: str) -> None:
    assert harden(requests.Session()).get(f"{origin}/").content == b"x" * 2000


@pytest.mark.parametrize(
    "address", ["https://gmail.googleapis.com/x", "https://accounts.google.com/x", "http://127.0.0.1:9/x"]
)
def test_any_other_address_is_refused_before_anything_is_sent(origin: str, address: str) -> None:
    with pytest.raises(ForbiddenAddress):
        harden(requests.Session()).get(address)


def test_a_redirect_is_not_followed(origin: str) -> None:
    with pytest.raises(requests.TooManyRedirects):
        harden(requests.Session()).get(f"{origin}/moved")
    assert hits == ["/moved"]


def test_an_answer_over_the_limit_is_dropped(origin: str) -> None:
    with pytest.raises(BodyTooLarge):
        harden(requests.Session(), max_body_bytes=1999).get(f"{origin}/")


@pytest.mark.parametrize(
    ("asked", "given"),
    [(None, (5, 30)), (120, (5, 30)), (1, (1, 1)), ((1, 2), (1, 2)), ((60, None), (5, 30)), ((1, 90), (1, 30))],
)
def test_no_call_waits_longer_than_our_limits(
    asked: float | tuple[float, float] | None,
    given: tuple[float, float],
    origin: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[object] = []
    send = HTTPAdapter.send

    def watched(adapter: HTTPAdapter, request: requests.PreparedRequest, *options: Any) -> requests.Response:
        waited.append(options[1])
        return send(adapter, request, *options)

    monkeypatch.setattr(HTTPAdapter, "send", watched)
    harden(requests.Session()).get(f"{origin}/", timeout=asked)
    assert waited == [given]


def test_proxies_and_netrc_of_the_environment_are_not_used(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    assert harden(requests.Session()).get(f"{origin}/").ok
