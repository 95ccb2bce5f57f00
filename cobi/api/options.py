"""What OPTIONS answers: the methods of a path.

The framework's own answer names only those of the handler that was registered first.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from litestar import Response
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler


def options_of(handlers: Iterable[HTTPRouteHandler]) -> list[HTTPRouteHandler]:
    """A handler of OPTIONS for each path; to be registered before these."""
    methods: dict[str, set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            methods.setdefault(path, {HttpMethod.OPTIONS.value}).update(map(str, handler.http_methods))
    return [_handler(path, ", ".join(sorted(allowed))) for path, allowed in methods.items()]


def _handler(path: str, allowed: str) -> HTTPRouteHandler:
    async def tell() -> Response[None]:
        return Response(None, status_code=HTTPStatus.NO_CONTENT, headers={"Allow": allowed})

    return HTTPRouteHandler(path, http_method=HttpMethod.OPTIONS, status_code=HTTPStatus.NO_CONTENT)(tell)
