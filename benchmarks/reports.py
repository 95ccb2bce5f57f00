"""What a report costs with one and with twenty million interactions, on both databases.

The rows are made in the database, sixty days of them: of the interactions a fifth with source COBI, most of these
attributed to one of the answers. Then `cobi reports rebuild` fills the figures, and the same report is asked for, of
whole days and of days that are cut, with and without filters.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from cobi.config.settings import Settings
from cobi.domain.interaction import Platform
from cobi.domain.moments import DAY, HOUR, MINUTE, QUARTER_HOUR, SECOND
from cobi.domain.reports import Question
from cobi.service.registry import Registry
from cobi.service.service import Service
from cobi.store.rollups import audit
from tests.factories import NOON, an_id, minimal, upload
from tests.postgresql import running_server

DAYS, STUDENTS, SHOPS, OFFERS = 60, 20_000, 200, 2_000
FIRST = NOON - NOON % DAY - DAYS * DAY
PER_ANSWER = 5
"""Interactions for each answer."""

# A number made of another one, as good as drawn.
_MIX = "(({n} * 2654435761) % 4294967296)"


def main(arguments: Sequence[str]) -> None:
    """Measure both databases at each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 20])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    chosen = parser.parse_args(arguments)
    for database in chosen.databases:
        before: dict[str, float] = {}
        for millions in chosen.millions:
            found = _measured(database, int(millions * 1_000_000), chosen.rounds)
            for name, (median, p99) in found.items():
                ratio = f", p99 {p99 / before[name]:.2f} x" if name in before else ""
                figures = f"median {median:7.2f} ms  p99 {p99:7.2f} ms{ratio}"
                print(f"{database:10s} {millions:5g} million  {name:17s} {figures}", flush=True)
                before.setdefault(name, p99)


def _measured(database: str, interactions: int, rounds: int) -> dict[str, tuple[float, float]]:
    with tempfile.TemporaryDirectory(prefix="cobi-bench-") as name:
        if database == "sqlite":
            return _measure(Settings(data=Path(name)), interactions, rounds)
        with running_server() as url:
            return _measure(Settings(data=Path(name), database_url=url), interactions, rounds)


def _measure(settings: Settings, interactions: int, rounds: int) -> dict[str, tuple[float, float]]:
    registry = Registry(settings, lambda: NOON)
    registry.create_key("bench", frozenset({"report"}))
    service = registry.named("bench")
    began = time.perf_counter()
    fill(service, interactions)
    print(f"{'':10s} filled in {time.perf_counter() - began:.0f} s", flush=True)
    found = {name: _timed(service, question, rounds) for name, question in _questions().items()}
    registry.close()
    return found


def _questions() -> dict[str, Question]:
    shop = bytes.fromhex(an_id("shops", 1).replace("-", ""))
    whole = Question(FIRST, FIRST + DAYS * DAY)
    return {
        "all sixty days": whole,
        "one region": replace(whole, region="BH"),
        "one platform": replace(whole, platform=Platform.IOS),
        "one shop": replace(whole, shop_id=shop),
        "one position": replace(whole, position=3),
        "days of Bahrain": _days(3 * HOUR),
        "days of India": _days(5 * HOUR + 2 * QUARTER_HOUR),
        "one shop in India": replace(_days(5 * HOUR + 2 * QUARTER_HOUR), shop_id=shop),
        "days of Tonga": _days(13 * HOUR),
        "cut anywhere": _days(7 * MINUTE),
    }


def _days(offset: int) -> Question:
    """All but two days of a time zone so much ahead of UTC."""
    return Question(FIRST + DAY - offset, FIRST + (DAYS - 1) * DAY - offset)


def _timed(service: Service, question: Question, rounds: int) -> tuple[float, float]:
    """Median and p99 in milliseconds."""
    seconds: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        service.reports.effectiveness(question)
        seconds.append(time.perf_counter() - began)
    ordered = sorted(seconds)
    return 1000 * statistics.median(ordered), 1000 * ordered[int(0.99 * (len(ordered) - 1))]


def fill(service: Service, interactions: int) -> None:
    """Make a marketplace with so many interactions and the answers they came of, and count its figures."""
    for kind, count in (("shops", SHOPS), ("offers", OFFERS), ("customers", STUDENTS)):
        for start in range(0, count, 5000):
            records = [
                minimal(kind, n, **({"shop_id": an_id("shops", n % SHOPS)} if kind == "offers" else {}))
                for n in range(start, min(start + 5000, count))
            ]
            assert upload(service, kind, *records).status == "success"
    database = service._core.database  # noqa: SLF001 (rows are made where no door would take them)
    sqlite = database.engine.dialect.name == "sqlite"
    with database.engine.execution_options(writing=True).begin() as connection:
        if sqlite:
            # Older SQLites have none of their own.
            driver: Any = connection.connection.driver_connection
            driver.create_function("from_hex", 1, bytes.fromhex, deterministic=True)
        for statement in _statements(interactions, sqlite=sqlite):
            connection.execute(text(statement))
        audit.rebuild(connection)
    if not sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _statements(interactions: int, *, sqlite: bool) -> list[str]:
    answers = interactions // PER_ANSWER
    span = DAYS * DAY // SECOND
    answer_time = f"({FIRST} + (n * {span} / {answers}) * {SECOND})"
    act_time = f"({FIRST} + (n * {span} / {interactions}) * {SECOND})"
    answer_id, act_id = _id(answer_time, "n", 8, sqlite=sqlite), _id(act_time, "n", 9, sqlite=sqlite)
    # The answer just before, so that most are attributed inside the window.
    named = f"(n / {PER_ANSWER})"
    of_answer = _id(answer_time.replace("(n *", f"({named} *"), named, 8, sqlite=sqlite)
    kind = f"(1 + {_MIX.format(n='n')} % 4)"
    claimed = "(n % 5 = 0)"
    empty = _empty(sqlite=sqlite)
    series = _series(sqlite=sqlite)
    return [
        f"""
        INSERT INTO recommendations (recommendation_id, served, student_key, model_version, policy, arm, item_type,
            candidates, shown, items, scores, propensities, regions)
        SELECT {answer_id}, {answer_time}, 1 + {_MIX.format(n="n")} % {STUDENTS}, 1 + n * 6 / {answers}, 'ranked',
            CASE WHEN {_MIX.format(n="n + 7")} % 20 = 0 THEN 'holdout:held out' ELSE NULL END, 1, 500, 10,
            {empty}, {empty}, {empty}, 'BH'
        FROM {series.format(count=answers)}
        """,
        f"""
        INSERT INTO interactions (interaction_id, event_timestamp, interaction_type, item_type, item_key, student_key,
            platform, source, recommendation_id, received)
        SELECT {act_id}, {act_time}, {kind}, 1, 1 + {_MIX.format(n="n + 3")} % {OFFERS},
            1 + {_MIX.format(n=named)} % {STUDENTS}, 1 + n % 4, CASE WHEN {claimed} THEN 1 END,
            CASE WHEN {claimed} THEN {of_answer} END, {act_time}
        FROM {series.format(count=interactions)}
        """,
        f"""
        INSERT INTO attributions (interaction_id, outcome, recommendation_id, position, classified)
        SELECT {act_id}, CASE WHEN {_MIX.format(n="n + 5")} % 10 < 8 THEN 1 ELSE 3 END, {of_answer},
            CASE WHEN {_MIX.format(n="n + 5")} % 10 < 8 THEN 1 + {_MIX.format(n="n + 9")} % 10 END, {act_time}
        FROM {series.format(count=interactions)} WHERE {claimed}
        """,
    ]


def _series(*, sqlite: bool) -> str:
    if sqlite:
        return (
            "(WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count} - 1) "
            "SELECT n FROM numbers) AS numbered"
        )
    return "generate_series(0::bigint, {count} - 1) AS numbered(n)"


def _id(moment: str, number: str, version: int, *, sqlite: bool) -> str:
    """A UUID of a time and a number."""
    if sqlite:
        return f"from_hex(printf('%012x%01x%019x', {moment} / 1000, {version}, {number}))"
    return f"(lpad(to_hex({moment} / 1000), 12, '0') || '{version}' || lpad(to_hex({number}), 19, '0'))::uuid"


def _empty(*, sqlite: bool) -> str:
    return "x''" if sqlite else "''::bytea"


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
