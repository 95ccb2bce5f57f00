"""A light asyncio sender: HTTP/1.1 over connections that are kept open, byte for byte as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.soak.hostile_bodies import Body

_PIECE = 512
_LONGEST_HEAD = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 means that the connection was closed without an answer."""

    status: int
    headers: dict[str, str]
    content: bytes
    seconds: float


class Connection:
    """One connection, opened anew after the server has closed it; raises TimeoutError where it hangs."""

    def __init__(self, url: str, key: str, patience: float) -> None:
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), address.port
        self._key = key
        self._patience = patience
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, body: Body) -> Answer:
        """Send a body and wait for the answer to it."""
        began = time.perf_counter()
        async with asyncio.timeout(self._patience):
            reader, writer = await self._open()
            writing = asyncio.create_task(_write(writer, body, self._key))
            answer = await self._read(reader, began)
        # A server may refuse before it has read everything.
        whole = writing.done() and body.framing not in ("cut", "broken chunks")
        writing.cancel()
        if not whole or answer.headers.get("connection") == "close":
            await self.close()
        return answer

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            writer = self._streams[1]
            self._streams = None
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # One that idles may have been closed meanwhile.
        if self._streams is not None and self._streams[0].at_eof():
            await self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=_LONGEST_HEAD)
        return self._streams

    async def _read(self, reader: asyncio.StreamReader, began: float) -> Answer:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            lines = (line.partition(":") for line in head[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in lines}
            content = await reader.readexactly(int(headers.get("content-length", 0)))
        except (asyncio.IncompleteReadError, ConnectionError):
            await self.close()
            return Answer(0, {}, b"", time.perf_counter() - began)
        return Answer(int(head[0].split()[1]), headers, content, time.perf_counter() - began)


async def _write(writer: asyncio.StreamWriter, body: Body, key: str) -> None:
    # Whoever reads the answer hears of a connection that breaks.
    with contextlib.suppress(ConnectionError):
        await _write_all(writer, body, key)


async def _write_all(writer: asyncio.StreamWriter, body: Body, key: str) -> None:
    chunked = "chunk" in body.framing
    length = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(body.content))}
    headers = {"Host": "cobi", "Authorization": f"Bearer {key}", **body.headers, **length}
    lines = [f"POST {body.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode("latin-1"))
    match body.framing:
        case "chunked":
            for begin in range(0, len(body.content), _PIECE):
                piece = body.content[begin : begin + _PIECE]
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
            writer.write(b"0\r\n\r\n")
        case "broken chunks":
            writer.write(b"%x\r\n%b" % (len(body.content) // 2, body.content))
            writer.write_eof()
        case "cut":
            writer.write(body.content[: len(body.content) // 2])
            writer.write_eof()
        case "slowly":
            for begin in range(0, len(body.content), _PIECE):
                writer.write(body.content[begin : begin + _PIECE])
                await writer.drain()
                await asyncio.sleep(0)
        case _:
            writer.write(body.content)
    await writer.drain()
