"""Statements are compiled once in a process of tests, not once for each of the hundreds of databases that it opens.

A server opens few databases and keeps them, so that this is no matter there.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine

from cobi.store import dialect


class Compiled(dict[tuple[Any, ...], Any]):
    """For SQLAlchemy's option `compiled_cache`: all dialects of one name are as one."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_by_name(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(_by_name(key), compiled)


def install() -> None:
    """Have every engine that the store makes share them."""
    compiled = Compiled()

    def sharing(*arguments: Any, **named: Any) -> Engine:
        return create_engine(*arguments, **named, execution_options={"compiled_cache": compiled})

    dialect.create_engine = sharing


def _by_name(key: tuple[Any, ...]) -> tuple[Any, ...]:
    own, *rest = key
    return own.name, *rest
