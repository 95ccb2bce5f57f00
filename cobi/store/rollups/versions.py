"""Figures of whole model versions, added up in the database."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from cobi.store.rollups.tables import ANSWERS, CLICKS, WORTH

CAME = ("clicked", "revealed", *WORTH)
"""What came of a version's answers, in the order of the columns of CLICKS."""

_answers, _clicks = ANSWERS.days.c, CLICKS.days.c


def answered(connection: Connection) -> dict[int, tuple[int, int]]:
    """Of each version: answers, and items shown in them."""
    shown = func.sum(_answers.answers * _answers.shown)
    query = select(_answers.model_version, func.sum(_answers.answers), shown).group_by(_answers.model_version)
    return {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}


def came(connection: Connection) -> dict[int, tuple[int, ...]]:
    """Of each version what came of its answers, in the order of CAME."""
    sums = [func.sum(_clicks[name]) for name in CAME]
    query = select(_clicks.model_version, *sums).group_by(_clicks.model_version)
    return {row[0]: tuple(map(int, row[1:])) for row in connection.execute(query)}
