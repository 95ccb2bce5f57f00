"""Says in the answer that the connection ends, where a request's body was not read: the HTTP server then hangs up,
and a caller who is not told would lose the next request.
"""

from __future__ import annotations

from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

_CLOSE = (b"connection", b"close")


class Unread:
    """An ASGI application around another one, which may answer before it has read everything."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Work on a request."""
        if scope["type"] != "http" or not _has_body(scope):
            await self._application(scope, receive, send)
            return
        read = False

        async def reading() -> Any:
            nonlocal read
            message = await receive()
            read = read or not message.get("more_body", False)
            return message

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and not read:
                message["headers"] = [*message["headers"], _CLOSE]
            await send(message)

        await self._application(scope, reading, sending)


def _has_body(scope: Any) -> bool:
    sent = dict(scope["headers"])
    return b"transfer-encoding" in sent or sent.get(b"content-length", b"0") != b"0"
