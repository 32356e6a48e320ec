"""A server in Gmail's place that answers each request with the bytes given, and keeps what it was asked."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from pytest_django.fixtures import Settings

from workflows_console.settings.google import sandbox_addresses

POLL_SECONDS = 0.02


def answer(status: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """``length`` is what the answer claims, when that shall not be so."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class ScriptedGmail:
    """``answers`` are given in turn, the last one again and again."""

    answers: Sequence[bytes]
    listening: socket.socket
    asked: list[str] = field(default_factory=list)
    connections: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.listening.getsockname()[1]}"

    def serve(self) -> None:
        self.listening.settimeout(POLL_SECONDS)
        while not self.closing.is_set():
            try:
                connection, _address = self.listening.accept()
            except TimeoutError:
                continue
            self.connections += 1
            with connection:
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        connection.settimeout(POLL_SECONDS)
        while request := self._request(connection):
            self.asked.append(request)
            connection.settimeout(None)
            connection.sendall(self.answers[min(len(self.asked), len(self.answers)) - 1])
            connection.settimeout(POLL_SECONDS)

    def _request(self, connection: socket.socket) -> str:
        received = b""
        while not _is_whole(received):
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                if self.closing.is_set():
                    return ""
                continue
            except OSError:
                return ""
            if not piece:
                return ""
            received += piece
        return received.decode()


def _is_whole(received: bytes) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(found) and len(body) >= sum(lengths)


@contextmanager
def scripted_gmail(settings: Settings, *answers: bytes) -> Iterator[ScriptedGmail]:
    """Such a server at the address of all of Google's services."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        gmail = ScriptedGmail(answers=answers, listening=listening)
        settings.GOOGLE_ADDRESSES = sandbox_addresses(gmail.origin)
        settings.OUTBOUND_ORIGINS = settings.GOOGLE_ADDRESSES.origins
        thread = threading.Thread(target=gmail.serve, daemon=True)
        thread.start()
        yield gmail
        gmail.closing.set()
        thread.join(10)
