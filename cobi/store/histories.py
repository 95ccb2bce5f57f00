"""Whose interactions are whose: the way from a student or a pseudonym to what was done in their name.

PostgreSQL keeps plain indexes. In SQLite such an index would be the price of the table: every new row belongs to
another student, so each commit would write as many pages as it has rows, and the more the larger the table. There
the entries lie in *runs* instead, in the manner of a log-structured merge-tree (O'Neil et al., 1996): new ones go
into the newest run, which is small enough to stay in memory; full runs are merged into larger ones, a little at a
time, while nobody waits. A look-up asks every run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam, delete, func, insert, select, update

from cobi.store.dialect import is_sqlite
from cobi.store.dialect import run as run_statement
from cobi.store.inserting import sizes
from cobi.store.schema import histories, interactions
from cobi.store.schema import history_runs as runs

RUN_ROWS = 65_536
"""With so many entries a run is full: some 400 pages, which a commit may well write all."""

FAN_IN = 8
"""So many full runs of one size are worth merging."""

MOST_RUNS = 64
"""With so many runs of one size merging no longer waits until nobody else writes."""

STEP_ROWS = 1_024
"""About how many entries one step of merging moves in a quiet moment: whoever comes meanwhile waits some 10 ms."""

URGENT_ROWS = 4_096
"""The same with a commit, where there is no quiet moment."""

_ENTRIES_AT_ONCE = 5_000
_COLUMNS = ("run", "owner", "interaction_id")
_all_runs = select(runs.c.run).scalar_subquery()


def of_students(connection: Connection, keys: Collection[int]) -> ColumnElement[bool]:
    """What the rows of `interactions` of these students fulfil."""
    if is_sqlite(connection):
        return _entries_of(keys)
    return interactions.c.student_key.in_(keys)


def of_visitors(connection: Connection, keys: Collection[int]) -> ColumnElement[bool]:
    """What the rows of `interactions` under these pseudonyms fulfil."""
    if is_sqlite(connection):
        return _entries_of([-key for key in keys])
    return interactions.c.visitor_key.in_(keys)


def _entries_of(owners: Collection[int]) -> ColumnElement[bool]:
    entries = select(histories.c.interaction_id).where(
        histories.c.run.in_(_all_runs), histories.c.owner.in_(owners)
    )
    return interactions.c.interaction_id.in_(entries)


Entries = Sequence[tuple[int, bytes]]
"""Interactions by id with their owners, in the order of the table."""


def entries_of(
    ids: Sequence[bytes], students: Sequence[int | None], visitors: Sequence[int | None]
) -> Entries:
    """What is to be entered of interactions, each with its student and its visitor."""
    entries: list[tuple[int, bytes]] = []
    if students.count(None) < len(ids):
        entries += [(owner, one) for owner, one in zip(students, ids, strict=True) if owner is not None]
    if visitors.count(None) < len(ids):
        entries += [(-owner, one) for owner, one in zip(visitors, ids, strict=True) if owner is not None]
    # In the order of the table, neighbours go to the same pages.
    entries.sort()
    return entries


def add(connection: Connection, entries: Entries) -> None:
    """Enter interactions."""
    if not entries or not is_sqlite(connection):
        return
    run = _open_run(connection)
    for start, size in sizes(len(entries), _ENTRIES_AT_ONCE):
        values = chain.from_iterable(entries[start : start + size])
        run_statement(connection, _insert_statement(size), [run, *values])
    _grow(connection, run, len(entries))


@cache
def _insert_statement(entries: int) -> str:
    # The run stands once among the values.
    return f"INSERT INTO histories (run, owner, interaction_id) VALUES {', '.join(['(?1, ?, ?)'] * entries)}"  # noqa: S608 (no value is in it)


def _grow(connection: Connection, run: int, more: int) -> None:
    run_statement(connection, "UPDATE history_runs SET rows = rows + ? WHERE run = ?", (more, run))


_NEWEST = "SELECT run, rows FROM history_runs WHERE level = 0 ORDER BY run DESC LIMIT 1"


def _open_run(connection: Connection) -> int:
    newest = run_statement(connection, _NEWEST).fetchone()
    if newest is not None and newest[1] < RUN_ROWS:
        return newest[0]
    return _new_run(connection, level=0)


def _new_run(connection: Connection, level: int) -> int:
    run = (connection.scalar(select(func.max(runs.c.run))) or 0) + 1
    connection.execute(insert(runs).values(run=run, level=level, rows=0))
    return run


def forget(connection: Connection, owned: Iterable[tuple[int | None, int | None, bytes]]) -> None:
    """Take out interactions, each given with the student and the visitor it is no longer theirs."""
    if not is_sqlite(connection):
        return
    entries = [
        {"of": owner, "id": identifier}
        for student, visitor, identifier in owned
        for owner in (student, None if visitor is None else -visitor)
        if owner is not None
    ]
    if entries:
        connection.execute(_forget, entries)


_forget = delete(histories).where(
    histories.c.run.in_(_all_runs),
    histories.c.owner == bindparam("of"),
    histories.c.interaction_id == bindparam("id"),
)


def merge_if_urgent(connection: Connection) -> bool:
    """A step where there are so many runs that merging must not wait for a quiet moment; False where it may."""
    return (connection.scalar(_most_runs) or 0) >= MOST_RUNS and _merge(connection, URGENT_ROWS)


_counts = select(func.count().label("many")).where(runs.c.target.is_(None)).group_by(runs.c.level).subquery()
_most_runs = select(func.max(_counts.c.many))


def merge_a_little(connection: Connection) -> bool:
    """One step towards fewer runs; False when there is nothing to do.

    Each step is whole: an entry is always in exactly one run.
    """
    return is_sqlite(connection) and _merge(connection, STEP_ROWS)


def _merge(connection: Connection, rows: int) -> bool:
    target = connection.scalar(select(func.max(runs.c.target))) or _begin_merge(connection)
    if target is None:
        return False
    sources = list(connection.scalars(select(runs.c.run).where(runs.c.target == target)))
    first, end = _range(connection, sources, rows)
    if first is None:
        connection.execute(delete(runs).where(runs.c.target == target))
        return True
    _move(connection, sources, target, first, end)
    return True


def _begin_merge(connection: Connection) -> int | None:
    """Choose the runs of one size that are to become one."""
    full = (
        select(runs.c.run, runs.c.level)
        .where((runs.c.level > 0) | (runs.c.rows >= RUN_ROWS), runs.c.target.is_(None))
        .order_by(runs.c.run)
    )
    by_level: dict[int, list[int]] = {}
    for run, level in connection.execute(full):
        by_level.setdefault(level, []).append(run)
    ready = [level for level in sorted(by_level) if len(by_level[level]) >= FAN_IN]
    if not ready:
        return None
    target = _new_run(connection, ready[0] + 1)
    connection.execute(update(runs).where(runs.c.run.in_(by_level[ready[0]])).values(target=target))
    return target


def _range(connection: Connection, sources: list[int], rows: int) -> tuple[int | None, int | None]:
    """The first owner left in these runs, and the owner (or none) before which a step may well end."""
    owner = histories.c.owner
    firsts = [
        connection.scalar(select(func.min(owner)).where(histories.c.run == source)) for source in sources
    ]
    left = {source: first for source, first in zip(sources, firsts, strict=True) if first is not None}
    if not left:
        return None, None
    first, ends = min(left.values()), list[int]()
    each = max(1, rows // len(left))
    for source in left:
        ahead = select(owner).where(histories.c.run == source, owner > first).order_by(owner)
        end = connection.scalar(ahead.offset(each).limit(1))
        if end is not None:
            ends.append(end)
    return first, min(ends, default=None)


def _move(connection: Connection, sources: list[int], target: int, first: int, end: int | None) -> None:
    owner = histories.c.owner
    wanted: list[Any] = [histories.c.run.in_(sources), owner >= first]
    if end is not None:
        wanted.append(owner < end)
    moved = select(bindparam("into", target, BigInteger), owner, histories.c.interaction_id).where(*wanted)
    inserted = connection.execute(
        insert(histories).from_select(_COLUMNS, moved.order_by(owner, histories.c.interaction_id))
    )
    connection.execute(delete(histories).where(*wanted))
    _grow(connection, target, inserted.rowcount)
