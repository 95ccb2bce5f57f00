"""Refused records, kept with their bodies and reasons so that they can be mended and sent again (D6)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, or_, select

from cobi.domain.batch import BatchResult, Rejection, codes, describe
from cobi.domain.identifiers import content_id
from cobi.store.dialect import insert_rows
from cobi.store.keys import chunks
from cobi.store.schema import quarantine

_COLUMNS = ("quarantine_id", "type", "received", "times", "request_id", "index", "codes", "errors", "body")


def add(connection: Connection, result: BatchResult, now: int) -> None:
    """Keep the refused records of a batch; one that lies there already is not kept twice, but counted."""
    refused: dict[bytes, list[Rejection]] = {}
    for rejection in result.rejections:
        refused.setdefault(_id(result.type, rejection.body), []).append(rejection)
    again = _times(connection, refused.keys())
    for chunk in chunks(again):
        connection.execute(delete(quarantine).where(quarantine.c.quarantine_id.in_(chunk)))
    rows = (
        _row(identifier, result, same[-1], again.get(identifier, 0) + len(same), now)
        for identifier, same in refused.items()
    )
    insert_rows(connection, quarantine, _COLUMNS, rows)


def _id(record_type: str, body: bytes) -> bytes:
    return content_id(0, record_type.encode() + b"\0" + body)


def _times(connection: Connection, ids: Collection[bytes]) -> dict[bytes, int]:
    columns = quarantine.c.quarantine_id, quarantine.c.times
    return {
        identifier: times
        for chunk in chunks(ids)
        for identifier, times in connection.execute(select(*columns).where(columns[0].in_(chunk)))
    }


def _row(
    identifier: bytes, result: BatchResult, rejection: Rejection, times: int, now: int
) -> tuple[Any, ...]:
    return (
        identifier,
        result.type,
        now,
        times,
        result.request_id,
        rejection.index,
        codes(rejection.problems),
        msgspec.json.encode([describe(problem) for problem in rejection.problems]).decode(),
        rejection.body,
    )


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
