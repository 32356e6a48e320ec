"""A TCP proxy before the application, which breaks a connection where an answer's fault header says so.

It passes bytes and knows one thing of HTTP: where the head of an answer ends. A server library keeps handles on its
sockets and finishes answers properly, so faults on the raw connection are made here.
"""

import asyncio
import contextlib
import re
import socket
import struct
import threading

CHUNK = 256 * 1024
HEAD_LIMIT = 64 * 1024
HANG_SECONDS = 40.0
INTERIM = b"HTTP/1.1 100 "
FAULT_LINE = re.compile(rb"\r\nX-Sandbox-Fault: *([a-z]+)", re.IGNORECASE)
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Listens at a public port and passes each connection to the application's own port."""

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
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection(
                "127.0.0.1", self._upstream_port, limit=HEAD_LIMIT
            )
        except OSError:
            writer.transport.abort()
            return
        sending = asyncio.ensure_future(_pass(reader, upstream_writer))
        try:
            await _answer(upstream_reader, writer, sending)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            sending.cancel()
            upstream_writer.close()
            writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes one way until they end."""
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def _answer(
    upstream: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    sending: "asyncio.Future[None]",
) -> None:
    """Pass the answer, or break it as its head says."""
    head = await upstream.readuntil(b"\r\n\r\n")
    if head.startswith(INTERIM):
        writer.write(head)
        head = await upstream.readuntil(b"\r\n\r\n")
    fault = FAULT_LINE.search(head)
    if fault is None:
        writer.write(head)
        await _pass(upstream, writer)
        return
    await FAULTS[fault.group(1)](_Broken(FAULT_LINE.sub(b"", head), upstream, writer, sending))


class _Broken:
    """An answer that the client shall not get whole."""

    def __init__(
        self,
        head: bytes,
        upstream: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        sending: "asyncio.Future[None]",
    ) -> None:
        self._head, self._upstream, self._writer, self._sending = head, upstream, writer, sending

    async def close(self) -> None:
        """End the connection in good order, without a byte of answer."""
        self._writer.write_eof()

    async def reset(self) -> None:
        """End it with RST: closing with a linger time of zero does that."""
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._writer.transport.abort()

    async def hang(self) -> None:
        """Say nothing until the client gives up."""
        await asyncio.wait([self._sending], timeout=HANG_SECONDS)

    async def half(self) -> None:
        """Send the head and the first half of the body, then end; of an answer without a body, half of the head."""
        body = await self._upstream.read(-1)
        self._writer.write(self._head + body[: len(body) // 2] if body else self._head[: len(self._head) // 2])
        await self._writer.drain()


FAULTS = {b"close": _Broken.close, b"reset": _Broken.reset, b"hang": _Broken.hang, b"half": _Broken.half}
