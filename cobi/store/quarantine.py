"""Refused records, kept with their bodies and reasons so that they can be mended and sent again (D6)."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, func, or_, select

from cobi.domain.batch import BatchResult, codes, describe
from cobi.domain.identifiers import content_id
from cobi.store.dialect import insert_rows
from cobi.store.schema import quarantine

_COLUMNS = ("quarantine_id", "type", "received", "request_id", "index", "codes", "errors", "body")


def add(connection: Connection, result: BatchResult, now: int) -> None:
    """Keep the refused records of a batch."""
    rows = (
        (
            content_id(now, f"{result.batch_id}/{rejection.index}".encode()),
            result.type,
            now,
            result.request_id,
            rejection.index,
            codes(rejection.problems),
            msgspec.json.encode([describe(problem) for problem in rejection.problems]).decode(),
            rejection.body,
        )
        for rejection in result.rejections
    )
    insert_rows(connection, quarantine, _COLUMNS, rows)


def page(
    connection: Connection, *, record_type: str | None, code: str | None, limit: int, after: int
) -> list[dict[str, Any]]:
    """Up to `limit` refused records in the order they came, behind the row with key `after`."""
    query = select(quarantine).where(quarantine.c.key > after)
    if record_type is not None:
        query = query.where(quarantine.c.type == record_type)
    if code is not None:
        column = quarantine.c.codes
        query = query.where(
            or_(column == code, *(column.like(form) for form in (f"{code},%", f"%,{code}", f"%,{code},%")))
        )
    found = connection.execute(query.order_by(quarantine.c.key).limit(limit))
    return [dict(row) for row in found.mappings()]


def counts(connection: Connection) -> list[tuple[str, str, int]]:
    """How many refused records there are by type and reason codes."""
    query = select(quarantine.c.type, quarantine.c.codes, func.count()).group_by(
        quarantine.c.type, quarantine.c.codes
    )
    return [
        (row[0], row[1], row[2])
        for row in connection.execute(query.order_by(quarantine.c.type, quarantine.c.codes))
    ]
