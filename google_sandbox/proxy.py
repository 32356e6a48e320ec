"""A TCP proxy before the application, which breaks a connection where an answer's fault header says so.

A server library keeps handles on its sockets and finishes answers properly, so faults on the raw connection are made
here. Connections of clients are kept alive, as Google keeps them: a fault then also meets a client on a connection that
served it before. The application gets a connection for each request.
"""

import asyncio
import contextlib
import re
import socket
import struct
import threading
from dataclasses import dataclass

CHUNK = 256 * 1024
HEAD_LIMIT = 64 * 1024
HANG_SECONDS = 40.0
END_OF_HEAD = b"\r\n\r\n"
INTERIM = b"HTTP/1.1 100 "
VERSION = re.compile(rb"^HTTP/1\.[01]")
FAULT_LINE = re.compile(rb"\r\nX-Sandbox-Fault: *([a-z]+)", re.IGNORECASE)
CLOSE_LINE = re.compile(rb"\r\nConnection: *close", re.IGNORECASE)
LENGTH_LINE = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)
CHUNKED_LINE = re.compile(rb"\r\nTransfer-Encoding:", re.IGNORECASE)
WITHOUT_BODY = re.compile(rb"^HTTP/1\.[01] (?:204|304)")
RESET_ON_CLOSE = struct.pack("ii", 1, 0)
# What ends a connection that one of its two sides has left
LEFT = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError)


class Proxy:
    """Listens at a public port and passes each request to the application's own port."""

    def __init__(self, listening: socket.socket, upstream_port: int) -> None:
        self._listening = listening
        self._upstream_port = upstream_port
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        # The event loop itself holds its tasks weakly: one whose client went away could vanish halfway
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="sandbox-proxy", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stop at once: open connections are cut, hanging ones too."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, sock=self._listening, limit=HEAD_LIMIT)
        await self._stopping.wait()
        server.close()
        # Again until none is left: one that was accepted a moment ago gets its task only now
        while connections := asyncio.all_tasks() - {asyncio.current_task()}:
            for connection in connections:
                connection.cancel()
            await asyncio.wait(connections)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._connection(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's requests, one after the other."""
        try:
            while (head := await _next_head(reader)) and await self._exchange(_Request(head), reader, writer):
                pass
        except LEFT:
            writer.transport.abort()
        finally:
            writer.close()

    async def _exchange(self, request: "_Request", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Pass one request and its answer. Whether the connection is good for another."""
        upstream, to_upstream = await asyncio.open_connection("127.0.0.1", self._upstream_port, limit=HEAD_LIMIT)
        to_upstream.write(request.head)
        sending = asyncio.ensure_future(_pass(reader, to_upstream, request.length))
        try:
            kept = await _answer(request, upstream, reader, writer)
            if kept:
                await sending
            return kept
        finally:
            sending.cancel()
            to_upstream.close()


@dataclass(frozen=True)
class _Request:
    """What the head of a request says of its end."""

    head: bytes

    @property
    def length(self) -> int | None:
        """How many bytes follow; None when only the client knows."""
        return None if CHUNKED_LINE.search(self.head) else _length(self.head) or 0

    @property
    def is_last(self) -> bool:
        first_line = self.head.partition(b"\r\n")[0]
        return self.length is None or first_line.endswith(b"HTTP/1.0") or CLOSE_LINE.search(self.head) is not None

    @property
    def wants_no_body(self) -> bool:
        return self.head.startswith(b"HEAD ")


async def _next_head(reader: asyncio.StreamReader) -> bytes:
    """The head of the next request, empty when the client has no more."""
    try:
        return await reader.readuntil(END_OF_HEAD)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return b""


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int | None) -> None:
    """So many bytes one way; without a length, until they end."""
    left = length
    while left != 0 and (data := await reader.read(CHUNK if left is None else min(CHUNK, left))):
        writer.write(data)
        await writer.drain()
        left = None if left is None else left - len(data)
    if left and writer.can_write_eof():
        writer.write_eof()


async def _answer(
    request: _Request, upstream: asyncio.StreamReader, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Pass the answer, or break it as its head says. Whether the connection can stay."""
    head = await upstream.readuntil(END_OF_HEAD)
    if head.startswith(INTERIM):
        writer.write(head)
        head = await upstream.readuntil(END_OF_HEAD)
    length = 0 if request.wants_no_body or WITHOUT_BODY.match(head) else _length(head)
    kept = length is not None and not request.is_last
    head = VERSION.sub(b"HTTP/1.1", head)
    if kept:
        head = CLOSE_LINE.sub(b"", head)
    fault = FAULT_LINE.search(head)
    if fault is not None:
        await FAULTS[fault.group(1)](_Broken(FAULT_LINE.sub(b"", head), upstream, reader, writer))
        return False
    writer.write(head)
    await _pass(upstream, writer, length)
    await writer.drain()
    return kept


def _length(head: bytes) -> int | None:
    found = LENGTH_LINE.search(head)
    return None if found is None else int(found.group(1))


@dataclass(frozen=True)
class _Broken:
    """An answer that the client shall not get whole."""

    head: bytes
    upstream: asyncio.StreamReader
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def close(self) -> None:
        """End the connection in good order, without a byte of answer."""
        self.writer.write_eof()

    async def reset(self) -> None:
        """End it with RST: closing with a linger time of zero does that."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.writer.transport.abort()

    async def hang(self) -> None:
        """Say nothing until the client gives up."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.reader.read(1), HANG_SECONDS)

    async def half(self) -> None:
        """Send the head and the first half of the body, then end; of an answer without a body, half of the head."""
        body = await self.upstream.read(-1)
        self.writer.write(self.head + body[: len(body) // 2] if body else self.head[: len(self.head) // 2])
        await self.writer.drain()


FAULTS = {b"close": _Broken.close, b"reset": _Broken.reset, b"hang": _Broken.hang, b"half": _Broken.half}
