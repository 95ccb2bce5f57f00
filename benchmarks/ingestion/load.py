"""Sends prepared requests over many connections, each of which waits for its answer before it sends the next.

The sender has the machine's processors in common with the server, so it does as little as can be: bare sockets in one
thread, whole requests made beforehand, of an answer no more than its status and its length. What it cost is told.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_ACCEPTED = (b"200", b"201")
_PIECE = 1 << 18


@dataclass(frozen=True)
class Run:
    """How long all requests took together, and each by itself, and the sender's processor time; in seconds."""

    seconds: float
    latencies: list[float]
    cpu: float

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
    address = urlsplit(url)
    waiting, latencies = iter(prepared), list[float]()
    with select.epoll() as readiness:
        senders = {
            sender.number: sender
            for sender in (_Sender(address.hostname or "", address.port or 80) for _ in range(connections))
        }
        for number in senders:
            readiness.register(number, select.EPOLLIN)
        start, spent = time.perf_counter(), time.process_time()
        open_ones = sum(sender.next(waiting, readiness) for sender in senders.values())
        while open_ones:
            for number, ready in readiness.poll():
                sender = senders[number]
                if ready & select.EPOLLOUT:
                    sender.go_on(readiness)
                if ready & ~select.EPOLLOUT and sender.has_answer(latencies):
                    open_ones -= not sender.next(waiting, readiness)
        run = Run(time.perf_counter() - start, latencies, time.process_time() - spent)
        for sender in senders.values():
            sender.close()
    return run


class _Sender:
    """One connection."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self.number = self._socket.fileno()
        self._unsent = memoryview(b"")
        self._received = b""
        self._began = 0.0

    def next(self, waiting: Iterator[bytes], readiness: select.epoll) -> bool:
        """Begin the next request; False when there is none."""
        request = next(waiting, None)
        if request is None:
            return False
        self._began = time.perf_counter()
        self._send(memoryview(request))
        if self._unsent:
            readiness.modify(self.number, select.EPOLLIN | select.EPOLLOUT)
        return True

    def go_on(self, readiness: select.epoll) -> None:
        """Send more of a request that the server had not yet room for."""
        self._send(self._unsent)
        if not self._unsent:
            readiness.modify(self.number, select.EPOLLIN)

    def _send(self, request: memoryview) -> None:
        try:
            self._unsent = request[self._socket.send(request) :]
        except BlockingIOError:
            self._unsent = request

    def has_answer(self, latencies: list[float]) -> bool:
        """Take what has come, and say whether it is the whole answer."""
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise RuntimeError("the server hung up")
        self._received += piece
        head, found, rest = self._received.partition(_END)
        if not found or len(rest) < int(head.lower().partition(_LENGTH)[2].partition(b"\r\n")[0]):
            return False
        latencies.append(time.perf_counter() - self._began)
        if head[9:12] not in _ACCEPTED:
            raise RuntimeError(f"{head.decode()}\n{rest.decode()[:500]}")
        self._received = b""
        return True

    def close(self) -> None:
        self._socket.close()
