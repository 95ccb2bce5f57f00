"""Few rows are inserted by another way than many; both store the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Table, delete, select

from cobi.store import inserting
from cobi.store.database import Database
from cobi.store.schema import ENTITIES, models, recommendations
from tests.conftest import SHARED

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
numbers = st.none() | st.integers(-(2**63), 2**63 - 1)
floats = st.none() | st.floats(allow_nan=False, allow_infinity=False)
ANSWER: dict[str, Any] = {
    "served": st.integers(0, 2**53),
    "student_key": numbers,
    "model_version": st.integers(0, 9),
    "policy": texts,
    "arm": st.none() | texts,
    "item_type": st.integers(1, 4),
    "candidates": st.integers(0, 2**31 - 1),
    "shown": st.integers(0, 9),
    "items": st.binary(max_size=9),
    "scores": st.binary(max_size=9),
    "propensities": st.just(b""),
    "continues": st.none() | st.binary(min_size=16, max_size=16),
}
STUDENT: dict[str, Any] = {
    "user_id": st.binary(min_size=16, max_size=16),
    "region": st.just("BH"),
    "gender": st.none() | texts,
    "is_deleted": st.none() | st.booleans(),
    "uploaded": st.integers(0, 2**53),
}
MODEL: dict[str, Any] = {
    "trained": st.integers(0, 9),
    "card": texts,
    "state": st.just("shadow"),
    "seconds": floats,
}


@pytest.mark.parametrize(
    ("table", "identifier", "fields"),
    [
        (recommendations, "recommendation_id", ANSWER),
        (ENTITIES["customers"], "customer_id", STUDENT),
        (models, "version", MODEL),
    ],
    ids=["bytes", "flags", "fractions"],
)
@SHARED
@given(data=st.data())
def test_rows_are_stored_alike_however_many_come(
    database: Database, table: Table, identifier: str, fields: dict[str, Any], data: st.DataObject
) -> None:
    drawn = data.draw(st.lists(st.tuples(*fields.values()), min_size=1, max_size=6))
    ids = [100 + at if table is models else bytes([at]) * 16 for at in range(len(drawn))]
    rows = [(one, *row) for one, row in zip(ids, drawn, strict=True)]
    columns = (identifier, *fields)
    few, many = (_stored(database, table, columns, rows, threshold) for threshold in (100, 0))
    assert few == many == rows


def _stored(
    database: Database, table: Table, columns: Sequence[str], rows: list[Any], threshold: int
) -> list[Any]:
    """What is there after an INSERT of fewer rows than the threshold, or a COPY of more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inserting, "_COPY_FROM_ROWS", threshold)
        database.write(lambda t: inserting.insert_rows(t.connection, table, columns, rows))
    query = select(*(table.c[name] for name in columns)).order_by(table.c[columns[0]])
    with database.read() as connection:
        found = [tuple(row) for row in connection.execute(query)]
    database.write(lambda t: t.connection.execute(delete(table)))
    return found
