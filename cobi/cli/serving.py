"""`cobi serve`: the server."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from cobi.cli.options import Data
from cobi.config.settings import load


def serve(
    data: Data = None,
    host: Annotated[
        str | None, Option(envvar="COBI_HOST", help="Address to listen at.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None, Option(envvar="COBI_PORT", help="Port to listen at.", show_default="8080")
    ] = None,
    workers: Annotated[
        int | None, Option(envvar="COBI_WORKERS", help="Server processes.", show_default="1")
    ] = None,
) -> None:
    """Serve the API until Ctrl-C or SIGTERM; requests that have begun are finished first."""
    from cobi.server.serve import serve

    serve(load(data, host=host, port=port, workers=workers), announce=_announce)


def _announce(url: str) -> None:
    print(f"Cobi answers at {url}", flush=True)
