"""Sends prepared requests over many connections, each of which waits for its answer before it sends the next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

_LENGTH = b"content-length: "


@dataclass(frozen=True)
class Run:
    """How long all requests took together, and each by itself, in seconds."""

    seconds: float
    latencies: list[float]

    def percentile(self, share: float) -> float:
        """The latency that this share of the requests stays within."""
        return sorted(self.latencies)[min(int(share * len(self.latencies)), len(self.latencies) - 1)]


def requests(url: str, path: str, key: str, bodies: Sequence[bytes]) -> list[bytes]:
    """Whole HTTP requests."""
    host = urlsplit(url).netloc
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
    fixed = f"{head}Content-Type: application/json\r\nContent-Length: ".encode()
    return [b"%s%d\r\n\r\n%s" % (fixed, len(body), body) for body in bodies]


def send(url: str, prepared: Sequence[bytes], connections: int) -> Run:
    """Send them all; raises RuntimeError when one is not accepted."""
    return asyncio.run(_send(url, prepared, connections))


async def _send(url: str, prepared: Sequence[bytes], connections: int) -> Run:
    loop, address = asyncio.get_running_loop(), urlsplit(url)
    host, port = address.hostname or "", address.port or 80
    shared, latencies = iter(prepared), list[float]()
    senders = [
        (await loop.create_connection(lambda: _Sender(shared, latencies), host, port))[1]
        for _ in range(connections)
    ]
    start = time.perf_counter()
    for sender in senders:
        sender.next()
    await asyncio.gather(*(sender.finished for sender in senders))
    seconds = time.perf_counter() - start
    for sender in senders:
        sender.transport.close()
    return Run(seconds, latencies)


class _Sender(asyncio.Protocol):
    """One connection."""

    transport: asyncio.Transport

    def __init__(self, waiting: Iterator[bytes], latencies: list[float]) -> None:
        self._waiting = waiting
        self._latencies = latencies
        self._received = b""
        self._sent = 0.0
        self.finished = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def next(self) -> None:
        request = next(self._waiting, None)
        if request is None:
            self.finished.set_result(None)
            return
        self._sent = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, rest = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().split(_LENGTH, 1)[1].split(b"\r\n", 1)[0])
        if len(rest) < length:
            return
        self._received = b""
        self._latencies.append(time.perf_counter() - self._sent)
        if head[9:12] in (b"200", b"201"):
            self.next()
        elif not self.finished.done():
            self.finished.set_exception(RuntimeError(f"{head.decode()}\n{rest.decode()[:500]}"))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_exception(RuntimeError(f"the server hung up: {exc}"))
