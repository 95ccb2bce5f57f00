"""A marketplace with millions of interactions, made in the database, a day in each transaction.

Sixty days of them: a fifth of the interactions with source COBI, most of these attributed to one of the answers. What
was interrupted goes on where it stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, func, select, text

from cobi.domain.moments import DAY, SECOND
from cobi.service.service import Service
from cobi.store.database import Database
from cobi.store.dialect import is_sqlite
from cobi.store.rollups.period import Period
from cobi.store.rollups.recount import recount
from cobi.store.rollups.tables import ANSWERS
from cobi.store.schema import recommendations
from tests.factories import NOON, an_id, minimal, upload

DATA = "COBI_BENCH_DATA"
"""Names a directory in which data are filled once, and stay."""

DAYS, STUDENTS, SHOPS, OFFERS = 60, 20_000, 200, 2_000
FIRST = NOON - NOON % DAY - DAYS * DAY
PER_ANSWER = 5
"""Interactions for each answer."""

_NUMBER_BITS = 4 * 19
"""Of an id: those of the number it was made of."""

# A number made of another one, as good as drawn.
_MIX = "(({n} * 2654435761) % 4294967296)"


def fill(service: Service, interactions: int, until: float = float("inf")) -> bool:
    """Make what is missing, but begin nothing when `perf_counter` is past `until`; answers whether all is there."""
    database = service._core.database  # noqa: SLF001 (rows are made where no door would take them)
    missing = _missing(database, service, interactions // PER_ANSWER)
    for make in missing:
        if time.perf_counter() > until:
            return False
        make()
    if missing and not is_sqlite(database.engine):
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return True


def _missing(database: Database, service: Service, answers: int) -> list[Callable[[], None]]:
    with database.read() as connection:
        identifier = recommendations.c.recommendation_id
        newest = connection.scalar(select(identifier).order_by(identifier.desc()).limit(1))
        counted = connection.scalar(select(func.max(ANSWERS.days.c.day)))
    made = 0 if newest is None else 1 + int.from_bytes(newest) % (1 << _NUMBER_BITS)
    ends = [day * answers // DAYS for day in range(DAYS + 1)]
    rows = [partial(_make, database, answers, *span) for span in pairwise(ends) if span[1] > made]
    first = FIRST // DAY if counted is None else counted + 1
    figures = [partial(_count, database, day) for day in range(first, FIRST // DAY + DAYS)]
    return [*([] if made else [partial(_open, service)]), *rows, *figures]


def _open(service: Service) -> None:
    for kind, count in (("shops", SHOPS), ("offers", OFFERS), ("customers", STUDENTS)):
        for start in range(0, count, 5000):
            records = [
                minimal(kind, n, **({"shop_id": an_id("shops", n % SHOPS)} if kind == "offers" else {}))
                for n in range(start, min(start + 5000, count))
            ]
            assert not upload(service, kind, *records).rejected


def _make(database: Database, answers: int, first: int, end: int) -> None:
    with database.engine.execution_options(writing=True).begin() as connection:
        if is_sqlite(connection):
            # Older SQLites have none of their own.
            driver: Any = connection.connection.driver_connection
            driver.create_function("from_hex", 1, bytes.fromhex, deterministic=True)
        for statement in _statements(connection, answers, first, end):
            connection.execute(text(statement))


def _count(database: Database, day: int) -> None:
    with database.engine.execution_options(writing=True).begin() as connection:
        recount(connection, Period(day * DAY, (day + 1) * DAY)).flush(connection)


def _statements(connection: Connection, answers: int, first: int, end: int) -> list[str]:
    """Insert the answers of these numbers and what came of them."""
    sqlite, interactions = is_sqlite(connection), PER_ANSWER * answers
    span = DAYS * DAY // SECOND
    answer_time = f"({FIRST} + (n * {span} / {answers}) * {SECOND})"
    act_time = f"({FIRST} + (n * {span} / {interactions}) * {SECOND})"
    answer_id, act_id = _id(answer_time, "n", 8, sqlite=sqlite), _id(act_time, "n", 9, sqlite=sqlite)
    # The answer just before, so that most are attributed inside the window.
    named = f"(n / {PER_ANSWER})"
    of_answer = _id(answer_time.replace("(n *", f"({named} *"), named, 8, sqlite=sqlite)
    kind = f"(1 + {_MIX.format(n='n')} % 4)"
    claimed = f"(n % {PER_ANSWER} = 0)"
    empty = "x''" if sqlite else "''::bytea"
    numbers = _numbers(first, end, sqlite=sqlite)
    acts = _numbers(PER_ANSWER * first, PER_ANSWER * end, sqlite=sqlite)
    return [
        f"""
        INSERT INTO recommendations (recommendation_id, served, student_key, model_version, policy, arm, item_type,
            candidates, shown, items, scores, propensities, regions)
        SELECT {answer_id}, {answer_time}, 1 + {_MIX.format(n="n")} % {STUDENTS}, 1 + n * 6 / {answers}, 'ranked',
            CASE WHEN {_MIX.format(n="n + 7")} % 20 = 0 THEN 'holdout:held out' ELSE NULL END, 1, 500, 10,
            {empty}, {empty}, {empty}, 'BH'
        FROM {numbers}
        """,
        f"""
        INSERT INTO interactions (interaction_id, event_timestamp, interaction_type, item_type, item_key, student_key,
            platform, source, recommendation_id, received)
        SELECT {act_id}, {act_time}, {kind}, 1, 1 + {_MIX.format(n="n + 3")} % {OFFERS},
            1 + {_MIX.format(n=named)} % {STUDENTS}, 1 + n % 4, CASE WHEN {claimed} THEN 1 END,
            CASE WHEN {claimed} THEN {of_answer} END, {act_time}
        FROM {acts}
        """,
        f"""
        INSERT INTO attributions (interaction_id, outcome, recommendation_id, position, classified)
        SELECT {act_id}, CASE WHEN {_MIX.format(n="n + 5")} % 10 < 8 THEN 1 ELSE 3 END, {of_answer},
            CASE WHEN {_MIX.format(n="n + 5")} % 10 < 8 THEN 1 + {_MIX.format(n="n + 9")} % 10 END, {act_time}
        FROM {acts} WHERE {claimed}
        """,
    ]


def _numbers(first: int, end: int, *, sqlite: bool) -> str:
    if sqlite:
        return (
            f"(WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {end - 1}) "
            "SELECT n FROM numbers) AS numbered"
        )
    return f"generate_series({first}::bigint, {end - 1}) AS numbered(n)"


def _id(moment: str, number: str, version: int, *, sqlite: bool) -> str:
    """A UUID of a time and a number."""
    if sqlite:
        return f"from_hex(printf('%012x%01x%019x', {moment} / 1000, {version}, {number}))"
    return f"(lpad(to_hex({moment} / 1000), 12, '0') || '{version}' || lpad(to_hex({number}), 19, '0'))::uuid"
