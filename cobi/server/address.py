"""The address a server listens at: choosing it, checking that it is free, and waiting until somebody answers there."""

from __future__ import annotations

import http.client
import socket

from cobi.domain.errors import Misconfigured

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (what "all addresses" is reached under)
_PATIENCE_SECONDS = 2.0


def url_of(host: str, port: int) -> str:
    """The address as a person types it."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def free_port(host: str) -> int:
    """A port that nobody listens at now."""
    with socket.create_server((host, 0), family=_family(host)) as listener:
        return listener.getsockname()[1]


def refuse_taken(host: str, port: int) -> None:
    """Raise Misconfigured where a server cannot listen."""
    # Workers share their port, so a second server would silently take half of the requests of the first.
    try:
        socket.create_server((host, port), family=_family(host)).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"cannot listen at {url_of(host, port)}: {reason}"
        raise Misconfigured(message, hint="choose another --port or --host") from error


def answers(host: str, port: int) -> bool:
    """Whether a server answers there."""
    connection = http.client.HTTPConnection(_ANY.get(host, host), port, timeout=_PATIENCE_SECONDS)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
