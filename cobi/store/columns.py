"""The column types that differ between the two databases."""

from __future__ import annotations

import uuid
from typing import Any, Protocol

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Uuid
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Processor(Protocol):
    """What SQLAlchemy puts each value through."""

    def __call__(self, value: Any) -> Any: ...


class Uuid16(TypeDecorator[bytes]):
    """A UUID held as 16 bytes in Python: `uuid` in PostgreSQL, a 16-byte BLOB in SQLite."""

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's own type."""
        return dialect.type_descriptor(Uuid() if dialect.name == "postgresql" else LargeBinary(16))

    def bind_processor(self, dialect: Dialect) -> _Processor | None:
        """Bytes to what the driver takes."""
        if dialect.name != "postgresql":
            return None

        def process(value: bytes | None) -> uuid.UUID | None:
            return None if value is None else uuid.UUID(bytes=value)

        return process

    def result_processor(
        self,
        dialect: Dialect,
        coltype: object,  # noqa: ARG002 (SQLAlchemy hands it over)
    ) -> _Processor | None:
        """What the driver gives to bytes."""
        if dialect.name != "postgresql":
            return None

        def process(value: uuid.UUID | None) -> bytes | None:
            return None if value is None else value.bytes

        return process


Key = BigInteger().with_variant(Integer(), "sqlite")
"""A row's small integer key; SQLite counts rows only in a column declared INTEGER."""
