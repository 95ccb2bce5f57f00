"""Reading many rows as a few columns, which the database makes while other threads have the interpreter.

Row by row, a driver's loop over some ten thousand rows lets nobody else in until it has ended.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, Text, cast, func, select

from cobi.store.dialect import is_sqlite
from cobi.store.query import Query

_array = msgspec.json.Decoder(list[Any]).decode


def columns_of(connection: Connection, query: Query) -> list[list[Any]]:
    """The columns of a query's rows, all in one order, whichever that is; of what JSON has: no bytes."""
    rows = query.subquery()
    whole = func.json_group_array if is_sqlite(connection) else func.json_agg
    found = connection.execute(select(*(cast(whole(column), Text) for column in rows.columns))).one()
    return [_array(column or "[]") for column in found]
