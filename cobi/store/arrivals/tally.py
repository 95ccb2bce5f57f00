"""Counts of a transaction, added up before they are written."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import chain

from sqlalchemy import Connection

from cobi.domain.batch import BatchResult, codes
from cobi.domain.moments import HOUR
from cobi.store.arrivals.tables import ANSWERS, GIVEN, REJECTED, STORED, UNCHANGED, hourly_arrivals
from cobi.store.dialect import run
from cobi.store.inserting import add_to_rows

_RECORDS = (
    "INSERT INTO record_counts (type, records, last_upload) VALUES {rows} ON CONFLICT (type) DO UPDATE SET "
    "records = record_counts.records + excluded.records, last_upload = CASE "
    "WHEN excluded.last_upload > record_counts.last_upload THEN excluded.last_upload "
    "ELSE record_counts.last_upload END"
)


class Tally:
    """What came to which outcome in which hour, how many records of a type there are more, and when they came."""

    def __init__(self) -> None:
        self._arrived: Counter[tuple[int, str, str, str]] = Counter()
        self._more: Counter[str] = Counter()
        self._last: dict[str, int] = {}

    def came(self, moment: int, record_type: str, outcome: str, records: int, reasons: str = "") -> None:
        """Count records that came to an outcome."""
        if records:
            self._arrived[moment // HOUR, record_type, outcome, reasons] += records

    def batch(self, result: BatchResult, moment: int) -> None:
        """Count what a batch came to."""
        self.came(moment, result.type, STORED, result.stored)
        self.came(moment, result.type, UNCHANGED, result.unchanged)
        for rejection in result.rejections:
            self.came(moment, result.type, REJECTED, 1, codes(rejection.problems))

    def answered(self, moment: int) -> None:
        """Count an answer."""
        self.came(moment, ANSWERS, GIVEN, 1)

    def more(self, record_type: str, records: int, moment: int = 0) -> None:
        """Count new records, which came at a moment, or take back so many that are gone."""
        self._more[record_type] += records
        self._last[record_type] = max(moment, self._last.get(record_type, 0))

    def add(self, other: Tally) -> None:
        """Add what another one has."""
        self._arrived.update(other._arrived)
        for record_type, records in other._more.items():
            self.more(record_type, records, other._last[record_type])

    def copy(self) -> Tally:
        """The same, for later."""
        copied = Tally()
        copied.add(self)
        return copied

    def flush(self, connection: Connection) -> None:
        """Write all, and begin anew."""
        add_to_rows(
            connection, hourly_arrivals, [(*key, records) for key, records in sorted(self._arrived.items())]
        )
        rows = [(name, records, self._last[name]) for name, records in sorted(self._more.items())]
        if rows:
            run(connection, _records(len(rows)), tuple(chain.from_iterable(rows)))
        self._arrived.clear()
        self._more.clear()
        self._last.clear()


@cache
def _records(rows: int) -> str:
    return _RECORDS.format(rows=", ".join(["(?, ?, ?)"] * rows))
