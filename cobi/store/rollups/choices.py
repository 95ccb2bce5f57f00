"""What figures can be told apart by: the values that are there."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from cobi.store.rollups.tables import ANSWERS


def of_answers(connection: Connection) -> dict[str, list[Any]]:
    """The model versions, arms and regions that answers were ever counted under."""
    columns = ANSWERS.days.c
    return {
        f"{name}s": [
            value
            for value in connection.scalars(select(columns[name]).distinct().order_by(columns[name]))
            if value != ""
        ]
        for name in ("model_version", "arm", "region")
    }
