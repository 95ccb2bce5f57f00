"""From a command's options to the organisation it works on."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cobi.config.settings import load
from cobi.domain.errors import Misconfigured

if TYPE_CHECKING:
    from cobi.service.service import Service


@contextmanager
def organisation(name: str, data: Path | None) -> Generator[Service]:
    """The service of an organisation for as long as a command runs; raises NotFound for one nobody made."""
    from cobi.service.registry import Registry

    settings = load(data)
    if not settings.database_url and not settings.data.is_dir():
        raise Misconfigured(
            f"there is no data directory {settings.data}",
            hint=f"choose one with --data, or begin with cobi key create --org {name!r} --data {settings.data}",
        )
    registry = Registry(settings)
    try:
        yield registry.named(name)
    finally:
        registry.close()


def place(name: str, data: Path | None) -> str:
    """Tells an organisation from others of its name elsewhere, without giving a password away."""
    settings = load(data)
    where = settings.database_url or str(settings.data.resolve())
    return f"{name}@{hashlib.sha256(where.encode()).hexdigest()[:16]}"
