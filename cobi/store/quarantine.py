"""Refused records, kept with their bodies and reasons so that they can be mended and tried again (D6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, or_, select, update

from cobi.domain.batch import BatchResult, Rejection, codes, describe
from cobi.domain.identifiers import content_id
from cobi.domain.quarantine import Selection
from cobi.domain.record_type import Problem
from cobi.store import quarantine_accounts as accounts
from cobi.store.inserting import insert_rows
from cobi.store.keys import chunks
from cobi.store.quarantine_accounts import Account, Fate
from cobi.store.schema import quarantine

_COLUMNS = ("quarantine_id", "type", "received", "times", "request_id", "index", "codes", "errors", "body")


@dataclass(frozen=True)
class Refused:
    """A record to try again; `received` is when it was refused first."""

    key: int
    quarantine_id: bytes
    type: str
    received: int
    codes: str
    body: bytes


def add(connection: Connection, result: BatchResult, now: int) -> None:
    """Keep the refused records of a batch; one that lies there already is not kept twice, but counted."""
    refused: dict[bytes, list[Rejection]] = {}
    for rejection in result.rejections:
        refused.setdefault(_id(result.type, rejection.body), []).append(rejection)
    again = _take_out(connection, refused.keys())
    rows = [
        _row(identifier, result, same[-1], again.get(identifier, 0) + len(same), now)
        for identifier, same in refused.items()
    ]
    insert_rows(connection, quarantine, _COLUMNS, rows)
    accounts.move(connection, Counter(Account(result.type, row[6]) for row in rows), "waiting")


def _id(record_type: str, body: bytes) -> bytes:
    return content_id(0, record_type.encode() + b"\0" + body)


def _take_out(connection: Connection, ids: Collection[bytes]) -> dict[bytes, int]:
    """How often those of these records that lie here were refused; they make room for the newest refusal."""
    times: dict[bytes, int] = {}
    for chunk in chunks(ids):
        meant = quarantine.c.quarantine_id.in_(chunk)
        found = connection.execute(select(quarantine.c.quarantine_id, quarantine.c.times).where(meant)).all()
        if found:
            times |= {row[0]: row[1] for row in found}
            accounts.move(
                connection, {account: -n for account, n in _counted(connection, meant).items()}, "waiting"
            )
            connection.execute(delete(quarantine).where(meant))
    return times


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
        _errors(rejection.problems),
        rejection.body,
    )


def read(connection: Connection, quarantine_id: bytes) -> dict[str, Any] | None:
    """One refused record."""
    found = connection.execute(select(quarantine).where(quarantine.c.quarantine_id == quarantine_id))
    row = found.mappings().first()
    return None if row is None else dict(row)


def page(connection: Connection, selection: Selection, limit: int, after: int) -> list[dict[str, Any]]:
    """Up to `limit` refused records in the order they came, behind the row with key `after`."""
    query = select(quarantine).where(_meant(selection), quarantine.c.key > after)
    found = connection.execute(query.order_by(quarantine.c.key).limit(limit))
    return [dict(row) for row in found.mappings()]


def counts(connection: Connection, selection: Selection) -> dict[Account, int]:
    """How many of these records there are, by type and reasons."""
    if (selection.since, selection.until, selection.ids) == (None, None, None):
        held = accounts.waiting_by_reason(connection)
        return {account: n for account, n in held.items() if _is_meant(account, selection)}
    return _counted(connection, _meant(selection))


def take(
    connection: Connection, selection: Selection, record_type: str, after: int, most: int, most_bytes: int
) -> list[Refused]:
    """The first of these records of a type behind the row with key `after`, in the order they came.

    One at least, if there is one, and no more than `most_bytes` hold.
    """
    meant = and_(_meant(selection), quarantine.c.type == record_type, quarantine.c.key > after)
    query = select(quarantine.c.key, func.length(quarantine.c.body)).where(meant)
    keys: list[int] = []
    for key, size in connection.execute(query.order_by(quarantine.c.key).limit(most)):
        most_bytes -= size
        if keys and most_bytes < 0:
            break
        keys.append(key)
    return _fetch(connection, keys)


def refuse_again(
    connection: Connection, refused: Iterable[tuple[Refused, Sequence[Problem]]], now: int
) -> None:
    """Give records that failed once more their new reasons."""
    rows = [(record, codes(problems), _errors(problems)) for record, problems in refused]
    if not rows:
        return
    values: dict[str, Any] = {
        "codes": bindparam("new_codes"),
        "errors": bindparam("new_errors"),
        "retried": now,
    }
    connection.execute(
        update(quarantine).where(quarantine.c.key == bindparam("at")).values(values),
        [{"at": record.key, "new_codes": reasons, "new_errors": errors} for record, reasons, errors in rows],
    )
    moved = [(record, reasons) for record, reasons, _ in rows if reasons != record.codes]
    change = Counter(Account(record.type, reasons) for record, reasons in moved)
    change.subtract(Counter(Account(record.type, record.codes) for record, _ in moved))
    accounts.move(connection, change, "waiting")


def release(connection: Connection, records: Iterable[Refused]) -> None:
    """Let go of records that passed."""
    for chunk in chunks([record.key for record in records]):
        _remove(connection, quarantine.c.key.in_(chunk), "retried")


def drop(connection: Connection, selection: Selection, most: int) -> int:
    """Delete the first of these records; returns how many."""
    return _remove_first(connection, _meant(selection), most, "dropped")


def erase(connection: Connection, keys: Collection[int]) -> int:
    """Delete the records of an erased student; returns how many."""
    return sum(_remove(connection, quarantine.c.key.in_(chunk), "erased") for chunk in chunks(keys))


def expire(connection: Connection, before: int, most: int) -> int:
    """Delete the first records refused before a moment; returns how many."""
    return _remove_first(connection, quarantine.c.received < before, most, "expired")


def overflow(connection: Connection, limit: int, most: int) -> int:
    """Delete the oldest records beyond a limit; returns how many."""
    beyond = min(accounts.waiting(connection) - limit, most)
    return _remove_first(connection, quarantine.c.key > 0, beyond, "overflowed") if beyond > 0 else 0


def has_older_than(connection: Connection, moment: int) -> bool:
    """Whether a record was refused before this moment."""
    oldest = connection.scalar(select(func.min(quarantine.c.received)))
    return oldest is not None and oldest < moment


def _fetch(connection: Connection, keys: Collection[int]) -> list[Refused]:
    table = quarantine.c
    columns = (table.key, table.quarantine_id, table.type, table.received, table.codes, table.body)
    found: list[Refused] = []
    for chunk in chunks(keys):
        rows = connection.execute(select(*columns).where(table.key.in_(chunk)).order_by(table.key))
        found.extend(Refused(*row[:-1], bytes(row[-1])) for row in rows)
    return found


def _remove_first(connection: Connection, meant: ColumnElement[bool], most: int, fate: Fate) -> int:
    first = select(quarantine.c.key).where(meant).order_by(quarantine.c.key).limit(most).subquery()
    last = connection.scalar(select(func.max(first.c.key)))
    return 0 if last is None else _remove(connection, and_(meant, quarantine.c.key <= last), fate)


def _remove(connection: Connection, meant: ColumnElement[bool], fate: Fate) -> int:
    counted = _counted(connection, meant)
    connection.execute(delete(quarantine).where(meant))
    accounts.move(connection, {account: -n for account, n in counted.items()}, "waiting")
    accounts.move(connection, counted, fate)
    return sum(counted.values())


def _counted(connection: Connection, meant: ColumnElement[bool]) -> dict[Account, int]:
    by = (quarantine.c.type, quarantine.c.codes)
    found = connection.execute(select(*by, func.count()).where(meant).group_by(*by).order_by(*by))
    return {Account(row[0], row[1]): row[2] for row in found}


def _meant(selection: Selection) -> ColumnElement[bool]:
    table = quarantine.c
    conditions = [
        None if selection.type is None else table.type == selection.type,
        None if selection.code is None else _has_code(selection.code),
        None if selection.since is None else table.received >= selection.since,
        None if selection.until is None else table.received < selection.until,
        None if selection.ids is None else table.quarantine_id.in_(sorted(selection.ids)),
    ]
    return and_(True, *(condition for condition in conditions if condition is not None))


def _is_meant(account: Account, selection: Selection) -> bool:
    return selection.type in (None, account.type) and (
        selection.code is None or selection.code in account.codes.split(",")
    )


def _has_code(code: str) -> ColumnElement[bool]:
    # Codes have underscores, which LIKE takes for any character.
    listed = "," + quarantine.c.codes + ","
    return or_(quarantine.c.codes == code, listed.contains(f",{code},", autoescape=True))


def _errors(problems: Sequence[Problem]) -> str:
    return msgspec.json.encode([describe(problem) for problem in problems]).decode()
